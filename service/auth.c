#include "service/auth.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/email.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/unicode.h"
#include "db/session_dao.h"
#include "service/rate.h"
#include "service/sign_out.h"

_Static_assert((int)TOKEN_HASH_BYTES == (int)crypto_generichash_BYTES, "one hash size");

/* What was typed comes before its normal form: two accounts that had one address before there was a normal form are
 * each found by their own way of writing it. */
enum err auth_find_account(struct context *ctx, const char *email, struct user *out)
{
    const char *former = email_former(ctx->arena, email), *normal = email_normal(ctx->arena, email);
    enum err e = user_dao_by_email(ctx->app->db, ctx->arena, former, out);
    return e == ERR_DB_NO_ROW && normal && strcmp(normal, former) != 0
               ? user_dao_by_email(ctx->app->db, ctx->arena, normal, out)
               : e;
}

static void hash_refresh_token(const char *token, unsigned char hash[static TOKEN_HASH_BYTES])
{
    crypto_generichash(hash, TOKEN_HASH_BYTES, (const unsigned char *)token, strlen(token), NULL, 0);
}

static void make_refresh_token(struct context *ctx, char out[static REFRESH_TOKEN_CHARS + 1])
{
    unsigned char bytes[32];
    random_fill(&ctx->app->random, bytes, sizeof bytes);
    sodium_bin2base64(out, REFRESH_TOKEN_CHARS + 1, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum err auth_sign_access(struct context *ctx, struct token_claims claims, int64_t life_s, const char **token)
{
    char *text;
    claims.issued_at_s = context_now_ms(ctx) / 1000;
    claims.expires_at_s = claims.issued_at_s + life_s;
    enum err e = token_sign(&ctx->app->token_keys, &claims, &text);
    if (e)
        return e;
    *token = arena_strdup(ctx->arena, text);
    free(text);
    return ERR_OK;
}

static enum err make_access_token(struct context *ctx, int64_t session_id, struct sign_in *out)
{
    struct token_claims claims = {.user_id = out->user.id, .session_id = session_id};
    out->access_expires_in_s = ctx->app->config->access_token_s;
    return auth_sign_access(ctx, claims, out->access_expires_in_s, &out->access_token);
}

/* Stores the next refresh token of a session, given for another one (NULL: the first); inside a transaction. */
static enum err store_refresh_token(struct context *ctx, int64_t session_id, const char *token,
                                    const unsigned char *parent_hash)
{
    unsigned char hash[TOKEN_HASH_BYTES];
    hash_refresh_token(token, hash);
    int64_t now = context_now_ms(ctx);
    return refresh_token_dao_insert(ctx->app->db, hash, parent_hash, session_id, now,
                                    now + ctx->app->config->refresh_token_s * 1000);
}

static unsigned long long hash_passes(const struct context *ctx)
{
    return (unsigned long long)ctx->app->config->password_hash_passes;
}

static size_t hash_bytes(const struct context *ctx) { return (size_t)ctx->app->config->password_hash_kib * 1024; }

enum err auth_hash_password(struct context *ctx, const char *password, const char **hash)
{
    char text[crypto_pwhash_STRBYTES];
    password = unicode_nfc(ctx->arena, password); /* keyboards differ in how they write one letter (RFC 8265) */
    if (crypto_pwhash_str(text, password, strlen(password), hash_passes(ctx), hash_bytes(ctx)) != 0)
        return ERR_UNAVAILABLE; /* not enough memory at the moment */
    *hash = arena_strdup(ctx->arena, text);
    return ERR_OK;
}

/* libsodium may read the whole array. */
struct hash_text {
    char text[crypto_pwhash_STRBYTES];
};

static struct hash_text hash_text(const char *hash)
{
    struct hash_text out = {""};
    snprintf(out.text, sizeof out.text, "%s", hash);
    return out;
}

/* Compared against where the account does not exist, so that the answer takes as long as with one. */
static const char *nobodys_hash(struct context *ctx)
{
    return arena_printf(ctx->arena, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s", hash_bytes(ctx) / 1024, hash_passes(ctx),
                        "c2FsdHNhbHRzYWx0c2FsdA", "bm9ib2R5bm9ib2R5bm9ib2R5bm9ib2R5bm9ib2R5bm8");
}

/* For a right password that is stored by former settings: its hash by those of now; otherwise, or where there is no
 * memory for it at the moment, NULL. */
static const char *hash_anew(struct context *ctx, const char *hash, const char *password)
{
    const char *anew;
    bool as_it_should = crypto_pwhash_str_needs_rehash(hash_text(hash).text, hash_passes(ctx), hash_bytes(ctx)) == 0;
    return as_it_should || auth_hash_password(ctx, password, &anew) != ERR_OK ? NULL : anew;
}

static bool is_hash_of(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash_text(hash).text, password, strlen(password)) == 0;
}

/* Former versions hashed a password as it was sent. */
static bool password_is(struct context *ctx, const char *hash, const char *password)
{
    const char *normal = unicode_nfc(ctx->arena, password);
    return is_hash_of(hash, normal) || (strcmp(normal, password) != 0 && is_hash_of(hash, password));
}

enum err auth_lock_account(struct context *ctx, const struct user *checked, const char *password)
{
    struct user now;
    enum err e = user_dao_lock(ctx->app->db, ctx->arena, checked->id, &now);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    if (!now.password_hash)
        return ERR_INVALID_CREDENTIALS; /* the account was deleted */
    if (strcmp(now.password_hash, checked->password_hash) != 0 && !password_is(ctx, now.password_hash, password))
        return ERR_INVALID_CREDENTIALS;
    return now.disabled_at_ms ? ERR_ACCOUNT_DISABLED : ERR_OK;
}

struct session_start {
    struct context *ctx;
    struct user *user;    /* id 0: a new account */
    const char *password; /* as it was typed */
    const char *new_hash; /* of that, which is stored by former settings; NULL: it is not */
    const char *refresh_token;
    int64_t session_id;
};

static enum err session_start_body(void *arg)
{
    struct session_start *s = arg;
    struct db *db = s->ctx->app->db;
    int64_t now = context_now_ms(s->ctx), id = s->user->id;
    enum err e = id ? auth_lock_account(s->ctx, s->user, s->password) : user_dao_insert(db, s->user, now, &id);
    if (!e && s->new_hash)
        e = user_dao_update_password(db, id, s->new_hash, now);
    if (!e)
        e = user_dao_note_sign_in(db, id, now);
    if (!e)
        e = session_dao_insert(db, id, s->ctx->user_agent, s->ctx->address, now, &s->session_id);
    if (!e)
        e = store_refresh_token(s->ctx, s->session_id, s->refresh_token, NULL);
    if (!e) {
        s->user->id = id;
        s->user->last_sign_in_at_ms = now;
    }
    return e;
}

/* A refresh token that may still be good. ERR_UNAUTHORIZED: it is none, or its sign-in has ended. */
static enum err find_refresh_token(struct context *ctx, const char *token, struct refresh_token *out)
{
    unsigned char hash[TOKEN_HASH_BYTES];
    hash_refresh_token(token, hash);
    enum err e = refresh_token_dao_find(ctx->app->db, ctx->arena, hash, out);
    if (!e && (out->ended_at_ms || out->expires_at_ms <= context_now_ms(ctx)))
        e = ERR_UNAUTHORIZED;
    return context_no_row(e, ERR_UNAUTHORIZED);
}

/* Counts it before anything is locked or written. */
static enum err check_refresh_token(struct context *ctx, const char *token)
{
    struct refresh_token row;
    enum err e = find_refresh_token(ctx, token, &row);
    if (e && e != ERR_UNAUTHORIZED)
        return e;
    enum err limited = rate_check_refresh(ctx, e ? 0 : row.session_id);
    return limited ? limited : e;
}

/* Begins a sign-in of out->user, whom it stores first where it is a new one. `new_hash` as in struct session_start. */
static enum err session_start(struct context *ctx, const char *password, const char *new_hash, struct sign_in *out)
{
    make_refresh_token(ctx, out->refresh_token);
    out->refresh_expires_in_s = ctx->app->config->refresh_token_s;
    bool is_new = out->user.id == 0;
    struct session_start s = {ctx, &out->user, password, new_hash, out->refresh_token, 0};
    enum err e = db_transaction(ctx->app->db, session_start_body, &s);
    if (e)
        return e == ERR_DB_DUPLICATE && is_new ? ERR_EMAIL_TAKEN : e;
    log_event(LOG_INFO, is_new ? "account_created" : "signed_in", "user", LOG_INT(out->user.id), "session",
              LOG_INT(s.session_id), NULL);
    return make_access_token(ctx, s.session_id, out);
}

enum err auth_register(struct context *ctx, const char *email, const char *password, const char *display_name,
                       const char *locale, struct sign_in *out)
{
    struct user user = {.email = email_normal(ctx->arena, email), .display_name = display_name, .locale = locale};
    if (!user.email)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "email", "email must be a valid email address.");
    enum err e = rate_check_sign_in(ctx, NULL, NULL);
    if (e)
        return e;
    struct user existing;
    e = auth_find_account(ctx, email, &existing);
    if (e != ERR_DB_NO_ROW)
        return e ? e : ERR_EMAIL_TAKEN; /* before the costly hash */
    e = auth_hash_password(ctx, password, &user.password_hash);
    if (e)
        return e;
    struct sign_in s = {.user = user};
    e = session_start(ctx, password, NULL, &s);
    if (!e)
        *out = s;
    return e;
}

