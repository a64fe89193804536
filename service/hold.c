#include "service/hold.h"

#include "core/log.h"
#include "db/meeting_dao.h"
#include "service/deletion.h"

struct change {
    struct context *ctx;
    int64_t meeting_id;
    struct hold hold;
};

/* Under the lock of the meeting's row: so it is there. */
static enum err place_body(void *arg)
{
    struct change *c = arg;
    struct meeting_state state;
    enum err e = meeting_dao_lock(c->ctx->app->db, c->meeting_id, &state);
    return e ? context_no_row(e, ERR_NOT_FOUND) : hold_dao_place(c->ctx->app->db, c->meeting_id, &c->hold);
}

static enum err lift_body(void *arg)
{
    struct change *c = arg;
    struct context *ctx = c->ctx;
    int64_t *users;
    int count;
    enum err e = hold_dao_lift(ctx->app->db, c->meeting_id);
    if (!e)
        e = hold_dao_deleted_in(ctx->app->db, ctx->arena, c->meeting_id, &users, &count);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    for (int i = 0; i < count && !e; i++)
        e = deletion_add_job(ctx, users[i], 0);
    return e;
}

enum err hold_place(struct context *ctx, int64_t meeting_id, const char *reason, struct hold *out)
{
    struct change c = {ctx, meeting_id, {reason, ctx->user_id, context_now_ms(ctx)}};
    enum err e = db_transaction(ctx->app->db, place_body, &c);
    if (e)
        return e;
    log_event(LOG_INFO, "hold_placed", "meeting", LOG_INT(meeting_id), "by", LOG_INT(ctx->user_id), NULL);
    *out = c.hold;
    return ERR_OK;
}

enum err hold_lift(struct context *ctx, int64_t meeting_id)
{
    struct change c = {.ctx = ctx, .meeting_id = meeting_id};
    enum err e = db_transaction(ctx->app->db, lift_body, &c);
    if (!e)
        log_event(LOG_INFO, "hold_lifted", "meeting", LOG_INT(meeting_id), "by", LOG_INT(ctx->user_id), NULL);
    return e;
}

enum err hold_show(struct context *ctx, int64_t meeting_id, struct hold *out)
{
    return context_no_row(hold_dao_find(ctx->app->db, ctx->arena, meeting_id, out), ERR_NOT_FOUND);
}

enum err hold_is_placed(struct context *ctx, int64_t meeting_id, bool *placed)
{
    struct hold hold;
    enum err e = hold_dao_find(ctx->app->db, ctx->arena, meeting_id, &hold);
    *placed = !e;
    return context_no_row(e, ERR_OK);
}
