#include "service/life.h"

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "service/lobby.h"
#include "service/schedule.h"

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
    int64_t now = call_now_ms(room->call), end = schedule_time_over_ms(s);
    if (!is_over(s->due_ms, now))
        return ERR_OK; /* another one was faster */
    room->keep_state = true;
    room->looked_ms = now;
    if (s->status == MEETING_SCHEDULED && now >= schedule_expires_ms(s))
        return room_finish(room, MEETING_CANCELLED, "expired", 0);
    if (s->status == MEETING_ONGOING) {
        if (is_over(schedule_empty_ms(s), now))
            return room_finish(room, MEETING_ENDED, "empty", 0);
        if (is_over(schedule_host_lost_ms(s), now))
            return room_finish(room, MEETING_ENDED, "host_lost", 0);
        if (is_over(end, now))
            return room_finish(room, MEETING_ENDED, "time_over", 0);
        if (end && !s->warned_ms && now >= end - LIMIT_ENDING_NOTICE_MS)
            give_notice(room, end);
    }
    return room_check_open(s->status) ? ERR_OK : lobby_open_step(room);
}

/* One that fails is put off, so that it does not stand before the others each time. */
static bool look_or_put_off(struct call *call, int64_t id)
{
    enum err e = room_change(call, id, look, NULL);
    if (!e)
        return true;
    log_event(LOG_WARN, "housekeeping_failed", "meeting", LOG_INT(id), "code", err_code(e), NULL);
    int64_t now = call_now_ms(call);
    e = meeting_dao_put_off(call->app->db, id, now, now + LIMIT_DUE_AGAIN_MS);
    if (e)
        log_event(LOG_WARN, "housekeeping_failed", "meeting", LOG_INT(id), "code", err_code(e), NULL);
    return false;
}

enum err life_tick(struct call *call, int *count)
{
    int64_t *ids;
    int n, done = 0;
    enum err e = meeting_dao_due(call->app->db, call->arena, call_now_ms(call), LIMIT_DUE_MEETINGS, &ids, &n);
    if (e)
        return e;
    for (int i = 0; i < n; i++)
        done += look_or_put_off(call, ids[i]);
    *count = done;
    return ERR_OK;
}
