#include "service/rate.h"

#include <sodium.h>
#include <string.h>

#include "core/limits.h"
#include "core/log.h"

#define PREFIX "echomeet:rate:"

static enum err limited(struct context *ctx, int64_t wait_ms)
{
    int seconds = (int)((wait_ms + 999) / 1000);
    ctx->fault.retry_after_s = seconds;
    return fault_set(&ctx->fault, ERR_RATE_LIMITED, NULL, "Too many requests. Try again in %d s.", seconds);
}

/* Takes from a bucket of this worker alone. Two keys that meet in one place share it: too strict is better than open.
 */
static bool take_local(struct context *ctx, const struct kv_bucket *bucket, int64_t *wait_ms)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "echomeet rate..";
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)bucket->key, strlen(bucket->key), key);
    struct rate_bucket *own = &ctx->app->rate_buckets[hash % RATE_BUCKETS];
    int64_t now = context_now_ms(ctx), full = bucket->per_minute * 1000;
    int64_t tokens = own->at_ms ? own->thousandths + (now - own->at_ms) * bucket->per_minute / 60 : full;
    if (tokens > full)
        tokens = full;
    bool enough = tokens >= 1000;
    if (!enough)
        *wait_ms = (1000 - tokens) * 60 / bucket->per_minute;
    *own = (struct rate_bucket){enough ? tokens - bucket->cost * 1000 : tokens, now};
    return enough;
}

/* Takes from all buckets that have a limit, or looks at them all (cost 0). With `strict`, this worker counts by itself
 * while Redis is away, or refuses to write: then a look at Redis alone would see nothing of what was counted here. */
static enum err take_tokens(struct context *ctx, const struct kv_bucket *wanted, int count, bool strict)
{
    struct kv_bucket buckets[KV_BUCKETS];
    int n = 0;
    int64_t wait_ms = 0;
    for (int i = 0; i < count; i++)
        if (wanted[i].per_minute > 0)
            buckets[n++] = wanted[i];
    if (n == 0)
        return ERR_OK;
    switch (kv_take(ctx->app->kv, buckets, n, &wait_ms)) {
    case KV_TAKEN:
        if (buckets[0].cost > 0)
            return ERR_OK;
        break;
    case KV_EMPTY: return limited(ctx, wait_ms);
    case KV_AWAY: break;
    }
    for (int i = 0; i < n && strict; i++)
        if (!take_local(ctx, &buckets[i], &wait_ms))
            return limited(ctx, wait_ms);
    return ERR_OK;
}

/* One person's slow reads leave the others half of the pool. Short ones never count: many at once are a page that
 * loads.
 */
static enum err check_slow_reads(struct context *ctx)
{
    struct app *app = ctx->app;
    if (!app->score)
        return ERR_OK;
    int64_t most = app->config->api_workers / 2;
    if (most < LIMIT_SLOW_READS_LEAST)
        most = LIMIT_SLOW_READS_LEAST;
    int64_t before_ms = context_now_ms(ctx) - app->config->slow_read_ms;
    if (scoreboard_reading(app->scoreboard, app->score, ctx->user_id, before_ms) >= most)
        return limited(ctx, 1000);
    score_reads(app->score, ctx->user_id);
    return ERR_OK;
}

enum err rate_check(struct context *ctx, enum rate_class rate)
{
    if (rate == RATE_NONE)
        return ERR_OK;
    if (rate == RATE_READ && check_slow_reads(ctx) != ERR_OK)
        return ERR_RATE_LIMITED;
    const struct config *c = ctx->app->config;
    const struct {
        const char *name;
        int64_t per_minute;
    } classes[] = {[RATE_READ] = {"read", c->rate_read},
                   [RATE_WRITE] = {"write", c->rate_write},
                   [RATE_CHAT] = {"chat", c->rate_chat}};
    struct kv_bucket bucket = {
        .key = arena_printf(ctx->arena, PREFIX "%s:%lld", classes[rate].name, (long long)ctx->user_id),
        .per_minute = classes[rate].per_minute,
        .cost = 1};
    return take_tokens(ctx, &bucket, 1, false);
}

enum err rate_check_guest_look(struct context *ctx)
{
    struct kv_bucket bucket = {arena_printf(ctx->arena, PREFIX "guest_look:%s", context_network(ctx)),
                               ctx->app->config->rate_read, 1};
    return take_tokens(ctx, &bucket, 1, true);
}

