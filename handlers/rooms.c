/* The room's log for members, and what relays ask for (docs/architecture.md, "Between relay and workers"). A reply's
 * header RELAY_WIRE_ROOM tells the relay which room the connection is in from now on. */

#include "core/limits.h"
#include "core/relay_wire.h"
#include "handlers/exchange.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/events.h"
#include "service/join.h"
#include "service/participant.h"
#include "service/presence.h"
#include "service/relay_stats.h"
#include "service/shape.h"

struct events_query {
    struct in_int after;
};

static const struct field events_fields[] = {
    {"after", FIELD_INT, offsetof(struct events_query, after), OPTIONAL, false, 0, LIMIT_ID, NULL},
};

enum err events_get(struct exchange *x)
{
    int64_t id, last_seq;
    struct events_query in = {0};
    struct room_event *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_query(x, events_fields, FIELD_COUNT(events_fields), &in);
    if (!e)
        e = events_list(&x->ctx, id, in.after.value, &items, &count, &last_seq);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++)
        shape_event(&j, NULL, &items[i]);
    json_array_end(&j);
    json_int(&j, "seq", last_seq);
    json_object_end(&j);
    return ERR_OK;
}

enum err room_events_get(struct exchange *x)
{
    int64_t id;
    struct events_query in = {0};
    struct room_event *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_query(x, events_fields, FIELD_COUNT(events_fields), &in);
    if (!e)
        e = room_events_after(&x->ctx, id, in.after.value, 0, &items, &count);
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

struct room_join_input {
    struct in_text password, invite, seat;
    struct in_int since;
};

static const struct field room_join_fields[] = {
    {"meetingId", FIELD_IGNORED, 0, OPTIONAL, false, 0, 0, NULL}, /* the relay took the path from it */
    {"password", FIELD_EXACT, offsetof(struct room_join_input, password), OPTIONAL, true, 0,
     LIMIT_MEETING_PASSWORD_CHARS, NULL},
    {"invite", FIELD_TEXT, offsetof(struct room_join_input, invite), OPTIONAL, false, 1, LIMIT_INVITE_CHARS, NULL},
    {"seat", FIELD_EXACT, offsetof(struct room_join_input, seat), OPTIONAL, false, 1, LIMIT_SEAT_CHARS, NULL},
    {"since", FIELD_INT, offsetof(struct room_join_input, since), OPTIONAL, false, 0, LIMIT_ID, NULL},
};

/* Tells the relay where the connection is from now on. */
static void set_room(struct exchange *x, const struct relay_wire_room *room)
{
    char value[RELAY_WIRE_ROOM_SIZE];
    relay_wire_room_write(value, room);
    response_header(x->res, RELAY_WIRE_ROOM, value);
}

enum err room_join(struct exchange *x)
{
    int64_t id;
    struct room_join_input in = {.since = {.value = -1}};
    struct room_view view;
    enum err e = exchange_body(x, room_join_fields, FIELD_COUNT(room_join_fields), &in);
    if (!e)
        e = exchange_meeting_invited(x, in.invite.value, &id);
    if (!e)
        e = join_room(
            &x->ctx, id,
            (struct join_ticket){.password = in.password.value, .invite = in.invite.value, .seat = in.seat.value},
            in.since.value, &view);
    if (e)
        return e;
    set_room(x, &(struct relay_wire_room){id, view.seq, view.join_seq, view.waiting});
    return room_view_write(x, &view);
}

enum err room_leave(struct exchange *x)
{
    set_room(x, &(struct relay_wire_room){0});
    return meeting_leave_post(x);
}

enum err room_unknown_type(struct exchange *x)
{
    return fault_set(&x->ctx.fault, ERR_UNKNOWN_TYPE, NULL, "There is no message type '%.32s'.", x->req->params[1]);
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
        n += skim_int(report.meeting, &reports[n].meeting_id);
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
