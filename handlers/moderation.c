/* The lobby, and what those who run a meeting do to others, by REST and by WebSocket: where whom it is about stands in
 * the body, the same function serves both. */
#include "core/limits.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/lobby.h"
#include "service/moderation.h"
#include "service/serialize.h"

typedef enum err action(struct context *ctx, int64_t meeting_id);
typedef enum err action_on_person(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* About the whole meeting. */
static enum err run_for_meeting(struct exchange *x, action *f)
{
    int64_t id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, NULL, 0, NULL);
    return e ? e : f(&x->ctx, id);
}

struct removal_input {
    struct in_int user_id;
    struct in_bool ban_network;
};

struct person_input {
    struct in_int user_id;
    struct in_bool all;
};

/* clang-format off */
static const struct field person_fields[] = {
    {"userId", FIELD_INT, offsetof(struct person_input, user_id), REQUIRED, false, 1, LIMIT_ID, NULL},
};
static const struct field admit_fields[] = {
    {"userId", FIELD_INT, offsetof(struct person_input, user_id), OPTIONAL, false, 1, LIMIT_ID, NULL},
    {"all", FIELD_BOOL, offsetof(struct person_input, all), OPTIONAL, false, 0, 0, NULL},
};
/* by REST the first one stands in the path */
static const struct field removal_fields[] = {
    {"userId", FIELD_INT, offsetof(struct removal_input, user_id), REQUIRED, false, 1, LIMIT_ID, NULL},
    {"banNetwork", FIELD_BOOL, offsetof(struct removal_input, ban_network), OPTIONAL, false, 0, 0, NULL},
};
/* clang-format on */

/* About the person in the body. */
static enum err run_for_body(struct exchange *x, action_on_person *f)
{
    int64_t id;
    struct person_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, person_fields, FIELD_COUNT(person_fields), &in);
    return e ? e : f(&x->ctx, id, in.user_id.value);
}

/* About the person in the path. */
static enum err run_for_path(struct exchange *x, action_on_person *f)
{
    int64_t id, user_id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_user(x, &user_id);
    if (!e)
        e = exchange_body(x, NULL, 0, NULL);
    return e ? e : f(&x->ctx, id, user_id);
}

/* ---- the lobby ---- */

enum err lobby_get(struct exchange *x)
{
    int64_t id, seq;
    struct participant *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = lobby_list(&x->ctx, id, &items, &count, &seq);
    return e ? e : room_view_write_people(x, items, count, seq);
}

enum err lobby_admit_post(struct exchange *x)
{
    int64_t id;
    struct person_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, admit_fields, FIELD_COUNT(admit_fields), &in);
    if (!e && in.user_id.given == in.all.value)
        e = fault_set(&x->ctx.fault, ERR_VALIDATION_FAILED, "userId", "Send either userId or all.");
    if (e)
        return e;
    return in.all.value ? lobby_admit_all(&x->ctx, id) : lobby_admit(&x->ctx, id, in.user_id.value);
}

enum err lobby_refuse_post(struct exchange *x) { return run_for_body(x, lobby_refuse); }
enum err lobby_return_post(struct exchange *x) { return run_for_body(x, lobby_send_back); }

/* ---- moderation ---- */

enum err mute_all_post(struct exchange *x) { return run_for_meeting(x, moderation_mute_all); }
enum err hands_lower_post(struct exchange *x) { return run_for_meeting(x, moderation_lower_hands); }
enum err participant_ask_unmute_post(struct exchange *x) { return run_for_path(x, moderation_ask_unmute); }
enum err removed_delete(struct exchange *x) { return run_for_path(x, moderation_lift_ban); }
enum err ws_ask_unmute(struct exchange *x) { return run_for_body(x, moderation_ask_unmute); }
enum err ws_lift_ban(struct exchange *x) { return run_for_body(x, moderation_lift_ban); }

enum err participant_delete(struct exchange *x)
{
    int64_t id, user_id;
    struct removal_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_user(x, &user_id);
    if (!e)
        e = exchange_query(x, &removal_fields[1], FIELD_COUNT(removal_fields) - 1, &in);
    if (!e)
        e = exchange_body(x, NULL, 0, NULL);
    return e ? e : moderation_remove(&x->ctx, id, user_id, in.ban_network.value);
}

enum err ws_remove_participant(struct exchange *x)
{
    int64_t id;
    struct removal_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, removal_fields, FIELD_COUNT(removal_fields), &in);
    return e ? e : moderation_remove(&x->ctx, id, in.user_id.value, in.ban_network.value);
}

enum err removed_get(struct exchange *x)
{
    int64_t id;
    struct participant *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = moderation_removed(&x->ctx, id, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    serialize_removed(&j, "items", items, count);
    json_object_end(&j);
    return ERR_OK;
}
