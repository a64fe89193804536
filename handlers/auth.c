/* /api/v1/auth: accounts and sign-ins. Browsers keep the refresh token in a cookie that no script can read; programs
 * ask for it with "client": "api" and send it in the body. */
#include <string.h>

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/auth.h"
#include "service/serialize.h"

#define COOKIE "echomeet_refresh"
#define COOKIE_PATH "/api/v1/auth"

struct sign_in_input {
    struct in_text email, password, display_name, locale, client;
};

/* clang-format off */
#define FIELD_EMAIL {"email", FIELD_TEXT, offsetof(struct sign_in_input, email), REQUIRED, false, 3, LIMIT_EMAIL_CHARS, NULL}
#define FIELD_CLIENT {"client", FIELD_TEXT, offsetof(struct sign_in_input, client), OPTIONAL, false, 1, 16, "browser|api"}

static const struct field register_fields[] = {
    FIELD_EMAIL,
    {"password", FIELD_EXACT, offsetof(struct sign_in_input, password), REQUIRED, false, LIMIT_PASSWORD_MIN_CHARS,
     LIMIT_PASSWORD_MAX_CHARS, NULL},
    {"displayName", FIELD_NAME, offsetof(struct sign_in_input, display_name), REQUIRED, false, 1, LIMIT_DISPLAY_NAME_CHARS, NULL},
    {"locale", FIELD_TEXT, offsetof(struct sign_in_input, locale), OPTIONAL, false, 1, 8, LOCALES},
    FIELD_CLIENT,
};

static const struct field login_fields[] = {
    FIELD_EMAIL,
    {"password", FIELD_EXACT, offsetof(struct sign_in_input, password), REQUIRED, false, 1, LIMIT_PASSWORD_MAX_CHARS, NULL},
    FIELD_CLIENT,
};
/* clang-format on */

struct refresh_input {
    struct in_text refresh_token;
};

/* clang-format off */
static const struct field refresh_fields[] = {
    {"refreshToken", FIELD_TEXT, offsetof(struct refresh_input, refresh_token), OPTIONAL, false, 1, 200, NULL},
};
/* clang-format on */

static void set_cookie(struct exchange *x, const char *token, int64_t max_age_s)
{
    response_header(x->res, "Set-Cookie",
                    arena_printf(x->ctx.arena,
                                 COOKIE "=%s; Path=" COOKIE_PATH "; Max-Age=%lld; HttpOnly; SameSite=Strict%s", token,
                                 (long long)max_age_s, x->req->https ? "; Secure" : ""));
}

/* The value of our cookie; NULL where there is none. */
static const char *cookie(struct exchange *x)
{
    const char *p = x->req->cookie;
    while (*p) {
        p += strspn(p, "; ");
        size_t len = strcspn(p, ";");
        if (len > sizeof COOKIE && memcmp(p, COOKIE "=", sizeof COOKIE) == 0)
            return arena_strndup(x->ctx.arena, p + sizeof COOKIE, len - sizeof COOKIE);
        p += len;
    }
    return NULL;
}

static enum err write_sign_in(struct exchange *x, int status, const struct sign_in *s, bool for_program)
{
    struct json j = response_json(x->res, status);
    json_object(&j, NULL);
    json_str(&j, "accessToken", s->access_token);
    json_int(&j, "expiresIn", s->access_expires_in_s);
    serialize_user(&j, "user", &s->user);
    if (for_program)
        json_str(&j, "refreshToken", s->refresh_token);
    else
        set_cookie(x, s->refresh_token, s->refresh_expires_in_s);
    json_object_end(&j);
    return ERR_OK;
}

static bool is_program(const struct sign_in_input *in)
{
    return in->client.given && strcmp(in->client.value, "api") == 0;
}

enum err auth_register_post(struct exchange *x)
{
    struct sign_in_input in = {0};
    struct sign_in s;
    enum err e = exchange_body(x, register_fields, FIELD_COUNT(register_fields), &in);
    if (e)
        return e;
    const char *locale = in.locale.given ? in.locale.value : locale_tag(x->ctx.locale);
    e = auth_register(&x->ctx, in.email.value, in.password.value, in.display_name.value, locale, &s);
    return e ? e : write_sign_in(x, 201, &s, is_program(&in));
}

enum err auth_login_post(struct exchange *x)
{
    struct sign_in_input in = {0};
    struct sign_in s;
    enum err e = exchange_body(x, login_fields, FIELD_COUNT(login_fields), &in);
    if (!e)
        e = auth_login(&x->ctx, in.email.value, in.password.value, cookie(x), &s);
    return e ? e : write_sign_in(x, 200, &s, is_program(&in));
}

enum err auth_refresh_post(struct exchange *x)
{
    struct refresh_input in = {0};
    struct sign_in s;
    enum err e = exchange_body(x, refresh_fields, FIELD_COUNT(refresh_fields), &in);
    if (e)
        return e;
    const char *token = in.refresh_token.given ? in.refresh_token.value : cookie(x);
    e = token ? auth_refresh(&x->ctx, token, &s) : ERR_UNAUTHORIZED;
    return e ? e : write_sign_in(x, 200, &s, in.refresh_token.given);
}

enum err auth_logout_post(struct exchange *x)
{
    struct refresh_input in = {0};
    enum err e = exchange_body(x, refresh_fields, FIELD_COUNT(refresh_fields), &in);
    if (e)
        return e;
    const char *token = in.refresh_token.given ? in.refresh_token.value : cookie(x);
    e = token ? auth_logout(&x->ctx, token) : ERR_OK;
    if (!e)
        set_cookie(x, "", 0);
    return e;
}
