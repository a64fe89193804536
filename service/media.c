#include "service/media.h"

#include "core/limits.h"
#include "db/participant_dao.h"

/* With credentials for ttl_s; 0: without. */
static enum err access_for(struct context *ctx, int64_t ttl_s, struct media_access *out)
{
    const struct config *config = ctx->app->config;
    int64_t expires_at_s = context_now_ms(ctx) / 1000 + ttl_s;
    struct media_access access = {.stun_urls = config->ice_servers, .turn_urls = ttl_s ? config->turn_urls : ""};
    if (*access.turn_urls) {
        enum err e = turn_sign(ctx->app->turn_secret, ctx->user_id, expires_at_s, &access.turn);
        if (e)
            return e;
        access.ttl_s = ttl_s;
        access.expires_at_ms = expires_at_s * 1000;
    }
    *out = access;
    return ERR_OK;
}

enum err media_access(struct context *ctx, struct media_access *out)
{
    return access_for(ctx, ctx->app->config->turn_ttl_s, out);
}

enum err media_access_anywhere(struct context *ctx, bool for_test, struct media_access *out)
{
    bool seated;
    enum err e = participant_dao_is_seated(ctx->app->db, ctx->user_id, &seated);
    if (e)
        return e;
    return seated ? media_access(ctx, out) : access_for(ctx, for_test && !ctx->guest_of ? LIMIT_TURN_TEST_S : 0, out);
}
