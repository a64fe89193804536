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

static enum err check_door(struct call *call, int64_t meeting_id, const char *token)
{
    struct meeting m;
    struct invite invite;
    bool banned;
    enum err e = meeting_dao_by_id(call->app->db, call->arena, meeting_id, &m);
    if (e)
        return call_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(m.status);
    if (!e)
        e = participant_dao_address_banned(call->app->db, meeting_id, call_network(call), &banned);
    if (e)
        return e;
    if (banned)
        return ERR_REMOVED;
    if (token)
        return invite_check(call, meeting_id, token, 0, &invite);
    return setting_is(m.settings, SETTING_ALLOW_GUESTS) ? ERR_OK : ERR_GUESTS_NOT_ALLOWED;
}

struct creation {
    struct call *call;
    struct user user;
};

static enum err create_body(void *context)
{
    struct creation *c = context;
    return user_dao_insert(c->call->app->db, &c->user, call_now_ms(c->call), &c->user.id);
}

enum err guest_create(struct call *call, int64_t meeting_id, const char *display_name, const char *invite,
                      const char *locale, struct guest *out)
{
    struct creation c = {.call = call,
                         .user = {.display_name = display_name, .locale = locale, .guest_of = meeting_id}};
    enum err e = rate_check_guest(call);
    if (!e)
        e = check_door(call, meeting_id, invite);
    if (!e)
        e = db_transaction(call->app->db, create_body, &c);
    if (e)
        return e;
    struct guest g = {.user = c.user, .access_expires_in_s = LIMIT_GUEST_TOKEN_S};
    struct token_claims claims = {.user_id = g.user.id, .guest_of = g.user.guest_of};
    e = auth_sign_access(call, claims, g.access_expires_in_s, &g.access_token);
    if (e)
        return e;
    log_event(LOG_INFO, "guest_created", "user", LOG_INT(g.user.id), "meeting", LOG_INT(meeting_id), NULL);
    *out = g;
    return ERR_OK;
}