/* By what an account knows the caller: a sign-in of its own in this browser, or a network from which it signed in;
 * NULL: a stranger. Where there is no account (user_id 0) the same is asked, in vain. */
static enum err known_as(struct context *ctx, int64_t user_id, const char *refresh_token, const char **known)
{
    struct db *db = ctx->app->db;
    struct refresh_token token;
    const char **addresses;
    int count;
    int64_t since = context_now_ms(ctx) - LIMIT_KNOWN_NETWORK_DAYS * (int64_t)(24 * 60 * 60 * 1000);
    enum err e = session_dao_addresses(db, ctx->arena, user_id, since, &addresses, &count);
    if (!e && refresh_token)
        e = find_refresh_token(ctx, refresh_token, &token);
    if (e && e != ERR_UNAUTHORIZED)
        return e;
    *known = NULL;
    for (int i = 0; i < count && !*known; i++)
        if (context_is_near(ctx, addresses[i]))
            *known = context_network(ctx);
    if (!e && refresh_token && token.user_id == user_id)
        *known = arena_printf(ctx->arena, "session %lld", (long long)token.session_id);
    return ERR_OK;
}

enum err auth_login(struct context *ctx, const char *email, const char *password, const char *refresh_token,
                    struct sign_in *out)
{
    const char *known;
    struct sign_in s = {0};
    const char *account = email_normal(ctx->arena, email);
    if (!account)
        account = email_former(ctx->arena, email); /* perhaps one from before there was a normal form */
    enum err e = auth_find_account(ctx, email, &s.user);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    bool exists = !e;
    e = known_as(ctx, exists ? s.user.id : 0, refresh_token, &known);
    if (!e)
        e = rate_check_sign_in(ctx, account, known);
    if (e)
        return e;
    bool right = password_is(ctx, exists ? s.user.password_hash : nobodys_hash(ctx), password);
    if (!exists || !right) {
        log_event(LOG_INFO, "sign_in_refused", "address", ctx->address, NULL);
        return ERR_INVALID_CREDENTIALS;
    }
    if (s.user.disabled_at_ms)
        return ERR_ACCOUNT_DISABLED;
    e = session_start(ctx, password, hash_anew(ctx, s.user.password_hash, password), &s);
    if (!e)
        *out = s;
    return e;
}

