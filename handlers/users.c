/* /api/v1/users/me: the caller's own account. */
#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/auth.h"
#include "service/deletion.h"
#include "service/serialize.h"
#include "service/user.h"

static enum err write_user(struct exchange *x, const struct user *user)
{
    struct json j = response_json(x->res, 200);
    serialize_user(&j, NULL, user);
    return ERR_OK;
}

enum err users_me_get(struct exchange *x)
{
    struct user user;
    enum err e = user_me(&x->ctx, &user);
    return e ? e : write_user(x, &user);
}

struct profile_input {
    struct in_text display_name, locale;
};

/* clang-format off */
static const struct field profile_fields[] = {
    {"displayName", FIELD_NAME, offsetof(struct profile_input, display_name), OPTIONAL, false, 1, LIMIT_DISPLAY_NAME_CHARS, NULL},
    {"locale", FIELD_TEXT, offsetof(struct profile_input, locale), OPTIONAL, false, 1, 8, LOCALES},
};
/* clang-format on */

enum err users_me_patch(struct exchange *x)
{
    struct profile_input in = {0};
    struct user user;
    enum err e = exchange_body(x, profile_fields, FIELD_COUNT(profile_fields), &in);
    if (!e)
        e = user_update(&x->ctx, in.display_name.value, in.locale.value, &user);
    return e ? e : write_user(x, &user);
}

struct deletion_input {
    struct in_text password;
};

static const struct field deletion_fields[] = {
    {"password", FIELD_EXACT, offsetof(struct deletion_input, password), REQUIRED, false, 1, LIMIT_PASSWORD_MAX_CHARS,
     NULL},
};

enum err users_me_delete(struct exchange *x)
{
    struct deletion_input in = {0};
    struct deletion deletion;
    enum err e = exchange_body(x, deletion_fields, FIELD_COUNT(deletion_fields), &in);
    if (!e)
        e = deletion_ask(&x->ctx, in.password.value, &deletion);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    serialize_deletion(&j, NULL, &deletion);
    return ERR_OK;
}

enum err users_me_keep_post(struct exchange *x)
{
    struct user user;
    enum err e = deletion_take_back(&x->ctx, &user);
    return e ? e : write_user(x, &user);
}

struct password_input {
    struct in_text current, next;
};

/* clang-format off */
static const struct field password_fields[] = {
    {"currentPassword", FIELD_EXACT, offsetof(struct password_input, current), REQUIRED, false, 1, LIMIT_PASSWORD_MAX_CHARS, NULL},
    {"newPassword", FIELD_EXACT, offsetof(struct password_input, next), REQUIRED, false, LIMIT_PASSWORD_MIN_CHARS,
     LIMIT_PASSWORD_MAX_CHARS, NULL},
};
/* clang-format on */

enum err users_me_password_post(struct exchange *x)
{
    struct password_input in = {0};
    enum err e = exchange_body(x, password_fields, FIELD_COUNT(password_fields), &in);
    return e ? e : auth_change_password(&x->ctx, in.current.value, in.next.value);
}

enum err users_me_sessions_get(struct exchange *x)
{
    struct session *items;
    int count;
    enum err e = auth_sessions(&x->ctx, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++)
        serialize_session(&j, NULL, &items[i], x->ctx.session_id);
    json_array_end(&j);
    json_object_end(&j);
    return ERR_OK;
}

enum err users_me_session_delete(struct exchange *x)
{
    int64_t id;
    enum err e = exchange_number(x, 0, &id);
    return e ? e : auth_end_session(&x->ctx, id);
}
