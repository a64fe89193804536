#include "service/user.h"

#include "service/meeting_cache.h"

enum err user_me(struct call *call, struct user *out)
{
    return call_no_row(user_dao_by_id(call->app->db, call->arena, call->user_id, out), ERR_UNAUTHORIZED);
}

struct profile_change {
    struct call *call;
    struct user user;
    const char *display_name;
    const char *locale;
};

static enum err profile_change_body(void *context)
{
    struct profile_change *p = context;
    enum err e = user_me(p->call, &p->user);
    if (e)
        return e;
    if (p->display_name)
        p->user.display_name = p->display_name;
    if (p->locale)
        p->user.locale = p->locale;
    return user_dao_update_profile(p->call->app->db, p->user.id, p->user.display_name, p->user.locale,
                                   call_now_ms(p->call));
}

enum err user_update(struct call *call, const char *display_name, const char *locale, struct user *out)
{
    enum { MEETINGS = 1000 }; /* that show the name; the cache of older ones runs out in some seconds */
    struct profile_change p = {.call = call, .display_name = display_name, .locale = locale};
    int64_t *meetings;
    int count = 0;
    enum err e = display_name
                     ? meeting_dao_showing(call->app->db, call->arena, call->user_id, MEETINGS, &meetings, &count)
                     : ERR_OK;
    if (e)
        return e;
    for (int i = 0; i < count; i++)
        meeting_cache_hold(call, meetings[i]);
    e = db_transaction(call->app->db, profile_change_body, &p);
    for (int i = 0; i < count; i++)
        meeting_cache_release(call, meetings[i], "", NULL, 0);
    if (!e)
        *out = p.user;
    return e;
}
