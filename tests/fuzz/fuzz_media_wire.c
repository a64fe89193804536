/* Lines between media nodes and workers (core/media_wire.c): what was read is written again as it was read, but for
 * zeros at the beginning of numbers. */
#include "core/media_wire.h"
#include "core/relay_wire.h"
#include "tests/fuzz/fuzz.h"

/* What was written last, without its line end. */
static struct slice written(const struct buf *out)
{
    MUST(!out->failed && out->len && out->data[out->len - 1] == '\n');
    return (struct slice){out->data, out->len - 1};
}

static void check_node(struct slice line)
{
    struct media_wire_node a, b;
    struct buf out = {0};
    if (!media_wire_node_read(line, &a))
        return;
    media_wire_node_write(&out, &a);
    MUST(media_wire_node_read(written(&out), &b));
    MUST(a.state == b.state && a.capacity_pps == b.capacity_pps && a.load_pps == b.load_pps);
    MUST(a.version.len == b.version.len && memcmp(a.version.at, b.version.at, a.version.len) == 0);
    buf_free(&out);
}

static void check_room(struct slice line)
{
    struct media_wire_room a, b;
    struct buf out = {0};
    if (!media_wire_room_read(line, &a))
        return;
    MUST(a.meeting_id > 0 && a.epoch > 0);
    media_wire_room_write(&out, &a);
    MUST(media_wire_room_read(written(&out), &b));
    MUST(a.lost == b.lost && a.meeting_id == b.meeting_id && a.epoch == b.epoch);
    buf_free(&out);
}

static void check_order(struct slice line)
{
    struct media_wire_order a, b;
    struct buf out = {0};
    if (!media_wire_order_read(line, &a))
        return;
    MUST(a.meeting_id > 0 && (a.leave ? a.epoch == 0 : a.epoch > 0));
    media_wire_order_write(&out, &a);
    MUST(media_wire_order_read(written(&out), &b));
    MUST(a.leave == b.leave && a.meeting_id == b.meeting_id && a.epoch == b.epoch);
    buf_free(&out);
}

static void check_member(struct slice line)
{
    struct media_wire_member a, b;
    struct buf out = {0};
    if (!media_wire_member_read(line, &a))
        return;
    media_wire_member_write(&out, &a);
    MUST(media_wire_member_read(written(&out), &b));
    MUST(a.user_id == b.user_id && a.audio == b.audio && a.video == b.video && a.screen == b.screen);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    struct slice all = {text, size}, line;
    MUST(!media_wire_is_name(all) || size <= 24);
    while (relay_wire_line(&all, &line)) {
        check_node(line);
        check_room(line);
        check_order(line);
        check_member(line);
    }
    free(text);
    return 0;
}
