/* /api/v1/meetings/:meetingId/messages: chat; and its WebSocket twin chat_message. */
#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/chat.h"
#include "service/shape.h"

struct messages_query {
    struct in_int before, limit;
};

static const struct field messages_fields[] = {
    {"before", FIELD_INT, offsetof(struct messages_query, before), OPTIONAL, false, 1, INT64_MAX, NULL},
    {"limit", FIELD_INT, offsetof(struct messages_query, limit), OPTIONAL, false, 1, LIMIT_MESSAGES_PAGE, NULL},
};

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
        e = chat_list(&x->call, id, in.before.value, in.limit.value, &items, &count, &has_more);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    shape_messages(&j, "items", items, count);
    json_bool(&j, "hasMore", has_more);
    json_object_end(&j);
    return ERR_OK;
}

struct message_input {
    struct in_text text, client_id;
    struct in_int to;
};

static const struct field message_fields[] = {
    {"text", FIELD_LINES, offsetof(struct message_input, text), REQUIRED, false, 1, LIMIT_MESSAGE_CHARS, NULL},
    {"clientId", FIELD_TEXT, offsetof(struct message_input, client_id), REQUIRED, false, 1, LIMIT_CLIENT_ID_CHARS, NULL},
    {"to", FIELD_INT, offsetof(struct message_input, to), OPTIONAL, false, 1, INT64_MAX, NULL},
};

enum err messages_post(struct exchange *x)
{
    int64_t id;
    struct message_input in = {0};
    struct message m;
    bool repeated;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, message_fields, FIELD_COUNT(message_fields), &in);
    if (!e)
        e = chat_send(&x->call, id, in.text.value, in.client_id.value, in.to.value, &m, &repeated);
    if (e)
        return e;
    struct json j = response_json(x->res, repeated ? 200 : 201);
    shape_message(&j, NULL, &m);
    return ERR_OK;
}
