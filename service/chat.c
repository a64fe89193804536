#include "service/chat.h"

#include "service/participant.h"
#include "service/participant_find.h"
#include "service/permission.h"
#include "service/serialize.h"

struct sending {
    struct message message;
    bool repeated;
};

static enum err find_addressee(struct room_change *room, struct message *m)
{
    struct participant to;
    enum err e = participant_find_joined(room->ctx, m->meeting_id, m->to_id, &to);
    if (e == ERR_NOT_JOINED)
        return fault_set(&room->ctx->fault, ERR_VALIDATION_FAILED, "to", "to must be a participant in the meeting.");
    if (!e)
        m->to_name = to.display_name;
    return e;
}

static bool may_see(const struct message *m, int64_t user_id)
{
    return !m->to_id || m->to_id == user_id || m->sender_id == user_id;
}

/* The message that this one answers. */
static enum err find_answered(struct room_change *room, struct message *m)
{
    struct context *ctx = room->ctx;
    struct message answered;
    enum err e = message_dao_by_id(ctx->app->db, ctx->arena, m->meeting_id, m->reply_to_id, &answered);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    if (e || !may_see(&answered, ctx->user_id))
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "replyTo", "replyTo must be a message of this meeting.");
    int64_t other = answered.sender_id == ctx->user_id ? answered.to_id : answered.sender_id;
    if (answered.to_id && m->to_id != other)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "to", "A reply to a private message must be private too.");
    m->reply_sender_id = answered.sender_id;
    m->reply_sender_name = answered.sender_name;
    return ERR_OK;
}

/* An event about a message goes to those who may see it. */
static enum err add_message_event(struct room_change *room, enum event_type type, const struct message *m)
{
    const int64_t both[] = {m->sender_id, m->to_id};
    struct event_draft *event = event_begin(&room->log, type, m->deleted_at_ms ? m->sender_id : 0);
    event->message_id = m->id;
    if (m->to_id)
        event->audience = audience_users(both, 2);
    serialize_message(&event->data, "message", m);
    return event_end(event);
}

static enum err send_change(struct room_change *room, void *arg)
{
    struct sending *s = arg;
    struct message *m = &s->message;
    struct context *ctx = room->ctx;
    struct participant me;
    s->repeated = false;
    enum err e = permission_check_seated(room, PERMISSION_CHAT, &me);
    if (e)
        return e;
    struct message stored;
    e = message_dao_by_client_id(ctx->app->db, ctx->arena, m->meeting_id, ctx->user_id, m->client_id, &stored);
    if (!e) {
        *m = stored;
        s->repeated = true;
        return ERR_OK;
    }
    if (e != ERR_DB_NO_ROW)
        return e;
    m->sender_name = me.display_name;
    m->created_at_ms = context_now_ms(ctx);
    e = m->to_id ? find_addressee(room, m) : ERR_OK;
    if (!e && m->reply_to_id)
        e = find_answered(room, m);
    if (!e)
        e = message_dao_insert(ctx->app->db, m, &m->id);
    return e ? e : add_message_event(room, EVENT_CHAT_MESSAGE, m);
}

enum err chat_send(struct context *ctx, int64_t meeting_id, const struct message *wanted, struct message *out,
                   bool *repeated)
{
    struct sending s = {.message = {.meeting_id = meeting_id,
                                    .sender_id = ctx->user_id,
                                    .to_id = wanted->to_id,
                                    .reply_to_id = wanted->reply_to_id,
                                    .text = wanted->text,
                                    .client_id = wanted->client_id}};
    enum err e = room_change(ctx, meeting_id, send_change, &s);
    if (e)
        return e;
    *out = s.message;
    *repeated = s.repeated;
    return ERR_OK;
}

/* A message that the caller, who is in the meeting, may see and that is still there. */
static enum err find_visible(struct room_change *room, int64_t message_id, struct participant *me, struct message *out)
{
    struct context *ctx = room->ctx;
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = participant_find_joined(ctx, room->state.id, ctx->user_id, me);
    if (!e)
        e = context_no_row(message_dao_by_id(ctx->app->db, ctx->arena, room->state.id, message_id, out), ERR_NOT_FOUND);
    if (!e && (out->deleted_at_ms || !may_see(out, ctx->user_id)))
        e = ERR_NOT_FOUND;
    return e;
}

struct message_change {
    int64_t message_id;
    const char *text; /* NULL: it is deleted */
    struct message message;
};

