#include "relay/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/relay_wire.h"
#include "relay/answer.h"
#include "roomlog/backend.h"
#include "relay/conn.h"
#include "relay/hub.h"
#include "relay/presence.h"

enum { PATH_SIZE = REQUEST_MEETING_SIZE + 96 };

/* Writes a meeting's number or code as a part of a path. False where it is neither a number nor a short text. */
static bool write_meeting(struct slice value, char out[static REQUEST_MEETING_SIZE])
{
    int64_t number;
    struct slice text;
    if (skim_int(value, &number)) {
        snprintf(out, REQUEST_MEETING_SIZE, "%lld", (long long)number);
        return true;
    }
    if (!skim_plain(value, &text) || text.len == 0 || text.len > REQUEST_MEETING_CHARS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        out += sprintf(out, isalnum(c) ? "%c" : "%%%02X", c);
    }
    return true;
}

/* What stands in the way of this message, or ERR_OK with its meeting filled in. */
static enum err find_meeting(const struct conn *c, struct request *request)
{
    static const char *const names[] = {"meetingId"};
    if (!request->joins) {
        if (!c->seat)
            return ERR_NOT_JOINED;
        snprintf(request->meeting, sizeof request->meeting, "%lld", (long long)c->seat);
        return ERR_OK;
    }
    if (c->seat && !c->waiting)
        return ERR_CONFLICT;
    struct slice id;
    if (!skim_members((struct slice){request->data, request->len}, names, &id, 1) || !id.at ||
        !write_meeting(id, request->meeting))
        return ERR_VALIDATION_FAILED;
    return ERR_OK;
}

/* Goes where the answer says. The client has its ack already: what follows are later events. A call that failed on the
 * workers' side has moved nobody. */
static void move(struct conn *c, const struct reply *reply)
{
    struct relay_wire_room room;
    if (!reply->room.at || reply->status >= 500)
        return;
    if (!relay_wire_room_read(reply->room, &room)) {
        log_event(LOG_ERROR, "bad_room_header", "request", reply->request_id, NULL);
        return;
    }
    c->seat = room.meeting_id;
    if (!c->seat)
        hub_leave(c);
    else if (c->state == CONN_OPEN && !hub_join(c, room.meeting_id, room.join_seq, room.seq, room.waiting))
        conn_close(c, WS_CODE_INTERNAL);
}

/* No answer came from a join, or a worker cannot say what became of it: there may be a seat that belongs to this
 * connection. The connection goes on under another name, and the seat of the old name is given up like that of a
 * connection that broke. */
static void report_unconfirmed_join(struct conn *c, const struct request *request, const struct reply *reply)
{
    bool doubt = reply->err ? reply->err != ERR_UNAVAILABLE : reply->status >= 500;
    if (!request->joins || !doubt || c->relay->stopping)
        return;
    char name[RELAY_CONN_NAME_SIZE];
    conn_name(c, name);
    presence_add(c->relay->presence, &(struct presence_seat){
                                         .meeting = request->meeting,
                                         .user_id = c->user_id,
                                         .connection = name,
                                         .due = clock_elapsed_s() + (double)c->relay->config.grace_lost_ms / 1000.0,
                                         .doubtful = true,
                                     });
    conn_rename(c);
}

static void call_next(struct conn *c);

static void on_reply(void *data, const struct reply *reply)
{
    struct conn *c = data;
    struct request *request = c->calls.current;
    c->calls.current = NULL;
    c->calls.rpc = NULL;
    report_unconfirmed_join(c, request, reply);
    if (reply->err)
        answer_error(c, request->id, reply->err, NULL);
    else if (reply_ok(reply))
        answer_ack(c, request->id, reply->body);
    else
        answer_problem(c, request->id, reply);
    move(c, reply);
    free(request);
    if (c->due_code)
        conn_close(c, c->due_code);
    else if (!reply->err && reply->status == 401) /* the sign-in ended, whatever its token says */
        conn_close(c, WS_CODE_UNAUTHORIZED);
    call_next(c);
    conn_resume(c);
}

static void call(struct conn *c, struct request *request)
{
    char path[PATH_SIZE], name[RELAY_CONN_NAME_SIZE], address[ADDRESS_TEXT];
    snprintf(path, sizeof path, "/internal/meetings/%s/%s", request->meeting, request->type);
    conn_name(c, name);
    address_write(&c->address, address);
    struct call_request call_request = {
        .method = "POST",
        .path = path,
        .body = request->data,
        .body_len = request->len,
        .user_id = c->user_id,
        .session_id = c->session_id,
        .connection = name,
        .address = address,
    };
    c->calls.current = request;
    c->calls.rpc = backend_call(c->relay->backend, &call_request, on_reply, c);
    if (c->calls.rpc)
        return;
    c->calls.current = NULL;
    answer_error(c, request->id, ERR_UNAVAILABLE, NULL);
    free(request);
}

/* Begins the next call, if none is in flight. */
static void call_next(struct conn *c)
{
    while (!c->calls.current && c->calls.first) {
        struct request *request = call_queue_pop(&c->calls);
        enum err e = find_meeting(c, request);
        /* what a client sent before it went away still counts, but nobody joins who is gone */
        if (!e && (c->state == CONN_OPEN || !request->joins)) {
            call(c, request);
            continue;
        }
        answer_error(c, request->id, e, e == ERR_VALIDATION_FAILED ? "meetingId" : NULL);
        free(request);
    }
    if (c->state != CONN_OPEN)
        request_settle(c);
}

bool request_add(struct conn *c, struct slice type, int64_t id, struct slice data)
{
    if (!call_queue_add(&c->calls, type, id, data))
        return false;
    call_next(c);
    return true;
}

void request_settle(struct conn *c)
{
    if (c->settled || c->state == CONN_OPEN || !call_queue_idle(&c->calls))
        return;
    c->settled = true;
    char name[RELAY_CONN_NAME_SIZE], meeting[24];
    conn_name(c, name);
    struct presence_seat seat = {.user_id = c->user_id, .connection = name};
    seat.due = c->ended_at + (double)c->grace_ms / 1000.0;
    snprintf(meeting, sizeof meeting, "%lld", (long long)c->seat);
    if (c->seat && !c->relay->stopping)
        presence_add(c->relay->presence, (seat.meeting = meeting, &seat));
    conn_maybe_finish(c);
}
