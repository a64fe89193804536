#include "service/media.h"

#include "core/limits.h"
#include "db/participant_dao.h"

/* With credentials for ttl_s; 0: without. */
static enum err access_for(struct call *call, int64_t ttl_s, struct media_access *out)
{
    const struct config *config = call->app->config;
    int64_t expires_at_s = call_now_ms(call) / 1000 + ttl_s;
    struct media_access access = {.stun_urls = config->ice_servers, .turn_urls = ttl_s ? config->turn_urls : ""};
    if (*access.turn_urls) {
        enum err e = turn_sign(call->app->turn_secret, call->user_id, expires_at_s, &access.turn);
        if (e)
            return e;
        access.ttl_s = ttl_s;
        access.expires_at_ms = expires_at_s * 1000;
    }
    *out = access;
    return ERR_OK;
}

enum err media_access(struct call *call, struct media_access *out)
{
    return access_for(call, call->app->config->turn_ttl_s, out);
}

enum err media_access_anywhere(struct call *call, bool for_test, struct media_access *out)
{
    bool seated;
    enum err e = participant_dao_is_seated(call->app->db, call->user_id, &seated);
    if (e)
        return e;
    return seated ? media_access(call, out)
                  : access_for(call, for_test && !call->guest_of ? LIMIT_TURN_TEST_S : 0, out);
}
