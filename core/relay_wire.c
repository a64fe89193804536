#include "core/relay_wire.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const char *const relay_stat_names[RELAY_STATS] = {
    [RELAY_STAT_CONNECTIONS] = "connections",  [RELAY_STAT_ROOMS] = "rooms",
    [RELAY_STAT_QUEUED_BYTES] = "queuedBytes", [RELAY_STAT_REDIS_UP] = "redisUp",
    [RELAY_STAT_DELIVERIES] = "deliveries",    [RELAY_STAT_BYTES_IN] = "bytesIn",
    [RELAY_STAT_BYTES_OUT] = "bytesOut",       [RELAY_STAT_GAPS_FOUND] = "gapsFound",
    [RELAY_STAT_GAPS_CLOSED] = "gapsClosed",   [RELAY_STAT_SLOW_CLIENTS_CUT] = "slowClientsCut",
    [RELAY_STAT_RATE_LIMITED] = "rateLimited", [RELAY_STAT_CALLS] = "calls",
    [RELAY_STAT_CALLS_FAILED] = "callsFailed",
};

/* Takes what stands before the first `end` off the text, and that as well; all of it where there is none. */
static struct slice take(struct slice *text, char end)
{
    const char *at = text->len ? memchr(text->at, end, text->len) : NULL;
    struct slice part = {text->at, at ? (size_t)(at - text->at) : text->len};
    size_t used = part.len + (at ? 1 : 0);
    if (used)
        *text = (struct slice){text->at + used, text->len - used};
    return part;
}

static bool is(struct slice part, const char *text)
{
    return part.len == strlen(text) && memcmp(part.at, text, part.len) == 0;
}

/* All of it is a number. */
static bool number(struct slice part, int64_t *value)
{
    int64_t v = 0;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v))
            return false;
    }
    if (part.len == 0)
        return false;
    *value = v;
    return true;
}

/* Takes words apart that single blanks separate. False where there are not exactly so many. */
static bool words(struct slice line, struct slice part[], int count)
{
    for (int i = 0; i < count; i++) {
        size_t before = line.len;
        part[i] = take(&line, ' ');
        bool blank_behind = part[i].len < before;
        if (part[i].len == 0 || blank_behind != (i < count - 1))
            return false;
    }
    return true;
}

bool relay_wire_line(struct slice *text, struct slice *line)
{
    while (text->len) {
        struct slice next = take(text, '\n');
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
    if (is(value, "-")) {
        *out = room;
        return true;
    }
    if (words(value, part, 4) && is(part[3], "waiting"))
        room.waiting = true;
    else if (!words(value, part, 3))
        return false;
    if (!number(part[0], &room.meeting_id) || !number(part[1], &room.seq) || !number(part[2], &room.join_seq) ||
        room.meeting_id == 0)
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
    if (!words(line, part, 4) || !number(part[2], &user_id))
        return false;
    bool expired = is(part[0], "expired");
    if (!expired && !is(part[0], "lost"))
        return false;
    *out = (struct relay_wire_report){expired, user_id, part[1], part[3]};
    return true;
}

void relay_wire_again_write(struct buf *out, int n) { buf_printf(out, "%d\n", n); }

bool relay_wire_again_read(struct slice line, int *n)
{
    int64_t value;
    if (!number(line, &value) || value > INT_MAX)
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
    if (!words(line, part, 2) || !number(part[0], &id) || !number(part[1], seq))
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
    if (!is(take(&line, ' '), "stats"))
        return false;
    *list = line;
    return true;
}

void relay_wire_stats_read(struct slice list, int64_t values[static RELAY_STATS])
{
    memset(values, 0, RELAY_STATS * sizeof *values);
    while (list.len) {
        struct slice value = take(&list, ' '), name = take(&value, '=');
        int i = 0;
        while (i < RELAY_STATS && !is(name, relay_stat_names[i]))
            i++;
        if (i < RELAY_STATS)
            number(value, &values[i]);
    }
}
