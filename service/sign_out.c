#include "service/sign_out.h"

#include "core/limits.h"
#include "core/log.h"
#include "db/session_dao.h"
#include "service/participant_find.h"
#include "service/presence.h"

/* The place may have been taken over since, or given up. */
static enum err close_change(struct room_change *room, void *arg)
{
    const struct ended_session *ended = arg;
    struct participant p;
    enum err e = participant_find_present(room->ctx, room->state.id, ended->user_id, &p);
    if (e)
        return e == ERR_NOT_JOINED ? ERR_OK : e;
    bool connected = p.session_id == ended->id && p.connection && !p.offline_at_ms;
    return connected ? presence_close(room, &p, CLOSE_SIGNED_OUT) : ERR_OK;
}

/* The rooms of one sign-in; *more: perhaps not all of them yet. */
static enum err close_rooms(struct context *ctx, struct ended_session *ended, bool *more)
{
    enum { ROOMS = 100 }; /* at once */
    int64_t *rooms;
    int count;
    enum err first =
        participant_dao_meetings_of_session(ctx->app->db, ctx->arena, ended->user_id, ended->id, ROOMS, &rooms, &count);
    if (first)
        return first;
    for (int i = 0; i < count; i++) {
        enum err e = room_change(ctx, rooms[i], close_change, ended);
        first = first ? first : e; /* one that fails keeps them in no other */
    }
    *more = count == ROOMS;
    return first;
}

/* One that fails is put off, so that it does not stand before the others each time. */
static enum err close_session(struct context *ctx, struct ended_session *ended)
{
    bool more = false;
    enum err e = close_rooms(ctx, ended, &more);
    int64_t now = context_now_ms(ctx), due_ms = e ? now + LIMIT_DUE_AGAIN_MS : more ? now : 0;
    enum err noted = session_dao_set_close_due(ctx->app->db, ended->id, due_ms);
    if (e)
        log_event(LOG_WARN, "sign_out_not_closed", "session", LOG_INT(ended->id), "code", err_code(e), NULL);
    return e ? e : noted;
}

static enum err close_sessions(struct context *ctx, struct ended_session *sessions, int count, int *done)
{
    enum err e = ERR_OK;
    for (int i = 0; i < count && e != ERR_DB_LOST; i++) {
        e = close_session(ctx, &sessions[i]);
        *done += !e;
    }
    return e == ERR_DB_LOST ? e : ERR_OK;
}

void sign_out_close(struct context *ctx, int64_t user_id)
{
    struct ended_session *sessions;
    int count, done = 0;
    enum err e = session_dao_unclosed(ctx->app->db, ctx->arena, user_id, LIMIT_DUE_MEETINGS, &sessions, &count);
    if (!e)
        e = close_sessions(ctx, sessions, count, &done);
    if (e)
        log_event(LOG_WARN, "sign_out_put_off", "user", LOG_INT(user_id), "code", err_code(e), NULL);
}

enum err sign_out_sweep(struct context *ctx, int *count)
{
    struct ended_session *sessions;
    int n, done = 0;
    enum err e =
        session_dao_close_due(ctx->app->db, ctx->arena, context_now_ms(ctx), LIMIT_DUE_MEETINGS, &sessions, &n);
    if (!e)
        e = close_sessions(ctx, sessions, n, &done);
    *count = done;
    return e;
}