enum err rate_check_guest(struct context *ctx)
{
    struct kv_bucket bucket = {arena_printf(ctx->arena, PREFIX "guest:%s", context_network(ctx)),
                               ctx->app->config->rate_guests, 1};
    return take_tokens(ctx, &bucket, 1, true);
}

enum err rate_check_sign_in(struct context *ctx, const char *account, const char *known)
{
    const struct config *c = ctx->app->config;
    unsigned char hash[16];
    char hex[2 * sizeof hash + 1] = ""; /* an e-mail address is nobody's business in Redis */
    if (account) {
        crypto_generichash(hash, sizeof hash, (const unsigned char *)account, strlen(account), NULL, 0);
        sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    }
    struct kv_bucket buckets[] = {
        {arena_printf(ctx->arena, PREFIX "address:%s", context_network(ctx)), c->rate_sign_in_address, 1},
        {arena_printf(ctx->arena, PREFIX "account:%s:%s", hex, known ? known : ""), c->rate_sign_in_account, 1},
    };
    return take_tokens(ctx, buckets, account ? 2 : 1, true);
}

enum err rate_check_code(struct context *ctx, bool wrong)
{
    int64_t limit = ctx->app->config->rate_wrong_codes;
    struct kv_bucket buckets[] = {
        {arena_printf(ctx->arena, PREFIX "code:%s", context_network(ctx)), limit, wrong},
        {arena_printf(ctx->arena, PREFIX "codes:%lld", (long long)ctx->user_id), limit, wrong},
    };
    enum err e = take_tokens(ctx, buckets, ctx->user_id ? 2 : 1, true);
    if (e && wrong)
        log_event(LOG_INFO, "codes_limited", "user", LOG_INT(ctx->user_id), "address", ctx->address, NULL);
    return e;
}

enum err rate_check_password(struct context *ctx)
{
    struct kv_bucket bucket = {arena_printf(ctx->arena, PREFIX "change:%lld", (long long)ctx->session_id),
                               ctx->app->config->rate_sign_in_account, 1};
    return take_tokens(ctx, &bucket, 1, true);
}

enum err rate_check_refresh(struct context *ctx, int64_t session_id)
{
    enum { SESSIONS = 10 }; /* that may refresh as often as they may, in one network */
    int64_t limit = ctx->app->config->rate_refresh;
    const char *network = context_network(ctx);
    struct kv_bucket bad = {arena_printf(ctx->arena, PREFIX "bad_refresh:%s", network), limit, 1};
    struct kv_bucket good[] = {
        {arena_printf(ctx->arena, PREFIX "refresh:%lld", (long long)session_id), limit, 1},
        {arena_printf(ctx->arena, PREFIX "refresh_network:%s", network), SESSIONS * limit, 1},
    };
    return session_id ? take_tokens(ctx, good, 2, true) : take_tokens(ctx, &bad, 1, true);
}

/* Wrong passwords count by network and, since somebody may have many networks, by meeting. Whoever was in the meeting
 * before is counted by account in the meeting's place, so that strangers cannot keep them out. */
static enum err guess(struct context *ctx, int64_t meeting_id, bool known, int64_t cost)
{
    const struct config *c = ctx->app->config;
    struct arena *arena = ctx->arena;
    long long meeting = meeting_id, user = known ? ctx->user_id : 0;
    struct kv_bucket buckets[] = {
        {arena_printf(arena, PREFIX "guess:%lld:%s", meeting, context_network(ctx)), c->rate_password_guesses, cost},
        {arena_printf(arena, PREFIX "guesses:%lld:%lld", meeting, user), c->rate_password_guesses_meeting, cost},
    };
    return take_tokens(ctx, buckets, 2, true);
}

enum err rate_check_guess(struct context *ctx, int64_t meeting_id, bool known)
{
    return guess(ctx, meeting_id, known, 0);
}

void rate_count_wrong_guess(struct context *ctx, int64_t meeting_id, bool known)
{
    if (guess(ctx, meeting_id, known, 1) != ERR_OK)
        log_event(LOG_INFO, "password_guesses_limited", "meeting", LOG_INT(meeting_id), "address", ctx->address, NULL);
}
