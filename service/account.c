#include "service/account.h"

#include "core/limits.h"
#include "core/text.h"
#include "db/session_dao.h"
#include "service/auth.h"
#include "service/leave.h"

struct account_change {
    struct call *call;
    struct user user;
    bool flag;
};

static enum err create_body(void *context)
{
    struct account_change *c = context;
    return user_dao_insert(c->call->app->db, &c->user, call_now_ms(c->call), &c->user.id);
}

enum err account_create(struct call *call, const char *email, const char *password, const char *display_name,
                        struct user *out)
{
    size_t password_chars = text_chars(password), name_chars = text_chars(display_name);
    struct account_change c = {
        .call = call, .user = {.email = auth_normal_email(call, email), .display_name = display_name, .locale = "en"}};
    if (!c.user.email)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "email", "email must be an e-mail address.");
    if (password_chars < LIMIT_PASSWORD_MIN_CHARS || password_chars > LIMIT_PASSWORD_MAX_CHARS)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "password", "password must have %d to %d characters.",
                         LIMIT_PASSWORD_MIN_CHARS, LIMIT_PASSWORD_MAX_CHARS);
    if (name_chars < 1 || name_chars > LIMIT_DISPLAY_NAME_CHARS)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "displayName",
                         "displayName must have 1 to %d characters.", LIMIT_DISPLAY_NAME_CHARS);
    enum err e = auth_hash_password(call, password, &c.user.password_hash);
    if (!e)
        e = db_transaction(call->app->db, create_body, &c);
    if (e)
        return e == ERR_DB_DUPLICATE ? ERR_EMAIL_TAKEN : e;
    *out = c.user;
    return ERR_OK;
}

enum err account_list(struct call *call, int64_t after_id, int64_t limit, struct user **items, int *count)
{
    return user_dao_list(call->app->db, call->arena, after_id, limit, items, count);
}

static enum err find(struct call *call, const char *email, struct user *out)
{
    const char *normal = auth_normal_email(call, email);
    return normal ? call_no_row(user_dao_by_email(call->app->db, call->arena, normal, out), ERR_NOT_FOUND)
                  : ERR_NOT_FOUND;
}

static enum err disabled_body(void *context)
{
    struct account_change *c = context;
    struct db *db = c->call->app->db;
    int64_t now = call_now_ms(c->call);
    enum err e = user_dao_set_disabled(db, c->user.id, c->flag ? now : 0, now);
    return e || !c->flag ? e : session_dao_end_others(db, c->user.id, 0, now);
}

enum err account_set_disabled(struct call *call, const char *email, bool disabled)
{
    struct account_change c = {.call = call, .flag = disabled};
    enum err e = find(call, email, &c.user);
    if (!e)
        e = db_transaction(call->app->db, disabled_body, &c);
    return e || !disabled ? e : leave_all_meetings(call, c.user.id);
}

static enum err admin_body(void *context)
{
    struct account_change *c = context;
    return user_dao_set_admin(c->call->app->db, c->user.id, c->flag, call_now_ms(c->call));
}

enum err account_set_admin(struct call *call, const char *email, bool is_admin)
{
    struct account_change c = {.call = call, .flag = is_admin};
    enum err e = find(call, email, &c.user);
    return e ? e : db_transaction(call->app->db, admin_body, &c);
}
