/* Lines between relay and workers (core/relay_wire.c): what was read is written again as it was read, but for zeros at
 * the beginning of numbers. */
#include "core/relay_wire.h"
#include "tests/fuzz/fuzz.h"

static void check_room(struct slice value)
{
    struct relay_wire_room room, again;
    char text[RELAY_WIRE_ROOM_SIZE];
    if (!relay_wire_room_read(value, &room))
        return;
    MUST(room.meeting_id >= 0 && room.seq >= 0 && room.join_seq >= 0);
    relay_wire_room_write(text, &room);
    MUST(relay_wire_room_read((struct slice){text, strlen(text)}, &again));
    MUST(again.meeting_id == room.meeting_id && again.seq == room.seq && again.join_seq == room.join_seq);
    MUST(again.waiting == room.waiting);
}

static bool same(struct slice a, struct slice b) { return a.len == b.len && memcmp(a.at, b.at, a.len) == 0; }

static void check_report(struct slice line)
{
    struct relay_wire_report r, again;
    struct buf out = {0};
    if (!relay_wire_report_read(line, &r) || memchr(line.at, '\0', line.len))
        return;
    relay_wire_report_write(&out, &r);
    MUST(out.len && out.data[out.len - 1] == '\n');
    MUST(relay_wire_report_read((struct slice){out.data, out.len - 1}, &again));
    MUST(again.expired == r.expired && again.user_id == r.user_id);
    MUST(same(again.meeting, r.meeting) && same(again.connection, r.connection));
    buf_free(&out);
}

static void check_numbers(struct slice line)
{
    int n;
    int64_t meeting_id, seq, values[RELAY_STATS], again[RELAY_STATS];
    struct slice list;
    struct buf out = {0};
    MUST(!relay_wire_again_read(line, &n) || n >= 0);
    MUST(!relay_wire_position_read(line, &meeting_id, &seq) || (meeting_id >= 0 && seq >= 0));
    if (!relay_wire_stats_line(line, &list))
        return;
    relay_wire_stats_read(list, values);
    relay_wire_stats_list(&out, values);
    relay_wire_stats_read((struct slice){out.data, out.len}, again);
    MUST(memcmp(values, again, sizeof values) == 0);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    struct slice all = {text, size}, line;
    check_room(all);
    while (relay_wire_line(&all, &line)) {
        MUST(line.len && line.at >= text && line.at + line.len <= text + size);
        MUST(!memchr(line.at, '\n', line.len));
        check_room(line);
        check_report(line);
        check_numbers(line);
    }
    free(text);
    return 0;
}