struct refresh {
    struct context *ctx;
    const char *token;
    const char *next_token;
    struct refresh_token row;
    bool reused;
};

static enum err refresh_body(void *arg)
{
    struct refresh *r = arg;
    struct db *db = r->ctx->app->db;
    unsigned char hash[TOKEN_HASH_BYTES];
    hash_refresh_token(r->token, hash);
    int64_t now = context_now_ms(r->ctx);
    r->reused = false;
    enum err e = refresh_token_dao_lock(db, r->ctx->arena, hash, &r->row);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    if (r->row.ended_at_ms || r->row.expires_at_ms <= now)
        return ERR_UNAUTHORIZED;
    bool late = r->row.used_at_ms && now - r->row.used_at_ms > LIMIT_REFRESH_REUSE_MS;
    if (r->row.replaced_at_ms || (late && r->row.child_used)) {
        r->reused = true;
        return session_dao_end(db, r->row.session_id, now);
    }
    if (late) /* the answer never arrived: what was in it counts no more, in case it did */
        e = refresh_token_dao_replace_children(db, hash, now);
    if (!e)
        e = refresh_token_dao_mark_used(db, hash, now);
    if (!e)
        e = session_dao_touch(db, r->row.session_id, now);
    return e ? e : store_refresh_token(r->ctx, r->row.session_id, r->next_token, hash);
}

enum err auth_refresh(struct context *ctx, const char *refresh_token, struct sign_in *out)
{
    struct sign_in s = {.refresh_expires_in_s = ctx->app->config->refresh_token_s};
    make_refresh_token(ctx, s.refresh_token);
    struct refresh r = {.ctx = ctx, .token = refresh_token, .next_token = s.refresh_token};
    enum err e = check_refresh_token(ctx, refresh_token);
    if (!e)
        e = db_transaction(ctx->app->db, refresh_body, &r);
    if (e)
        return e;
    if (r.reused) {
        sign_out_close(ctx, r.row.user_id);
        log_event(LOG_WARN, "refresh_token_reused", "user", LOG_INT(r.row.user_id), "session",
                  LOG_INT(r.row.session_id), NULL);
        return ERR_UNAUTHORIZED;
    }
    e = user_dao_by_id(ctx->app->db, ctx->arena, r.row.user_id, &s.user);
    if (!e && s.user.disabled_at_ms)
        e = ERR_UNAUTHORIZED;
    if (!e)
        e = make_access_token(ctx, r.row.session_id, &s);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    *out = s;
    return ERR_OK;
}

