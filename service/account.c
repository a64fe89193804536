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
    struct call *call;
    struct user user;
    bool flag;
};

static enum err create_body(void *context)
{
    struct flag_change *c = context;
    return user_dao_insert(c->call->app->db, &c->user, call_now_ms(c->call), &c->user.id);
}

/* What http/fields.h asks of a name that comes by the API. */
static const char *read_name(struct call *call, const char *text)
{
    if (!text_is_utf8(text, strlen(text)))
        return NULL;
    const char *name = unicode_name(call->arena, text);
    bool fits = !text_has_control(name, false) && !unicode_is_blank(name) &&
                text_chars(name) <= LIMIT_DISPLAY_NAME_CHARS && unicode_most_marks(name) <= LIMIT_NAME_MARKS;
    return fits ? name : NULL;
}

enum err account_create(struct call *call, const char *email, const char *password, const char *display_name,
                        struct user *out)
{
    size_t password_chars = text_chars(password);
    struct flag_change c = {.call = call,
                            .user = {.email = email_normal(call->arena, email),
                                     .display_name = read_name(call, display_name),
                                     .locale = "en"}};
    if (!c.user.email)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "email", "email must be an e-mail address.");
    if (!text_is_utf8(password, strlen(password)) || password_chars < LIMIT_PASSWORD_MIN_CHARS ||
        password_chars > LIMIT_PASSWORD_MAX_CHARS)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "password", "password must have %d to %d characters.",
                         LIMIT_PASSWORD_MIN_CHARS, LIMIT_PASSWORD_MAX_CHARS);
    if (!c.user.display_name)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "displayName",
                         "displayName must be a name of 1 to %d characters that can be seen.",
                         LIMIT_DISPLAY_NAME_CHARS);
    enum err e = auth_hash_password(call, password, &c.user.password_hash);
    if (!e)
        e = db_transaction(call->app->db, create_body, &c);
    if (e)
        return e == ERR_DB_DUPLICATE ? ERR_EMAIL_TAKEN : e;
    *out = c.user;
    return ERR_OK;
}

enum err account_list(struct call *call, const char *keyword, int64_t after_id, int64_t limit, struct user **items,
                      int *count)
{
    return user_dao_list(call->app->db, call->arena, keyword, after_id, limit, items, count);
}

enum err account_check_admin(struct call *call)
{
    struct user user;
    enum err e = user_dao_by_id(call->app->db, call->arena, call->user_id, &user);
    if (e)
        return call_no_row(e, ERR_UNAUTHORIZED);
    return user.is_admin && !user.disabled_at_ms ? ERR_OK : ERR_FORBIDDEN;
}

static enum err find(struct call *call, const char *email, struct user *out)
{
    return text_is_utf8(email, strlen(email)) ? call_no_row(auth_find_account(call, email, out), ERR_NOT_FOUND)
                                              : ERR_NOT_FOUND;
}

static enum err disabled_body(void *context)
{
    struct flag_change *c = context;
    struct db *db = c->call->app->db;
    int64_t now = call_now_ms(c->call);
    enum err e = user_dao_set_disabled(db, c->user.id, c->flag ? now : 0, now);
    return e || !c->flag ? e : session_dao_end_others(db, c->user.id, 0, now);
}

static enum err set_disabled(struct call *call, const struct user *user, bool disabled)
{
    struct flag_change c = {.call = call, .user = *user, .flag = disabled};
    enum err e = db_transaction(call->app->db, disabled_body, &c);
    return e || !disabled ? e : leave_all_meetings(call, user->id);
}

enum err account_set_disabled(struct call *call, const char *email, bool disabled)
{
    struct user user;
    enum err e = find(call, email, &user);
    return e ? e : set_disabled(call, &user, disabled);
}

static enum err admin_body(void *context)
{
    struct flag_change *c = context;
    return user_dao_set_admin(c->call->app->db, c->user.id, c->flag, call_now_ms(c->call));
}

static enum err set_admin(struct call *call, const struct user *user, bool is_admin)
{
    struct flag_change c = {.call = call, .user = *user, .flag = is_admin};
    return db_transaction(call->app->db, admin_body, &c);
}

enum err account_set_admin(struct call *call, const char *email, bool is_admin)
{
    struct user user;
    enum err e = find(call, email, &user);
    return e ? e : set_admin(call, &user, is_admin);
}

enum err account_change(struct call *call, int64_t user_id, struct account_changes changes, struct user *out)
{
    struct user user;
    enum err e = user_dao_by_id(call->app->db, call->arena, user_id, &user);
    if (e || user.guest_of)
        return e ? call_no_row(e, ERR_NOT_FOUND) : ERR_NOT_FOUND;
    if (user_id == call->user_id && (changes.disabled > 0 || changes.is_admin == 0))
        return fault_set(&call->fault, ERR_CONFLICT, NULL, "Another administrator has to do that.");
    if (changes.disabled >= 0)
        e = set_disabled(call, &user, changes.disabled);
    if (!e && changes.is_admin >= 0)
        e = set_admin(call, &user, changes.is_admin);
    return e ? e : call_no_row(user_dao_by_id(call->app->db, call->arena, user_id, out), ERR_NOT_FOUND);
}
