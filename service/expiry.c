#include "service/expiry.h"

#include "core/limits.h"
#include "core/log.h"
#include "service/host.h"
#include "service/lobby.h"
#include "service/media_node.h"
#include "service/meeting.h"
#include "service/schedule.h"
#include "service/setting.h"

static bool is_over(int64_t at_ms, int64_t now_ms) { return at_ms && now_ms >= at_ms; }

/* As if nobody had come yet. Whoever came early has left rows and events behind. */
static enum err schedule_again(struct room_change *room)
{
    struct meeting_state *s = &room->state;
    struct meeting m;
    enum err e = meeting_dao_by_id(room->ctx->app->db, room->ctx->arena, s->id, &m);
    if (e)
        return e;
    s->status = m.status = MEETING_SCHEDULED;
    s->actual_start_ms = m.actual_start_ms = 0;
    s->host_lost_ms = m.host_lost_ms = 0;
    s->warned_ms = 0;
    media_node_release(s);
    m.participant_count = m.online_count = 0;
    return meeting_add_updated(room, &m, 0);
}

enum err expiry_emptied(struct room_change *room)
{
    struct meeting_state *s = &room->state;
    int64_t now = context_now_ms(room->ctx);
    if (setting_is(s->settings, SETTING_KEEP_UNTIL_END) && now < s->start_time_ms)
        return schedule_again(room);
    s->empty_since_ms = now;
    return is_over(schedule_empty_ms(s), now) ? room_finish(room, MEETING_ENDED, "empty", 0) : ERR_OK;
}

/* The end is near: everybody is told once. */
static enum err give_notice(struct room_change *room, int64_t end_ms)
{
    room->state.warned_ms = context_now_ms(room->ctx);
    struct event_draft *event = event_begin(&room->log, EVENT_MEETING_ENDING, 0);
    json_time(&event->data, "endsAt", end_ms);
    return event_end(event);
}

/* What ends an ongoing meeting now; NULL: nothing does. */
static const char *end_reason(const struct meeting_state *s, int64_t now)
{
    return is_over(schedule_empty_ms(s), now)       ? "empty"
           : is_over(schedule_host_lost_ms(s), now) ? "host_lost"
           : is_over(schedule_time_over_ms(s), now) ? "time_over"
                                                    : NULL;
}

static enum err expire_ongoing(struct room_change *room, int64_t now)
{
    struct meeting_state *s = &room->state;
    const char *reason = end_reason(s, now);
    if (reason)
        return room_finish(room, MEETING_ENDED, reason, 0);
    bool notice = !s->warned_ms && is_over(schedule_notice_ms(s), now);
    enum err e = notice ? give_notice(room, schedule_time_over_ms(s)) : ERR_OK;
    return e ? e : host_hand_over_kept(room);
}

static enum err expiry_change(struct room_change *room, void *arg)
{
    (void)arg;
    struct meeting_state *s = &room->state;
    int64_t now = context_now_ms(room->ctx);
    if (!is_over(s->due_ms, now))
        return ERR_OK; /* another one was faster */
    room->keep_state = true;
    room->looked_ms = now;
    if (s->status == MEETING_SCHEDULED && now >= schedule_expires_ms(s))
        return room_finish(room, MEETING_CANCELLED, "expired", 0);
    enum err e = s->status == MEETING_ONGOING ? expire_ongoing(room, now) : ERR_OK;
    return e || room_check_open(s->status) ? e : lobby_open_step(room);
}

/* One that fails is put off, so that it does not stand before the others each time. */
static enum err expire_or_put_off(struct context *ctx, int64_t id, int *done)
{
    enum err e = room_change(ctx, id, expiry_change, NULL);
    *done += !e;
    if (!e)
        return ERR_OK;
    log_event(LOG_WARN, "housekeeping_failed", "meeting", LOG_INT(id), "code", err_code(e), NULL);
    int64_t now = context_now_ms(ctx);
    return meeting_dao_put_off(ctx->app->db, id, now, now + LIMIT_DUE_AGAIN_MS);
}

enum err expiry_tick(struct context *ctx, int *count)
{
    int64_t *ids;
    int n, done = 0;
    enum err e = meeting_dao_due(ctx->app->db, ctx->arena, context_now_ms(ctx), LIMIT_DUE_MEETINGS, &ids, &n);
    for (int i = 0; i < n && !e; i++)
        e = expire_or_put_off(ctx, ids[i], &done);
    *count = done;
    return e;
}
