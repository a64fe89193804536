#include "core/media_wire.h"

#include "core/limits.h"
#include "core/words.h"

static const char *const states[] =
    {[MEDIA_NODE_STARTING] = "starting", [MEDIA_NODE_ACTIVE] = "active", [MEDIA_NODE_DRAINING] = "draining"};

enum { STATES = sizeof states / sizeof *states };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool media_wire_is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_name_char(text.at[i]))
            return false;
    return text.len >= 1 && text.len <= LIMIT_MEDIA_NODE_CHARS;
}

static bool is_version(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return text.len >= 1 && text.len <= LIMIT_MEDIA_VERSION_CHARS;
}

/* An id or an epoch. */
static bool positive(struct slice word, int64_t *value) { return words_number(word, value) && *value > 0; }

static bool flag(struct slice word, bool *value)
{
    *value = words_is(word, "1");
    return *value || words_is(word, "0");
}

void media_wire_node_write(struct buf *out, const struct media_wire_node *node)
{
    buf_printf(out, "node %s %lld %lld %.*s\n", states[node->state], (long long)node->capacity_pps,
               (long long)node->load_pps, (int)node->version.len, node->version.at);
}

bool media_wire_node_read(struct slice line, struct media_wire_node *out)
{
    struct slice word[5];
    struct media_wire_node node;
    int state = 0;
    if (!words_split(line, word, 5) || !words_is(word[0], "node"))
        return false;
    while (state < STATES && !words_is(word[1], states[state]))
        state++;
    if (state == STATES || !words_number(word[2], &node.capacity_pps) || !words_number(word[3], &node.load_pps) ||
        !is_version(word[4]))
        return false;
    node.state = (enum media_node_state)state;
    node.version = word[4];
    *out = node;
    return true;
}

void media_wire_room_write(struct buf *out, const struct media_wire_room *room)
{
    buf_printf(out, "%s %lld %lld\n", room->lost ? "lost" : "room", (long long)room->meeting_id,
               (long long)room->epoch);
}

bool media_wire_room_read(struct slice line, struct media_wire_room *out)
{
    struct slice word[3];
    struct media_wire_room room;
    if (!words_split(line, word, 3))
        return false;
    room.lost = words_is(word[0], "lost");
    if ((!room.lost && !words_is(word[0], "room")) || !positive(word[1], &room.meeting_id) ||
        !positive(word[2], &room.epoch))
        return false;
    *out = room;
    return true;
}

void media_wire_order_write(struct buf *out, const struct media_wire_order *order)
{
    if (order->leave)
        buf_printf(out, "leave %lld\n", (long long)order->meeting_id);
    else
        buf_printf(out, "take %lld %lld\n", (long long)order->meeting_id, (long long)order->epoch);
}

bool media_wire_order_read(struct slice line, struct media_wire_order *out)
{
    struct slice word[3];
    struct media_wire_order order = {0};
    if (words_split(line, word, 2) && words_is(word[0], "leave"))
        order.leave = true;
    else if (!words_split(line, word, 3) || !words_is(word[0], "take") || !positive(word[2], &order.epoch))
        return false;
    if (!positive(word[1], &order.meeting_id))
        return false;
    *out = order;
    return true;
}

void media_wire_member_write(struct buf *out, const struct media_wire_member *m)
{
    buf_printf(out, "member %lld %d %d %d\n", (long long)m->user_id, m->audio, m->video, m->screen);
}

bool media_wire_member_read(struct slice line, struct media_wire_member *out)
{
    struct slice word[5];
    struct media_wire_member m;
    if (!words_split(line, word, 5) || !words_is(word[0], "member") || !positive(word[1], &m.user_id) ||
        !flag(word[2], &m.audio) || !flag(word[3], &m.video) || !flag(word[4], &m.screen))
        return false;
    *out = m;
    return true;
}
