/* The room's log for its members; and coming into a room and going out of it by WebSocket. A reply's header
 * RELAY_WIRE_ROOM tells the relay which room the connection is in from now on (docs/architecture.md, "Between relay and
 * workers"). */
#include "core/limits.h"
#include "core/relay_wire.h"
#include "handlers/exchange.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/events.h"
#include "service/join.h"
#include "service/serialize.h"

enum err events_get(struct exchange *x)
{
    int64_t id, after, last_seq;
    struct room_event *items;
    int count;
    enum err e = exchange_meeting_after(x, &id, &after);
    if (!e)
        e = events_list(&x->ctx, id, after, &items, &count, &last_seq);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++)
        serialize_event(&j, NULL, &items[i]);
    json_array_end(&j);
    json_int(&j, "seq", last_seq);
    json_object_end(&j);
    return ERR_OK;
}

struct join_room_input {
    struct in_text password, invite, seat;
    struct in_int since;
};

static const struct field join_room_fields[] = {
    {"meetingId", FIELD_IGNORED, 0, OPTIONAL, false, 0, 0, NULL}, /* the relay took the path from it */
    {"password", FIELD_EXACT, offsetof(struct join_room_input, password), OPTIONAL, true, 0,
     LIMIT_MEETING_PASSWORD_CHARS, NULL},
    {"invite", FIELD_TEXT, offsetof(struct join_room_input, invite), OPTIONAL, false, 1, LIMIT_INVITE_CHARS, NULL},
    {"seat", FIELD_EXACT, offsetof(struct join_room_input, seat), OPTIONAL, false, 1, LIMIT_SEAT_CHARS, NULL},
    {"since", FIELD_INT, offsetof(struct join_room_input, since), OPTIONAL, false, 0, LIMIT_ID, NULL},
};

/* Tells the relay where the connection is from now on. */
static void set_room(struct exchange *x, const struct relay_wire_room *room)
{
    char value[RELAY_WIRE_ROOM_SIZE];
    relay_wire_room_write(value, room);
    response_header(x->res, RELAY_WIRE_ROOM, value);
}

enum err ws_join_room(struct exchange *x)
{
    int64_t id;
    struct join_room_input in = {.since = {.value = -1}};
    struct room_view view;
    enum err e = exchange_body(x, join_room_fields, FIELD_COUNT(join_room_fields), &in);
    if (!e)
        e = exchange_meeting_invited(x, in.invite.value, &id);
    if (!e)
        e = join_by_websocket(
            &x->ctx, id,
            (struct join_credentials){.password = in.password.value, .invite = in.invite.value, .seat = in.seat.value},
            in.since.value, &view);
    if (e)
        return e;
    set_room(x, &(struct relay_wire_room){id, view.seq, view.join_seq, view.waiting});
    return room_view_write(x, &view);
}

enum err ws_leave_room(struct exchange *x)
{
    set_room(x, &(struct relay_wire_room){0});
    return meeting_leave_post(x);
}

enum err ws_unknown_type(struct exchange *x)
{
    return fault_set(&x->ctx.fault, ERR_UNKNOWN_TYPE, NULL, "Unknown message type '%.32s'.", x->req->params[1]);
}