static enum err logout_body(void *arg)
{
    struct refresh *r = arg;
    unsigned char hash[TOKEN_HASH_BYTES];
    hash_refresh_token(r->token, hash);
    enum err e = refresh_token_dao_lock(r->ctx->app->db, r->ctx->arena, hash, &r->row);
    if (e)
        return context_no_row(e, ERR_OK);
    return session_dao_end(r->ctx->app->db, r->row.session_id, context_now_ms(r->ctx));
}

enum err auth_logout(struct context *ctx, const char *refresh_token)
{
    struct refresh r = {.ctx = ctx, .token = refresh_token};
    enum err e = find_refresh_token(ctx, refresh_token, &r.row);
    if (e)
        return e == ERR_UNAUTHORIZED ? ERR_OK : e;
    e = db_transaction(ctx->app->db, logout_body, &r);
    if (!e)
        sign_out_close(ctx, r.row.user_id);
    return e;
}

enum err auth_sessions(struct context *ctx, struct session **items, int *count)
{
    /* one that was not used for as long as its refresh token lives is over */
    int64_t since = context_now_ms(ctx) - ctx->app->config->refresh_token_s * 1000;
    return session_dao_list(ctx->app->db, ctx->arena, ctx->user_id, since, items, count);
}

struct session_end {
    struct context *ctx;
    int64_t session_id;
};

static enum err session_end_body(void *arg)
{
    const struct session_end *s = arg;
    return session_dao_end_own(s->ctx->app->db, s->ctx->user_id, s->session_id, context_now_ms(s->ctx));
}

enum err auth_end_session(struct context *ctx, int64_t session_id)
{
    struct session_end s = {ctx, session_id};
    enum err e = db_transaction(ctx->app->db, session_end_body, &s);
    if (!e)
        sign_out_close(ctx, ctx->user_id);
    return context_no_row(e, ERR_NOT_FOUND);
}

enum err auth_check_access(struct context *ctx, const char *access_token)
{
    struct app *app = ctx->app;
    struct token_claims claims;
    enum err e =
        token_memory_verify(&app->token_memory, &app->token_keys, access_token, context_now_ms(ctx) / 1000, &claims);
    if (!e && !claims.session_id && !claims.guest_of)
        e = ERR_UNAUTHORIZED; /* no token of ours */
    if (e)
        return e;
    ctx->user_id = claims.user_id;
    ctx->session_id = claims.session_id;
    ctx->guest_of = claims.guest_of;
    return ERR_OK;
}

enum err auth_check_session(struct context *ctx)
{
    return context_no_row(session_dao_check(ctx->app->db, ctx->user_id, ctx->session_id), ERR_UNAUTHORIZED);
}

struct password_change {
    struct context *ctx;
    const struct user *user;
    const char *current;
    const char *hash;
};

static enum err password_change_body(void *arg)
{
    struct password_change *p = arg;
    struct context *ctx = p->ctx;
    int64_t now = context_now_ms(ctx);
    enum err e = auth_lock_account(ctx, p->user, p->current);
    if (!e)
        e = auth_check_session(ctx); /* hashing took its time */
    if (!e)
        e = user_dao_update_password(ctx->app->db, ctx->user_id, p->hash, now);
    return e ? e : session_dao_end_others(ctx->app->db, ctx->user_id, ctx->session_id, now);
}

enum err auth_check_password(struct context *ctx, const char *password, struct user *out)
{
    struct user user;
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, ctx->user_id, &user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    e = rate_check_password(ctx);
    if (e)
        return e;
    if (!user.password_hash || !password_is(ctx, user.password_hash, password))
        return ERR_INVALID_CREDENTIALS;
    *out = user;
    return ERR_OK;
}

enum err auth_change_password(struct context *ctx, const char *current, const char *next)
{
    struct user user;
    enum err e = auth_check_password(ctx, current, &user);
    if (e)
        return e;
    struct password_change p = {.ctx = ctx, .user = &user, .current = current};
    e = auth_hash_password(ctx, next, &p.hash);
    if (!e)
        e = db_transaction(ctx->app->db, password_change_body, &p);
    if (!e)
        sign_out_close(ctx, ctx->user_id);
    return e;
}
