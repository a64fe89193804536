#include "service/user.h"

#include "service/meeting_cache.h"

enum err user_me(struct context *ctx, struct user *out)
{
    return context_no_row(user_dao_by_id(ctx->app->db, ctx->arena, ctx->user_id, out), ERR_UNAUTHORIZED);
}

struct profile_change {
    struct context *ctx;
    struct user user;
    const char *display_name;
    const char *locale;
};

static enum err profile_change_body(void *arg)
{
    struct profile_change *p = arg;
    enum err e = user_me(p->ctx, &p->user);
    if (e)
        return e;
    if (p->display_name)
        p->user.display_name = p->display_name;
    if (p->locale)
        p->user.locale = p->locale;
    return user_dao_update_profile(p->ctx->app->db, p->user.id, p->user.display_name, p->user.locale,
                                   context_now_ms(p->ctx));
}

enum err user_update(struct context *ctx, const char *display_name, const char *locale, struct user *out)
{
    enum { MEETINGS = 1000 }; /* that show the name; the cache of older ones runs out in some seconds */
    struct profile_change p = {.ctx = ctx, .display_name = display_name, .locale = locale};
    int64_t *meetings;
    int count = 0;
    enum err e = display_name ? meeting_dao_showing(ctx->app->db, ctx->arena, ctx->user_id, MEETINGS, &meetings, &count)
                              : ERR_OK;
    if (e)
        return e;
    for (int i = 0; i < count; i++)
        meeting_cache_hold(ctx, meetings[i]);
    e = db_transaction(ctx->app->db, profile_change_body, &p);
    for (int i = 0; i < count; i++)
        meeting_cache_publish(ctx, meetings[i], "", NULL, 0);
    if (!e)
        *out = p.user;
    return e;
}
