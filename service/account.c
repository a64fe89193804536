#include "service/account.h"

#include <string.h>

#include "core/email.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/unicode.h"
#include "db/session_dao.h"
#include "service/auth.h"
#include "service/leave.h"

struct flag_change {
    struct context *ctx;
    struct user user;
    bool flag;
};

static enum err create_body(void *arg)
{
    struct flag_change *c = arg;
    return user_dao_insert(c->ctx->app->db, &c->user, context_now_ms(c->ctx), &c->user.id);
}

/* What http/fields.h asks of a name that comes by the API. */
static const char *read_name(struct context *ctx, const char *text)
{
    if (!text_is_utf8(text, strlen(text)))
        return NULL;
    const char *name = unicode_name(ctx->arena, text);
    bool fits = !text_has_control(name, false) && !unicode_is_blank(name) &&
                text_chars(name) <= LIMIT_DISPLAY_NAME_CHARS && unicode_most_marks(name) <= LIMIT_NAME_MARKS;
    return fits ? name : NULL;
}

enum err account_create(struct context *ctx, const char *email, const char *password, const char *display_name,
                        struct user *out)
{
    size_t password_chars = text_chars(password);
    struct flag_change c = {.ctx = ctx,
                            .user = {.email = email_normal(ctx->arena, email),
                                     .display_name = read_name(ctx, display_name),
                                     .locale = "en"}};
    if (!c.user.email)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "email", "email must be a valid email address.");
    if (!text_is_utf8(password, strlen(password)) || password_chars < LIMIT_PASSWORD_MIN_CHARS ||
        password_chars > LIMIT_PASSWORD_MAX_CHARS)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "password", "password must have %d to %d characters.",
                         LIMIT_PASSWORD_MIN_CHARS, LIMIT_PASSWORD_MAX_CHARS);
    if (!c.user.display_name)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "displayName",
                         "displayName must have 1 to %d visible characters.", LIMIT_DISPLAY_NAME_CHARS);
    enum err e = auth_hash_password(ctx, password, &c.user.password_hash);
    if (!e)
        e = db_transaction(ctx->app->db, create_body, &c);
    if (e)
        return e == ERR_DB_DUPLICATE ? ERR_EMAIL_TAKEN : e;
    *out = c.user;
    return ERR_OK;
}

enum err account_list(struct context *ctx, const char *keyword, int64_t after_id, int64_t limit, struct user **items,
                      int *count)
{
    return user_dao_list(ctx->app->db, ctx->arena, keyword, after_id, limit, items, count);
}

enum err account_check_admin(struct context *ctx)
{
    struct user user;
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, ctx->user_id, &user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    return user.is_admin && !user.disabled_at_ms ? ERR_OK : ERR_FORBIDDEN;
}

static enum err find(struct context *ctx, const char *email, struct user *out)
{
    return text_is_utf8(email, strlen(email)) ? context_no_row(auth_find_account(ctx, email, out), ERR_NOT_FOUND)
                                              : ERR_NOT_FOUND;
}

static enum err disabled_body(void *arg)
{
    struct flag_change *c = arg;
    struct db *db = c->ctx->app->db;
    int64_t now = context_now_ms(c->ctx);
    enum err e = user_dao_set_disabled(db, c->user.id, c->flag ? now : 0, now);
    return e || !c->flag ? e : session_dao_end_others(db, c->user.id, 0, now);
}

static enum err set_disabled(struct context *ctx, const struct user *user, bool disabled)
{
    struct flag_change c = {.ctx = ctx, .user = *user, .flag = disabled};
    enum err e = db_transaction(ctx->app->db, disabled_body, &c);
    return e || !disabled ? e : leave_all_meetings(ctx, user->id);
}

enum err account_set_disabled(struct context *ctx, const char *email, bool disabled)
{
    struct user user;
    enum err e = find(ctx, email, &user);
    return e ? e : set_disabled(ctx, &user, disabled);
}

static enum err admin_body(void *arg)
{
    struct flag_change *c = arg;
    return user_dao_set_admin(c->ctx->app->db, c->user.id, c->flag, context_now_ms(c->ctx));
}

static enum err set_admin(struct context *ctx, const struct user *user, bool is_admin)
{
    struct flag_change c = {.ctx = ctx, .user = *user, .flag = is_admin};
    return db_transaction(ctx->app->db, admin_body, &c);
}

enum err account_set_admin(struct context *ctx, const char *email, bool is_admin)
{
    struct user user;
    enum err e = find(ctx, email, &user);
    return e ? e : set_admin(ctx, &user, is_admin);
}

enum err account_change(struct context *ctx, int64_t user_id, struct account_changes changes, struct user *out)
{
    struct user user;
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, user_id, &user);
    if (e || user.guest_of || user.deleted_at_ms)
        return e ? context_no_row(e, ERR_NOT_FOUND) : ERR_NOT_FOUND;
    if (user_id == ctx->user_id && (changes.disabled > 0 || changes.is_admin == 0))
        return fault_set(&ctx->fault, ERR_CONFLICT, NULL, "Another administrator must do this.");
    if (changes.disabled >= 0)
        e = set_disabled(ctx, &user, changes.disabled);
    if (!e && changes.is_admin >= 0)
        e = set_admin(ctx, &user, changes.is_admin);
    return e ? e : context_no_row(user_dao_by_id(ctx->app->db, ctx->arena, user_id, out), ERR_NOT_FOUND);
}
