#include "service/media.h"

enum err media_access(struct call *call, struct media_access *out)
{
    const struct config *config = call->app->config;
    int64_t expires_at_s = call_now_ms(call) / 1000 + config->turn_ttl_s;
    struct media_access access = {.stun_urls = config->ice_servers, .turn_urls = config->turn_urls};
    if (*access.turn_urls) {
        enum err e = turn_sign(call->app->turn_secret, call->user_id, expires_at_s, &access.turn);
        if (e)
            return e;
        access.ttl_s = config->turn_ttl_s;
        access.expires_at_ms = expires_at_s * 1000;
    }
    *out = access;
    return ERR_OK;
}
