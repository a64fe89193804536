#include "service/guest.h"

#include "core/limits.h"
#include "core/log.h"
#include "db/meeting_dao.h"
#include "db/participant_dao.h"
#include "service/auth.h"
#include "service/invite.h"
#include "service/rate.h"
#include "service/room.h"
#include "service/setting.h"

/* Those who could never come in need no account. Those who were made a moment ago and have not come yet hold no seat:
 * if they did, a few requests would keep everybody out of a small meeting, and nobody in it would see why. So many may
 * be on their way as there are seats, besides all that one network can make meanwhile (what it may in a minute at once,
 * and as many while that minute passes). */
static enum err check_seats(struct context *ctx, const struct meeting *m)
{
    int64_t coming, most = m->max_participants + 2 * ctx->app->config->rate_guests;
    int64_t now = context_now_ms(ctx);
    enum err e = user_dao_forget_guests(ctx->app->db, m->id, now - LIMIT_GUEST_FORGOTTEN_MS);
    if (!e)
        e = user_dao_count_coming(ctx->app->db, m->id, now - LIMIT_GUEST_COMING_MS, &coming);
    if (e)
        return e;
    return m->participant_count + m->waiting_count >= m->max_participants || coming >= most ? ERR_MEETING_FULL : ERR_OK;
}

/* *invite_id: the one that they were made by, 0: none. It is counted when they take a seat. */
static enum err check_door(struct context *ctx, int64_t meeting_id, const char *token, int64_t *invite_id)
{
    struct meeting m;
    struct invite invite = {0};
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, meeting_id, &m);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(m.status);
    if (!e && token)
        e = invite_check(ctx, meeting_id, token, &invite);
    if (!e && !token && !setting_is(m.settings, SETTING_ALLOW_GUESTS))
        e = ERR_GUESTS_NOT_ALLOWED;
    if (!e && !invite_makes_cohost(&invite))
        e = check_seats(ctx, &m);
    *invite_id = invite.id;
    return e;
}

struct creation {
    struct context *ctx;
    struct user user;
};

static enum err create_body(void *arg)
{
    struct creation *c = arg;
    return user_dao_insert(c->ctx->app->db, &c->user, context_now_ms(c->ctx), &c->user.id);
}

enum err guest_create(struct context *ctx, int64_t meeting_id, const char *display_name, const char *invite,
                      const char *locale, struct guest *out)
{
    struct creation c = {.ctx = ctx, .user = {.display_name = display_name, .locale = locale, .guest_of = meeting_id}};
    enum err e = rate_check_guest(ctx);
    if (!e)
        e = check_door(ctx, meeting_id, invite, &c.user.invite_id);
    if (!e)
        e = db_transaction(ctx->app->db, create_body, &c);
    if (e)
        return e;
    struct guest g = {.user = c.user, .access_expires_in_s = LIMIT_GUEST_TOKEN_S};
    struct token_claims claims = {.user_id = g.user.id, .guest_of = g.user.guest_of};
    e = auth_sign_access(ctx, claims, g.access_expires_in_s, &g.access_token);
    if (e)
        return e;
    log_event(LOG_INFO, "guest_created", "user", LOG_INT(g.user.id), "meeting", LOG_INT(meeting_id), NULL);
    *out = g;
    return ERR_OK;
}

enum err guest_check(struct context *ctx, int64_t meeting_id, const char *invite)
{
    int64_t invite_id;
    enum err e = rate_check_guest_look(ctx);
    return e ? e : check_door(ctx, meeting_id, invite, &invite_id);
}
