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

static void add_chat_message(struct room_change *room, const struct message *m)
{
    char audience[64] = ENVELOPE_EVERYBODY;
    if (m->to_id)
        snprintf(audience, sizeof audience, "%lld,%lld", (long long)m->sender_id, (long long)m->to_id);
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    shape_message(&j, "message", m);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_CHAT_MESSAGE, audience, ENVELOPE_NO_EFFECT, &data);
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
        add_chat_message(room, m);
    return e;
}

enum err chat_send(struct call *call, int64_t meeting_id, const char *text, const char *client_id, int64_t to_id, struct message *out,
                   bool *repeated)
{
    struct sending s = {
        .message = {.meeting_id = meeting_id, .sender_id = call->user_id, .to_id = to_id, .text = text, .client_id = client_id}};
    enum err e = room_change(call, meeting_id, send_change, &s);
    if (e)
        return e;
    *out = s.message;
    *repeated = s.repeated;
    return ERR_OK;
}

enum err chat_list(struct call *call, int64_t meeting_id, int64_t before_id, int64_t limit, struct message **items, int *count,
                   bool *has_more)
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
