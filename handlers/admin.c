/* /api/v1/admin: what administrators see of accounts and do to them. Their list of meetings is in meetings.c. */
#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/account.h"
#include "service/deletion.h"
#include "service/serialize.h"

struct users_query {
    struct in_text keyword;
    struct in_int after, limit;
};

static const struct field users_fields[] = {
    {"keyword", FIELD_NAME, offsetof(struct users_query, keyword), OPTIONAL, false, 1, LIMIT_EMAIL_CHARS, NULL},
    {"after", FIELD_INT, offsetof(struct users_query, after), OPTIONAL, false, 0, LIMIT_ID, NULL},
    {"limit", FIELD_INT, offsetof(struct users_query, limit), OPTIONAL, false, 1, LIMIT_PAGE_SIZE, NULL},
};

enum err admin_users_get(struct exchange *x)
{
    struct users_query in = {.limit = {.value = LIMIT_DEFAULT_PAGE_SIZE}};
    struct user *items;
    int count;
    enum err e = exchange_query(x, users_fields, FIELD_COUNT(users_fields), &in);
    if (!e)
        e = account_list(&x->ctx, in.keyword.value, in.after.value, in.limit.value + 1, &items, &count);
    if (e)
        return e;
    bool more = count > in.limit.value; /* one more than asked for tells that there are more */
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count - more; i++)
        serialize_account(&j, NULL, &items[i]);
    json_array_end(&j);
    json_bool(&j, "hasMore", more);
    json_object_end(&j);
    return ERR_OK;
}

struct account_input {
    struct in_bool disabled, is_admin;
};

static const struct field account_fields[] = {
    {"disabled", FIELD_BOOL, offsetof(struct account_input, disabled), OPTIONAL, false, 0, 0, NULL},
    {"isAdmin", FIELD_BOOL, offsetof(struct account_input, is_admin), OPTIONAL, false, 0, 0, NULL},
};

enum err admin_user_patch(struct exchange *x)
{
    int64_t user_id;
    struct account_input in = {0};
    struct user user;
    enum err e = exchange_number(x, 0, &user_id);
    if (!e)
        e = exchange_body(x, account_fields, FIELD_COUNT(account_fields), &in);
    if (!e)
        e = account_change(&x->ctx, user_id,
                           (struct account_changes){exchange_tristate(in.disabled), exchange_tristate(in.is_admin)},
                           &user);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    serialize_account(&j, NULL, &user);
    return ERR_OK;
}

enum err admin_user_delete(struct exchange *x)
{
    int64_t user_id;
    struct deletion deletion;
    enum err e = exchange_number(x, 0, &user_id);
    if (!e)
        e = deletion_ask_for(&x->ctx, user_id, &deletion);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    serialize_deletion(&j, NULL, &deletion);
    return ERR_OK;
}

enum err admin_user_keep_post(struct exchange *x)
{
    int64_t user_id;
    struct user user;
    enum err e = exchange_number(x, 0, &user_id);
    if (!e)
        e = deletion_take_back_for(&x->ctx, user_id, &user);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    serialize_account(&j, NULL, &user);
    return ERR_OK;
}
