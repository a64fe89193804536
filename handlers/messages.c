/* /api/v1/meetings/:meetingId/messages: chat; and its WebSocket twins chat_message, message_edit, message_delete. */
#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/chat.h"
#include "service/serialize.h"

struct messages_query {
    struct in_int before, limit;
};

/* clang-format off */
static const struct field messages_fields[] = {
    {"before", FIELD_INT, offsetof(struct messages_query, before), OPTIONAL, false, 1, LIMIT_ID, NULL},
    {"limit", FIELD_INT, offsetof(struct messages_query, limit), OPTIONAL, false, 1, LIMIT_MESSAGES_PAGE, NULL},
};
/* clang-format on */

enum err messages_get(struct exchange *x)
{
    int64_t id;
    struct messages_query in = {.limit = {.value = LIMIT_JOIN_MESSAGES}};
    struct message *items;
    int count;
    bool has_more;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_query(x, messages_fields, FIELD_COUNT(messages_fields), &in);
    if (!e)
        e = chat_list(&x->ctx, id, in.before.value, in.limit.value, &items, &count, &has_more);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    serialize_messages(&j, "items", items, count);
    json_bool(&j, "hasMore", has_more);
    json_object_end(&j);
    return ERR_OK;
}

struct message_input {
    struct in_text text, client_id;
    struct in_int to, reply_to;
};

/* clang-format off */
static const struct field message_fields[] = {
    {"text", FIELD_LINES, offsetof(struct message_input, text), REQUIRED, false, 1, LIMIT_MESSAGE_CHARS, NULL},
    {"clientId", FIELD_ID, offsetof(struct message_input, client_id), REQUIRED, false, 1, LIMIT_CLIENT_ID_CHARS, NULL},
    {"to", FIELD_INT, offsetof(struct message_input, to), OPTIONAL, false, 1, LIMIT_ID, NULL},
    {"replyTo", FIELD_INT, offsetof(struct message_input, reply_to), OPTIONAL, false, 1, LIMIT_ID, NULL},
};
/* clang-format on */

static enum err write_message(struct exchange *x, int status, const struct message *m)
{
    struct json j = response_json(x->res, status);
    serialize_message(&j, NULL, m);
    return ERR_OK;
}

enum err messages_post(struct exchange *x)
{
    int64_t id;
    struct message_input in = {0};
    struct message m;
    bool repeated;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, message_fields, FIELD_COUNT(message_fields), &in);
    struct message wanted = {
        .text = in.text.value, .client_id = in.client_id.value, .to_id = in.to.value, .reply_to_id = in.reply_to.value};
    if (!e)
        e = chat_send(&x->ctx, id, &wanted, &m, &repeated);
    if (e)
        return e;
    return write_message(x, repeated ? 200 : 201, &m);
}

struct message_change_input {
    struct in_int message_id;
    struct in_text text;
};

/* clang-format off */
#define FIELD_MESSAGE_ID {"messageId", FIELD_INT, offsetof(struct message_change_input, message_id), REQUIRED, false, 1, LIMIT_ID, NULL}
#define FIELD_NEW_TEXT {"text", FIELD_LINES, offsetof(struct message_change_input, text), REQUIRED, false, 1, LIMIT_MESSAGE_CHARS, NULL}

static const struct field edit_fields[] = {FIELD_NEW_TEXT};
static const struct field ws_edit_fields[] = {FIELD_MESSAGE_ID, FIELD_NEW_TEXT};
static const struct field ws_delete_fields[] = {FIELD_MESSAGE_ID};
/* clang-format on */

static enum err edit_message(struct exchange *x, int64_t meeting_id, const struct message_change_input *in)
{
    struct message m;
    enum err e = chat_edit(&x->ctx, meeting_id, in->message_id.value, in->text.value, &m);
    return e ? e : write_message(x, 200, &m);
}

enum err message_patch(struct exchange *x)
{
    int64_t id;
    struct message_change_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_number(x, 1, &in.message_id.value);
    if (!e)
        e = exchange_body(x, edit_fields, FIELD_COUNT(edit_fields), &in);
    return e ? e : edit_message(x, id, &in);
}

enum err message_delete(struct exchange *x)
{
    int64_t id, message_id;
    struct message m;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_number(x, 1, &message_id);
    return e ? e : chat_delete(&x->ctx, id, message_id, &m);
}

struct read_input {
    struct in_int message_id;
};

static const struct field read_fields[] = {
    {"messageId", FIELD_INT, offsetof(struct read_input, message_id), REQUIRED, false, 1, LIMIT_ID, NULL},
};

/* What the caller has read up to; mark_read by WebSocket. */
enum err messages_read_post(struct exchange *x)
{
    int64_t id;
    struct read_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, read_fields, FIELD_COUNT(read_fields), &in);
    return e ? e : chat_mark_read(&x->ctx, id, in.message_id.value);
}

/* The same by WebSocket: message_edit, message_delete. */

enum err ws_message_edit(struct exchange *x)
{
    int64_t id;
    struct message_change_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, ws_edit_fields, FIELD_COUNT(ws_edit_fields), &in);
    return e ? e : edit_message(x, id, &in);
}

enum err ws_message_delete(struct exchange *x)
{
    int64_t id;
    struct message_change_input in = {0};
    struct message m;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, ws_delete_fields, FIELD_COUNT(ws_delete_fields), &in);
    if (!e)
        e = chat_delete(&x->ctx, id, in.message_id.value, &m);
    return e ? e : write_message(x, 200, &m);
}
