#include "service/life.h"

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "service/lobby.h"
#include "service/meeting.h"
#include "service/setting.h"

enum { MINUTE_MS = 60 * 1000, AT_ONCE = 1 /* any time that is over */ };

static int64_t earlier(int64_t a, int64_t b) { return a && (!b || a < b) ? a : b; }

/* A meeting that nobody ever came to. */
static int64_t expires_ms(const struct meeting_state *s)
{
    return s->start_time_ms + s->duration_minutes * MINUTE_MS + LIMIT_UNSTARTED_MS;
}

static int64_t time_over_ms(const struct meeting_state *s)
{
    return setting_is(s->settings, SETTING_ENDS_ON_TIME) ? s->actual_start_ms + s->duration_minutes * MINUTE_MS : 0;
}

static int64_t empty_too_long_ms(const struct meeting_state *s)
{
    return s->empty_since_ms ? s->empty_since_ms + s->empty_minutes * MINUTE_MS : 0;
}

static int64_t host_lost_too_long_ms(const struct meeting_state *s)
{
    bool ends = s->host_lost_ms && s->host_loss_policy == HOST_LOSS_END;
    return ends ? s->host_lost_ms + s->host_loss_minutes * MINUTE_MS : 0;
}

int64_t life_due_ms(const struct meeting_state *s)
{
    if (s->status == MEETING_SCHEDULED)
        return s->look_again ? AT_ONCE : expires_ms(s);
    if (s->status != MEETING_ONGOING)
        return 0;
    if (s->look_again)
        return AT_ONCE;
    int64_t end = time_over_ms(s);
    if (end && !s->warned_ms)
        end -= LIMIT_ENDING_NOTICE_MS;
    return earlier(earlier(empty_too_long_ms(s), host_lost_too_long_ms(s)), end);
}

static bool is_over(int64_t at_ms, int64_t now_ms) { return at_ms && now_ms >= at_ms; }

/* The end is near: everybody is told once. */
static void give_notice(struct room_change *room, int64_t end_ms)
{
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    json_time(&j, "endsAt", end_ms);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_MEETING_ENDING, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
    room->state.warned_ms = call_now_ms(room->call);
}

static enum err look(struct room_change *room, void *context)
{
    (void)context;
    struct meeting_state *s = &room->state;
    int64_t now = call_now_ms(room->call), end = time_over_ms(s);
    if (!is_over(s->due_ms, now))
        return ERR_OK; /* another one was faster */
    room->keep_state = true;
    if (s->status == MEETING_SCHEDULED && now >= expires_ms(s))
        return meeting_finish(room, MEETING_CANCELLED, "expired", 0);
    if (s->status == MEETING_ONGOING) {
        if (is_over(empty_too_long_ms(s), now))
            return meeting_finish(room, MEETING_ENDED, "empty", 0);
        if (is_over(host_lost_too_long_ms(s), now))
            return meeting_finish(room, MEETING_ENDED, "host_lost", 0);
        if (is_over(end, now))
            return meeting_finish(room, MEETING_ENDED, "time_over", 0);
        if (end && !s->warned_ms && now >= end - LIMIT_ENDING_NOTICE_MS)
            give_notice(room, end);
    }
    return room_check_open(s->status) ? ERR_OK : lobby_open_step(room);
}

enum err life_tick(struct call *call, int *count)
{
    int64_t *ids;
    int n;
    enum err e = meeting_dao_due(call->app->db, call->arena, call_now_ms(call), LIMIT_DUE_MEETINGS, &ids, &n);
    for (int i = 0; i < n && !e; i++) {
        e = room_change(call, ids[i], look, NULL);
        if (e)
            log_event(LOG_WARN, "housekeeping_failed", "meeting", LOG_INT(ids[i]), "code", err_code(e), NULL);
    }
    if (!e)
        *count = n;
    return e;
}
