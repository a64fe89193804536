#include "core/relay_wire.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/words.h"

const char *const relay_stat_names[RELAY_STATS] = {
    [RELAY_STAT_CONNECTIONS] = "connections",  [RELAY_STAT_ROOMS] = "rooms",
    [RELAY_STAT_QUEUED_BYTES] = "queuedBytes", [RELAY_STAT_REDIS_UP] = "redisUp",
    [RELAY_STAT_DELIVERIES] = "deliveries",    [RELAY_STAT_BYTES_IN] = "bytesIn",
    [RELAY_STAT_BYTES_OUT] = "bytesOut",       [RELAY_STAT_GAPS_FOUND] = "gapsFound",
    [RELAY_STAT_GAPS_CLOSED] = "gapsClosed",   [RELAY_STAT_SLOW_CLIENTS_CUT] = "slowClientsCut",
    [RELAY_STAT_RATE_LIMITED] = "rateLimited", [RELAY_STAT_CALLS] = "calls",
    [RELAY_STAT_CALLS_FAILED] = "callsFailed",
};

bool relay_wire_line(struct slice *text, struct slice *line)
{
    while (text->len) {
        struct slice next = words_take(text, '\n');
        if (next.len) {
            *line = next;
            return true;
        }
    }
    return false;
}

void relay_wire_room_write(char out[static RELAY_WIRE_ROOM_SIZE], const struct relay_wire_room *room)
{
    if (room->meeting_id)
        snprintf(out, RELAY_WIRE_ROOM_SIZE, "%lld %lld %lld%s", (long long)room->meeting_id, (long long)room->seq,
                 (long long)room->join_seq, room->waiting ? " waiting" : "");
    else
        snprintf(out, RELAY_WIRE_ROOM_SIZE, "-");
}

bool relay_wire_room_read(struct slice value, struct relay_wire_room *out)
{
    struct slice part[4];
    struct relay_wire_room room = {0};
    if (words_is(value, "-")) {
        *out = room;
        return true;
    }
    if (words_split(value, part, 4) && words_is(part[3], "waiting"))
        room.waiting = true;
    else if (!words_split(value, part, 3))
        return false;
    if (!words_number(part[0], &room.meeting_id) || !words_number(part[1], &room.seq) ||
        !words_number(part[2], &room.join_seq) || room.meeting_id == 0)
        return false;
    *out = room;
    return true;
}

void relay_wire_report_write(struct buf *out, const struct relay_wire_report *r)
{
    buf_printf(out, "%s %.*s %lld %.*s\n", r->expired ? "expired" : "lost", (int)r->meeting.len, r->meeting.at,
               (long long)r->user_id, (int)r->connection.len, r->connection.at);
}

bool relay_wire_report_read(struct slice line, struct relay_wire_report *out)
{
    struct slice part[4];
    int64_t user_id;
    if (!words_split(line, part, 4) || !words_number(part[2], &user_id))
        return false;
    bool expired = words_is(part[0], "expired");
    if (!expired && !words_is(part[0], "lost"))
        return false;
    *out = (struct relay_wire_report){expired, user_id, part[1], part[3]};
    return true;
}

void relay_wire_again_write(struct buf *out, int n) { buf_printf(out, "%d\n", n); }

bool relay_wire_again_read(struct slice line, int *n)
{
    int64_t value;
    if (!words_number(line, &value) || value > INT_MAX)
        return false;
    *n = (int)value;
    return true;
}

void relay_wire_position_write(struct buf *out, int64_t meeting_id, int64_t seq)
{
    buf_printf(out, "%lld %lld\n", (long long)meeting_id, (long long)seq);
}

bool relay_wire_position_read(struct slice line, int64_t *meeting_id, int64_t *seq)
{
    struct slice part[2];
    int64_t id;
    if (!words_split(line, part, 2) || !words_number(part[0], &id) || !words_number(part[1], seq))
        return false;
    *meeting_id = id;
    return true;
}

void relay_wire_stats_list(struct buf *out, const int64_t values[static RELAY_STATS])
{
    for (int i = 0; i < RELAY_STATS; i++)
        buf_printf(out, "%s%s=%lld", i ? " " : "", relay_stat_names[i], (long long)values[i]);
}

void relay_wire_stats_write(struct buf *out, const int64_t values[static RELAY_STATS])
{
    buf_puts(out, "stats ");
    relay_wire_stats_list(out, values);
    buf_putc(out, '\n');
}

bool relay_wire_stats_line(struct slice line, struct slice *list)
{
    if (!words_is(words_take(&line, ' '), "stats"))
        return false;
    *list = line;
    return true;
}

void relay_wire_stats_read(struct slice list, int64_t values[static RELAY_STATS])
{
    memset(values, 0, RELAY_STATS * sizeof *values);
    while (list.len) {
        struct slice value = words_take(&list, ' '), name = words_take(&value, '=');
        int i = 0;
        while (i < RELAY_STATS && !words_is(name, relay_stat_names[i]))
            i++;
        if (i < RELAY_STATS)
            words_number(value, &values[i]);
    }
}
