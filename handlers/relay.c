/* What relays ask for themselves, on their own socket: lines of text in and out (docs/architecture.md, "Between relay
 * and workers"). */
#include "core/limits.h"
#include "core/relay_wire.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/meeting.h"
#include "service/presence.h"
#include "service/relay_stats.h"
#include "service/room.h"

enum err relay_events_get(struct exchange *x)
{
    int64_t id, after;
    struct room_event *items;
    int count;
    enum err e = exchange_meeting_after(x, &id, &after);
    if (!e)
        e = room_events_after(&x->ctx, id, after, 0, &items, &count);
    if (e)
        return e;
    x->res->status = 200;
    x->res->content_type = "text/plain; charset=utf-8";
    for (int i = 0; i < count; i++) {
        room_log_envelope(&x->res->body, &items[i]);
        buf_putc(&x->res->body, '\n');
    }
    return ERR_OK;
}

/* A first line of statistics, where there is one, then the rooms. */
static enum err read_positions(struct exchange *x, struct slice *stats, struct room_position **out, int *count)
{
    struct slice body = {x->req->body, x->req->body_len}, line;
    int lines = 0, n = 0;
    for (size_t i = 0; i < body.len; i++)
        lines += body.at[i] == '\n';
    if (lines > LIMIT_SYNC_ROOMS + 1)
        return ERR_PAYLOAD_TOO_LARGE;
    struct room_position *rooms = arena_array(x->ctx.arena, (size_t)lines + 1, sizeof *rooms);
    while (relay_wire_line(&body, &line)) {
        if (!stats->at && n == 0 && relay_wire_stats_line(line, stats))
            continue;
        if (!relay_wire_position_read(line, &rooms[n].meeting_id, &rooms[n].seq))
            return ERR_BAD_REQUEST;
        n++;
    }
    *out = rooms;
    *count = n;
    return ERR_OK;
}

enum err relay_sync_post(struct exchange *x)
{
    struct room_position *rooms, *ahead;
    int count, ahead_count;
    struct slice stats = {0};
    enum err e = read_positions(x, &stats, &rooms, &count);
    if (!e)
        e = presence_sync(&x->ctx, rooms, count, &ahead, &ahead_count);
    if (!e && stats.at)
        e = relay_stats_report(&x->ctx, stats);
    if (e)
        return e;
    x->res->status = 200;
    x->res->content_type = "text/plain; charset=utf-8";
    for (int i = 0; i < ahead_count; i++)
        relay_wire_position_write(&x->res->body, ahead[i].meeting_id, ahead[i].seq);
    return ERR_OK;
}

/* A join whose answer never came is reported under the name that its client gave the meeting: a number or a code. */
static enum err find_meeting(struct exchange *x, struct slice name, int64_t *id)
{
    if (skim_int(name, id))
        return ERR_OK;
    return meeting_find(&x->ctx, arena_strndup(x->ctx.arena, name.at, name.len), id);
}

/* A line each; one of a meeting that does not exist is left out. */
static enum err read_reports(struct exchange *x, struct presence_report reports[static LIMIT_PRESENCE_BATCH],
                             int *count)
{
    struct slice body = {x->req->body, x->req->body_len}, line;
    int n = 0;
    for (int number = 0; relay_wire_line(&body, &line); number++) {
        struct relay_wire_report report;
        if (number == LIMIT_PRESENCE_BATCH)
            return ERR_PAYLOAD_TOO_LARGE;
        if (!relay_wire_report_read(line, &report))
            return ERR_BAD_REQUEST;
        reports[n] = (struct presence_report){
            .number = number,
            .user_id = report.user_id,
            .connection = arena_strndup(x->ctx.arena, report.connection.at, report.connection.len),
            .expired = report.expired,
        };
        enum err e = find_meeting(x, report.meeting, &reports[n].meeting_id);
        if (e && e != ERR_NOT_FOUND)
            return e;
        n += !e;
    }
    *count = n;
    return ERR_OK;
}

enum err relay_connections_post(struct exchange *x)
{
    struct presence_report reports[LIMIT_PRESENCE_BATCH];
    int count;
    enum err e = read_reports(x, reports, &count);
    if (e)
        return e;
    presence_report(&x->ctx, reports, count);
    x->res->status = 200;
    x->res->content_type = "text/plain; charset=utf-8";
    for (int i = 0; i < count; i++)
        if (reports[i].failed)
            relay_wire_again_write(&x->res->body, reports[i].number);
    return ERR_OK;
}