/* Retention, which does not wait for the room, may have removed it meanwhile. */
static enum err update(const struct room_change *room, const struct message *m)
{
    return context_no_row(message_dao_update(room->ctx->app->db, m), ERR_NOT_FOUND);
}

static enum err edit_change(struct room_change *room, void *arg)
{
    struct message_change *c = arg;
    struct message *m = &c->message;
    struct participant me;
    enum err e = find_visible(room, c->message_id, &me, m);
    if (e)
        return e;
    if (m->sender_id != room->ctx->user_id)
        return ERR_FORBIDDEN;
    if (!permission_has(PERMISSION_CHAT, me.role, me.is_guest, room->state.settings))
        return ERR_FORBIDDEN;
    m->text = c->text;
    m->edited_at_ms = context_now_ms(room->ctx);
    e = add_message_event(room, EVENT_MESSAGE_EDITED, m);
    return e ? e : update(room, m);
}

/* What was deleted is not to be read in the log either: its earlier events tell the message as it is now. */
static enum err redact(struct room_change *room, const struct message *m)
{
    struct event_draft *event = event_begin(&room->log, EVENT_MESSAGE_EDITED, 0);
    serialize_message(&event->data, "message", m);
    return event_dao_redact(room->ctx->app->db, m->meeting_id, m->id, event_end_unsent(event));
}

static enum err delete_change(struct room_change *room, void *arg)
{
    struct message_change *c = arg;
    struct message *m = &c->message;
    struct participant me;
    enum err e = find_visible(room, c->message_id, &me, m);
    if (e)
        return e;
    if (m->sender_id != room->ctx->user_id &&
        !permission_has(PERMISSION_DELETE_ANY_MESSAGE, me.role, me.is_guest, room->state.settings))
        return ERR_FORBIDDEN;
    m->text = "";
    m->deleted_at_ms = context_now_ms(room->ctx);
    e = add_message_event(room, EVENT_MESSAGE_DELETED, m);
    if (!e)
        e = redact(room, m);
    return e ? e : update(room, m);
}

static enum err change_message(struct context *ctx, int64_t meeting_id, int64_t message_id, const char *text,
                               struct message *out)
{
    struct message_change c = {.message_id = message_id, .text = text};
    enum err e = room_change(ctx, meeting_id, text ? edit_change : delete_change, &c);
    if (!e)
        *out = c.message;
    return e;
}

enum err chat_edit(struct context *ctx, int64_t meeting_id, int64_t message_id, const char *text, struct message *out)
{
    return change_message(ctx, meeting_id, message_id, text, out);
}

enum err chat_delete(struct context *ctx, int64_t meeting_id, int64_t message_id, struct message *out)
{
    return change_message(ctx, meeting_id, message_id, NULL, out);
}

struct reading {
    struct context *ctx;
    int64_t meeting_id;
    int64_t message_id;
};

static enum err mark_read_body(void *arg)
{
    const struct reading *r = arg;
    struct participant me;
    int64_t newest;
    enum err e = participant_find_joined(r->ctx, r->meeting_id, r->ctx->user_id, &me);
    if (!e)
        e = message_dao_newest(r->ctx->app->db, r->meeting_id, &newest);
    if (e)
        return e;
    int64_t read_id = r->message_id < newest ? r->message_id : newest; /* what is still to come is unread */
    return participant_dao_set_read(r->ctx->app->db, r->meeting_id, me.user_id, read_id);
}

enum err chat_mark_read(struct context *ctx, int64_t meeting_id, int64_t message_id)
{
    struct reading r = {ctx, meeting_id, message_id};
    return db_transaction(ctx->app->db, mark_read_body, &r);
}

enum err chat_list(struct context *ctx, int64_t meeting_id, int64_t before_id, int64_t limit, struct message **items,
                   int *count, bool *has_more)
{
    int64_t seq;
    struct participant me;
    enum err e = event_dao_last_seq(ctx->app->db, meeting_id, &seq);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = participant_check_took_part(ctx, meeting_id, &me);
    if (e)
        return e;
    bool goes_on = me.until_message == INT64_MAX; /* what is written when they are out is not for them */
    if (!goes_on && (!before_id || before_id > me.until_message))
        before_id = me.until_message + 1;
    return message_dao_list(ctx->app->db, ctx->arena, meeting_id, ctx->user_id, before_id, limit, items, count,
                            has_more);
}
