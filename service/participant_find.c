#include "service/participant_find.h"

#include "core/limits.h"

enum err participant_find_present(struct context *ctx, int64_t meeting_id, int64_t user_id, struct participant *out)
{
    struct participant p;
    enum err e = participant_dao_find(ctx->app->db, ctx->arena, meeting_id, user_id, &p);
    if (e)
        return context_no_row(e, ERR_NOT_JOINED);
    if (p.status != PARTICIPANT_JOINED && p.status != PARTICIPANT_WAITING)
        return ERR_NOT_JOINED;
    *out = p;
    return ERR_OK;
}

enum err participant_find_joined(struct context *ctx, int64_t meeting_id, int64_t user_id, struct participant *out)
{
    struct participant p;
    enum err e = participant_find_present(ctx, meeting_id, user_id, &p);
    if (!e && p.status != PARTICIPANT_JOINED)
        e = ERR_NOT_JOINED;
    if (!e)
        *out = p;
    return e;
}

enum err participant_find_target(struct room_change *room, int64_t user_id, struct participant *out)
{
    enum err e = participant_find_joined(room->ctx, room->state.id, user_id, out);
    return e == ERR_NOT_JOINED ? fault_set(&room->ctx->fault, ERR_NOT_FOUND, NULL, "That user is not in this meeting.")
                               : e;
}

enum err participant_cohost_fits(struct context *ctx, int64_t meeting_id, bool *fits)
{
    int64_t *cohosts;
    int count;
    enum err e = participant_dao_cohosts(ctx->app->db, ctx->arena, meeting_id, &cohosts, &count);
    if (!e)
        *fits = count < LIMIT_COHOSTS;
    return e;
}
