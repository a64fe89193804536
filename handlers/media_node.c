/* What media nodes ask, on the relays' socket: lines of text in and out (core/media_wire.h). */
#include <string.h>

#include "core/limits.h"
#include "core/media_wire.h"
#include "core/relay_wire.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/media_node.h"

/* The lines behind the first one, in any order. */
static enum err read_rooms(struct exchange *x, struct slice body, struct media_node_call *call)
{
    struct slice line;
    int lines = 1;
    for (size_t i = 0; i < body.len; i++)
        lines += body.at[i] == '\n';
    if (lines > 2 * LIMIT_SYNC_ROOMS)
        return ERR_PAYLOAD_TOO_LARGE;
    struct media_wire_room *rooms = arena_array(x->ctx.arena, (size_t)lines, sizeof *rooms);
    struct room_position *positions = arena_array(x->ctx.arena, (size_t)lines, sizeof *positions);
    while (relay_wire_line(&body, &line)) {
        struct room_position *at = &positions[call->position_count];
        if (media_wire_room_read(line, &rooms[call->room_count]))
            call->room_count++;
        else if (relay_wire_position_read(line, &at->meeting_id, &at->seq))
            call->position_count++;
        else
            return ERR_BAD_REQUEST;
    }
    call->rooms = rooms;
    call->positions = positions;
    return ERR_OK;
}

static enum err read_call(struct exchange *x, struct media_node_call *out)
{
    struct media_node_call call = {.name = x->ctx.relay};
    struct slice body = {x->req->body, x->req->body_len}, line;
    if (!media_wire_is_name((struct slice){call.name, strlen(call.name)}) || !relay_wire_line(&body, &line) ||
        !media_wire_node_read(line, &call.node))
        return ERR_BAD_REQUEST;
    enum err e = read_rooms(x, body, &call);
    if (!e)
        *out = call;
    return e;
}

enum err node_sync_post(struct exchange *x)
{
    struct media_node_call call;
    struct media_node_answer answer;
    struct response *res = x->res;
    enum err e = read_call(x, &call);
    if (!e)
        e = media_node_sync(&x->ctx, &call, &answer);
    if (e)
        return e;
    res->status = 200;
    res->content_type = "text/plain; charset=utf-8";
    for (int i = 0; i < answer.order_count; i++)
        media_wire_order_write(&res->body, &answer.orders[i]);
    for (int i = 0; i < answer.ahead_count; i++)
        relay_wire_position_write(&res->body, answer.ahead[i].meeting_id, answer.ahead[i].seq);
    return ERR_OK;
}

enum err node_members_get(struct exchange *x)
{
    int64_t id, seq;
    struct participant *items;
    int count;
    struct response *res = x->res;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = media_node_members(&x->ctx, id, &items, &count, &seq);
    if (e)
        return e;
    res->status = 200;
    res->content_type = "text/plain; charset=utf-8";
    relay_wire_position_write(&res->body, id, seq);
    for (int i = 0; i < count; i++)
        media_wire_member_write(
            &res->body, &(struct media_wire_member){items[i].user_id, items[i].audio, items[i].video, items[i].screen});
    return ERR_OK;
}
