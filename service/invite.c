#include "service/invite.h"

#include <sodium.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "service/participant_find.h"
#include "service/permission.h"

enum { SEAL_BYTES = 16 };

/* ---- tokens: "<id>.<seal>" ---- */

static void seal(const struct context *ctx, int64_t id, int64_t meeting_id, unsigned char out[static SEAL_BYTES])
{
    const char *text = arena_printf(ctx->arena, "echomeet invite %lld of %lld", (long long)id, (long long)meeting_id);
    crypto_generichash(out, SEAL_BYTES, (const unsigned char *)text, strlen(text), ctx->app->password_key,
                       PASSWORD_KEY_BYTES);
}

const char *invite_token(struct context *ctx, const struct invite *invite)
{
    unsigned char bytes[SEAL_BYTES];
    char text[sodium_base64_ENCODED_LEN(SEAL_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    seal(ctx, invite->id, invite->meeting_id, bytes);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_printf(ctx->arena, "%lld.%s", (long long)invite->id, text);
}

/* The id of a token that we have made for this meeting. */
static bool read_token(struct context *ctx, int64_t meeting_id, const char *token, int64_t *id)
{
    const char *dot = strchr(token, '.');
    unsigned char given[SEAL_BYTES], right[SEAL_BYTES];
    size_t len;
    if (!dot || !text_to_int(arena_strndup(ctx->arena, token, (size_t)(dot - token)), id))
        return false;
    if (sodium_base642bin(given, sizeof given, dot + 1, strlen(dot + 1), NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != SEAL_BYTES)
        return false;
    seal(ctx, *id, meeting_id, right);
    return sodium_memcmp(given, right, SEAL_BYTES) == 0;
}

bool invite_is_for(struct context *ctx, int64_t meeting_id, const char *token)
{
    int64_t id;
    return read_token(ctx, meeting_id, token, &id);
}

bool invite_makes_cohost(const struct invite *invite)
{
    return invite->id && invite->role == ROLE_COHOST && !invite->used;
}

/* Those who are co-hosts already stay it, so that there are never more than so many. */
static enum err check_makes_cohost(struct context *ctx, const struct invite *i)
{
    bool fits;
    if (!invite_makes_cohost(i))
        return ERR_OK;
    enum err e = participant_cohost_fits(ctx, i->meeting_id, &fits);
    if (e || fits)
        return e;
    return fault_set(&ctx->fault, ERR_INVITE_INVALID, NULL, "A meeting can have at most %d co-hosts.", LIMIT_COHOSTS);
}

enum err invite_check_id(struct context *ctx, int64_t meeting_id, int64_t id, struct invite *out)
{
    struct invite i;
    struct db *db = ctx->app->db;
    enum err e = invite_dao_by_id(db, ctx->arena, id, &i);
    if (!e)
        e = invite_dao_used(db, id, ctx->user_id, &i.used);
    if (e)
        return context_no_row(e, ERR_INVITE_INVALID);
    bool used_up = i.max_uses && i.uses >= i.max_uses && !i.used;
    bool over = i.revoked_at_ms || (i.expires_at_ms && i.expires_at_ms <= context_now_ms(ctx));
    if (i.meeting_id != meeting_id || used_up || over)
        return ERR_INVITE_INVALID;
    e = check_makes_cohost(ctx, &i);
    if (!e)
        *out = i;
    return e;
}

enum err invite_check(struct context *ctx, int64_t meeting_id, const char *token, struct invite *out)
{
    int64_t id;
    return read_token(ctx, meeting_id, token, &id) ? invite_check_id(ctx, meeting_id, id, out) : ERR_INVITE_INVALID;
}

/* ---- making, listing, revoking ---- */

static enum err create_change(struct room_change *room, void *arg)
{
    struct invite *i = arg;
    struct context *ctx = room->ctx;
    struct invite *others;
    int count;
    enum err e = permission_check(room, PERMISSION_INVITE);
    if (!e && i->role == ROLE_COHOST && room->state.host_id != ctx->user_id)
        e = fault_set(&ctx->fault, ERR_FORBIDDEN, "role", "Only the host can make someone a co-host.");
    if (!e)
        e = invite_dao_list(ctx->app->db, ctx->arena, room->state.id, LIMIT_INVITES, &others, &count);
    if (!e && count == LIMIT_INVITES)
        e = fault_set(&ctx->fault, ERR_CONFLICT, NULL, "A meeting can have at most %d invitations. Revoke one first.",
                      LIMIT_INVITES);
    return e ? e : invite_dao_insert(ctx->app->db, i, &i->id);
}

enum err invite_create(struct context *ctx, int64_t meeting_id, int64_t role, int64_t expires_at_ms, int64_t max_uses,
                       struct invite *out)
{
    struct invite i = {.meeting_id = meeting_id,
                       .role = role,
                       .created_by = ctx->user_id,
                       .created_at_ms = context_now_ms(ctx),
                       .expires_at_ms = expires_at_ms,
                       .max_uses = max_uses};
    if (expires_at_ms && expires_at_ms <= i.created_at_ms)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "expiresAt", "expiresAt must be in the future.");
    enum err e = room_change(ctx, meeting_id, create_change, &i);
    if (!e)
        *out = i;
    return e;
}

enum err invite_list(struct context *ctx, int64_t meeting_id, struct invite **items, int *count)
{
    enum err e = permission_check_reader(ctx, meeting_id, PERMISSION_INVITE);
    return e ? e : invite_dao_list(ctx->app->db, ctx->arena, meeting_id, LIMIT_INVITES, items, count);
}

static enum err revoke_change(struct room_change *room, void *arg)
{
    const int64_t *invite_id = arg;
    struct context *ctx = room->ctx;
    enum err e = permission_check(room, PERMISSION_INVITE);
    return e ? e
             : context_no_row(invite_dao_revoke(ctx->app->db, room->state.id, *invite_id, context_now_ms(ctx)),
                              ERR_NOT_FOUND);
}

enum err invite_revoke(struct context *ctx, int64_t meeting_id, int64_t invite_id)
{
    return room_change(ctx, meeting_id, revoke_change, &invite_id);
}
