#include "service/chat.h"

#include <stdio.h>

#include "core/envelope.h"
#include "core/json.h"
#include "service/participant.h"
#include "service/shape.h"

struct sending {
    struct message message;
    bool repeated;
};

static enum err find_addressee(struct room_change *room, struct message *m)
{
    struct participant to;
    enum err e = participant_find_joined(room->call, m->meeting_id, m->to_id, &to);
    if (e == ERR_NOT_JOINED)
        return fault_set(&room->call->fault, ERR_VALIDATION_FAILED, "to", "to must be somebody who is in the meeting.");
    if (!e)
        m->to_name = to.display_name;
    return e;
}

/* An event about a message goes to those who may see it. */
static void add_message_event(struct room_change *room, const char *type, const struct message *m)
{
    char audience[64] = ENVELOPE_EVERYBODY;
    if (m->to_id)
        snprintf(audience, sizeof audience, "%lld,%lld", (long long)m->sender_id, (long long)m->to_id);
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    shape_message(&j, "message", m);
    if (m->deleted_at_ms)
        json_int(&j, "by", room->call->user_id);
    json_object_end(&j);
    room_log_add(&room->log, type, audience, ENVELOPE_NO_EFFECT, &data);
}

static enum err send_change(struct room_change *room, void *context)
{
    struct sending *s = context;
    struct message *m = &s->message;
    struct call *call = room->call;
    struct participant me;
    s->repeated = false;
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = participant_find_joined(call, m->meeting_id, call->user_id, &me);
    if (e)
        return e;
    struct message stored;
    e = message_dao_by_client_id(call->app->db, call->arena, m->meeting_id, call->user_id, m->client_id, &stored);
    if (!e) {
        *m = stored;
        s->repeated = true;
        return ERR_OK;
    }
    if (e != ERR_DB_NO_ROW)
        return e;
    m->sender_name = me.display_name;
    m->created_at_ms = call_now_ms(call);
    e = m->to_id ? find_addressee(room, m) : ERR_OK;
    if (!e)
        e = message_dao_insert(call->app->db, m, &m->id);
    if (!e)
        add_message_event(room, EVENT_CHAT_MESSAGE, m);
    return e;
}

enum err chat_send(struct call *call, int64_t meeting_id, const char *text, const char *client_id, int64_t to_id,
                   struct message *out, bool *repeated)
{
    struct sending s = {.message = {.meeting_id = meeting_id,
                                    .sender_id = call->user_id,
                                    .to_id = to_id,
                                    .text = text,
                                    .client_id = client_id}};
    enum err e = room_change(call, meeting_id, send_change, &s);
    if (e)
        return e;
    *out = s.message;
    *repeated = s.repeated;
    return ERR_OK;
}

/* A message that the caller, who is in the meeting, may see and that is still there. */
static enum err find_visible(struct room_change *room, int64_t message_id, struct participant *me, struct message *out)
{
    struct call *call = room->call;
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = participant_find_joined(call, room->state.id, call->user_id, me);
    if (!e)
        e = call_no_row(message_dao_by_id(call->app->db, call->arena, room->state.id, message_id, out), ERR_NOT_FOUND);
    if (!e && (out->deleted_at_ms || (out->to_id && out->to_id != call->user_id && out->sender_id != call->user_id)))
        e = ERR_NOT_FOUND;
    return e;
}

struct message_change {
    int64_t message_id;
    const char *text; /* NULL: it is deleted */
    struct message message;
};

static enum err edit_change(struct room_change *room, void *context)
{
    struct message_change *c = context;
    struct message *m = &c->message;
    struct participant me;
    enum err e = find_visible(room, c->message_id, &me, m);
    if (e)
        return e;
    if (m->sender_id != room->call->user_id)
        return ERR_FORBIDDEN;
    m->text = c->text;
    m->edited_at_ms = call_now_ms(room->call);
    add_message_event(room, EVENT_MESSAGE_EDITED, m);
    return message_dao_update(room->call->app->db, m);
}

/* What was deleted is not to be read in the log either: its earlier events tell the message as it is now. */
static enum err redact(struct call *call, const struct message *m)
{
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    shape_message(&j, "message", m);
    json_object_end(&j);
    enum err e = data.failed ? ERR_INTERNAL : event_dao_redact(call->app->db, m->meeting_id, m->id, data.data);
    buf_free(&data);
    return e;
}

static enum err delete_change(struct room_change *room, void *context)
{
    struct message_change *c = context;
    struct message *m = &c->message;
    struct participant me;
    enum err e = find_visible(room, c->message_id, &me, m);
    if (e)
        return e;
    if (m->sender_id != room->call->user_id && me.role != ROLE_HOST && me.role != ROLE_COHOST)
        return ERR_FORBIDDEN;
    m->text = "";
    m->deleted_at_ms = call_now_ms(room->call);
    add_message_event(room, EVENT_MESSAGE_DELETED, m);
    e = redact(room->call, m);
    return e ? e : message_dao_update(room->call->app->db, m);
}

static enum err change_message(struct call *call, int64_t meeting_id, int64_t message_id, const char *text,
                               struct message *out)
{
    struct message_change c = {.message_id = message_id, .text = text};
    enum err e = room_change(call, meeting_id, text ? edit_change : delete_change, &c);
    if (!e)
        *out = c.message;
    return e;
}

enum err chat_edit(struct call *call, int64_t meeting_id, int64_t message_id, const char *text, struct message *out)
{
    return change_message(call, meeting_id, message_id, text, out);
}

enum err chat_delete(struct call *call, int64_t meeting_id, int64_t message_id, struct message *out)
{
    return change_message(call, meeting_id, message_id, NULL, out);
}

enum err chat_list(struct call *call, int64_t meeting_id, int64_t before_id, int64_t limit, struct message **items,
                   int *count, bool *has_more)
{
    struct message *list;
    int n;
    int64_t seq;
    enum err e = event_dao_last_seq(call->app->db, meeting_id, &seq);
    if (e)
        return call_no_row(e, ERR_NOT_FOUND);
    e = participant_check_took_part(call, meeting_id);
    if (!e)
        e = message_dao_list(call->app->db, call->arena, meeting_id, call->user_id, before_id, limit + 1, &list, &n);
    if (e)
        return e;
    *has_more = n > limit;
    *items = list + *has_more; /* one more than asked for tells that there are more */
    *count = n - *has_more;
    return ERR_OK;
}
