#include "service/media.h"

#include "core/limits.h"
#include "service/participant_find.h"

const char *media_mode_name(enum media_mode mode)
{
    static const char *const names[] = {[MEDIA_MESH] = "mesh", [MEDIA_SFU] = "sfu"};
    return names[mode];
}

/* The ways through firewalls, with credentials for ttl_s; 0: without. */
static enum err ways_through(struct context *ctx, int64_t user_id, int64_t ttl_s, struct media_access *out)
{
    const struct config *config = ctx->app->config;
    int64_t expires_at_s = context_now_ms(ctx) / 1000 + ttl_s;
    struct media_access access = {
        .epoch = NO_EPOCH, .stun_urls = config->ice_servers, .turn_urls = ttl_s ? config->turn_urls : ""};
    if (*access.turn_urls) {
        enum err e = turn_sign(ctx->app->turn_secret, user_id, expires_at_s, &access.turn);
        if (e)
            return e;
        access.ttl_s = ttl_s;
        access.expires_at_ms = expires_at_s * 1000;
    }
    *out = access;
    return ERR_OK;
}

enum err media_access(struct context *ctx, const struct meeting *meeting, const struct participant *me,
                      struct media_access *out)
{
    struct media_access access;
    enum err e = ways_through(ctx, me->user_id, ctx->app->config->turn_ttl_s, &access);
    if (e)
        return e;
    access.mode = (enum media_mode)meeting->media_mode;
    access.epoch = meeting->media_epoch;
    *out = access;
    return ERR_OK;
}

enum err media_access_in(struct context *ctx, int64_t meeting_id, struct media_access *out)
{
    struct meeting meeting;
    struct participant me;
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, meeting_id, &meeting);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(meeting.status);
    if (!e)
        e = participant_find_joined(ctx, meeting_id, ctx->user_id, &me);
    return e ? e : media_access(ctx, &meeting, &me, out);
}

enum err media_access_anywhere(struct context *ctx, bool for_test, struct media_access *out)
{
    const int64_t test_ttl_s = for_test && !ctx->guest_of ? LIMIT_TURN_TEST_S : 0;
    bool seated;
    enum err e = participant_dao_is_seated(ctx->app->db, ctx->user_id, &seated);
    if (e)
        return e;
    return ways_through(ctx, ctx->user_id, seated ? ctx->app->config->turn_ttl_s : test_ttl_s, out);
}
