#include "service/room.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "db/participant_dao.h"
#include "service/media_node.h"
#include "service/meeting_cache.h"
#include "service/schedule.h"
#include "service/serialize.h"

void room_log_start(struct room_log *log, struct context *ctx, int64_t meeting_id, const struct meeting_state *state)
{
    *log = (struct room_log){.ctx = ctx, .meeting_id = meeting_id, .state = state};
}

enum err room_log_store(struct room_log *log, int64_t first_seq)
{
    if (log->draft.open)
        abort(); /* a mistake in the code: nobody would ever see it */
    for (int i = 0; i < log->count; i++) {
        log->events[i].seq = first_seq + i;
        enum err e = event_dao_insert(log->ctx->app->db, &log->events[i]);
        if (e)
            return e;
    }
    return ERR_OK;
}

void room_log_envelope(struct buf *out, const struct room_event *event)
{
    struct buf frame = {0};
    struct json j = json_to(&frame);
    serialize_event(&j, NULL, event);
    if (frame.failed)
        abort();
    envelope_write(out, event->meeting_id, event->seq, event->audience, event->effect, frame.data);
    buf_free(&frame);
}

void room_log_publish(const struct room_log *log)
{
    struct context *ctx = log->ctx;
    struct kv_message messages[ROOM_LOG_EVENTS];
    const char *channel = arena_printf(ctx->arena, ENVELOPE_CHANNEL_PREFIX "%lld", (long long)log->meeting_id);
    for (int i = 0; i < log->count; i++) {
        struct buf line = {0};
        room_log_envelope(&line, &log->events[i]);
        if (line.failed)
            abort();
        messages[i] = (struct kv_message){arena_strndup(ctx->arena, line.data, line.len), line.len};
        buf_free(&line);
    }
    if (!meeting_cache_publish(ctx, log->meeting_id, channel, messages, log->count))
        log_event(LOG_DEBUG, "events_not_published", "meeting", LOG_INT(log->meeting_id), "count", LOG_INT(log->count),
                  NULL);
}

struct change_run {
    struct room_change room;
    int64_t meeting_id;
    enum err (*change)(struct room_change *room, void *arg);
    void *arg;
};

static enum err change_body(void *arg)
{
    struct change_run *run = arg;
    struct room_change *room = &run->room;
    struct db *db = room->ctx->app->db;
    room_log_start(&room->log, room->ctx, run->meeting_id, &room->state);
    enum err e = meeting_dao_lock(db, run->meeting_id, &room->state);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    if (context_is_late(room->ctx))
        return ERR_TIMEOUT;
    room->keep_state = false;
    e = run->change(room, run->arg);
    if (e || (room->log.count == 0 && !room->keep_state))
        return e;
    room->state.due_ms =
        room->looked_ms ? schedule_due_again_ms(&room->state, room->looked_ms) : schedule_due_ms(&room->state);
    int64_t first = room->state.event_seq + 1;
    room->state.event_seq += room->log.count;
    e = room_log_store(&room->log, first);
    return e ? e : meeting_dao_save(db, &room->state, context_now_ms(room->ctx));
}

enum err room_change(struct context *ctx, int64_t meeting_id, enum err (*change)(struct room_change *room, void *arg),
                     void *arg)
{
    struct change_run run = {.room = {.ctx = ctx}, .meeting_id = meeting_id, .change = change, .arg = arg};
    room_log_start(&run.room.log, ctx, meeting_id, &run.room.state);
    meeting_cache_hold(ctx, meeting_id);
    enum err e = db_transaction(ctx->app->db, change_body, &run);
    if (e)
        run.room.log.count = 0; /* nothing happened, as far as anyone can tell */
    room_log_publish(&run.room.log);
    return e;
}

enum err room_finish(struct room_change *room, enum meeting_status status, const char *reason, int64_t by_user)
{
    room->state.status = status;
    room->state.actual_end_ms = context_now_ms(room->ctx);
    room->state.participant_count = room->state.online_count = room->state.waiting_count = 0;
    room->state.host_lost_ms = room->state.empty_since_ms = 0;
    room->state.look_again = false;
    media_node_release(&room->state);
    struct event_draft *event = event_begin(&room->log, EVENT_MEETING_ENDED, 0);
    event->by_id = by_user;
    event->effect = effect_all(CLOSE_MEETING_OVER);
    json_str(&event->data, "reason", reason);
    enum err e = event_end(event);
    return e ? e : participant_dao_end_all(room->ctx->app->db, room->state.id, room->state.actual_end_ms);
}

enum err room_check_open(int64_t status)
{
    return status == MEETING_ENDED ? ERR_MEETING_ENDED : status == MEETING_CANCELLED ? ERR_MEETING_CANCELLED : ERR_OK;
}

enum err room_events_after(struct context *ctx, int64_t meeting_id, int64_t after_seq, int64_t viewer_id,
                           struct room_event **items, int *count)
{
    bool more;
    size_t max_bytes = viewer_id ? LIMIT_PAGE_BYTES : SIZE_MAX;
    return event_dao_list(ctx->app->db, ctx->arena, meeting_id, after_seq, viewer_id, LIMIT_EVENTS_PAGE, max_bytes,
                          items, count, &more);
}
