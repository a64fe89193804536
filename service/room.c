#include "service/room.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "db/participant_dao.h"
#include "service/meeting_cache.h"
#include "service/schedule.h"
#include "service/shape.h"

const char *event_name(enum event_type type)
{
    static const char *const names[] = {
#define EVENT(name, text, audit) text,
#include "service/event.def"
#undef EVENT
    };
    return names[type];
}

/* clang-format off */
#define AUDITED(text)
#define UNAUDITED(text) "," text
const char EVENTS_UNAUDITED[] = ""
#define EVENT(name, text, audit) audit(text)
#include "service/event.def"
#undef EVENT
    ;
/* clang-format on */

void room_log_start(struct room_log *log, struct context *ctx, int64_t meeting_id)
{
    *log = (struct room_log){.ctx = ctx, .meeting_id = meeting_id};
}

void room_log_add(struct room_log *log, enum event_type type, const char *audience, const char *effect,
                  struct buf *data)
{
    struct arena *arena = log->ctx->arena;
    if (data->failed || log->count == ROOM_LOG_EVENTS)
        abort(); /* no memory, or a mistake in the code */
    log->events[log->count++] = (struct room_event){
        .meeting_id = log->meeting_id,
        .type = event_name(type),
        .audience = arena_strdup(arena, audience),
        .effect = arena_strdup(arena, effect),
        .data = arena_strndup(arena, data->data, data->len),
        .request_id = log->ctx->request_id,
        .at_ms = context_now_ms(log->ctx),
        .actor_id = log->ctx->user_id,
    };
    buf_free(data);
}

void room_log_about(struct room_log *log, int64_t user_id) { log->events[log->count - 1].subject_id = user_id; }

void room_log_message(struct room_log *log, int64_t message_id) { log->events[log->count - 1].message_id = message_id; }

void room_log_by(struct room_log *log, int64_t user_id) { log->events[log->count - 1].actor_id = user_id; }

enum err room_log_store(struct room_log *log, int64_t first_seq)
{
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
    shape_event(&j, NULL, event);
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
    room_log_start(&room->log, room->ctx, run->meeting_id);
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
    room_log_start(&run.room.log, ctx, meeting_id);
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
    char effect[16];
    snprintf(effect, sizeof effect, "all:%d", CLOSE_MEETING_OVER);
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    json_str(&j, "reason", reason);
    json_id(&j, "by", by_user);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_MEETING_ENDED, ENVELOPE_EVERYBODY, effect, &data);
    return participant_dao_end_all(room->ctx->app->db, room->state.id, room->state.actual_end_ms);
}

enum { ID_CHARS = 20 }; /* of the longest user id, with a comma */

enum err room_audience_hosts(struct room_change *room, const char **audience)
{
    struct context *ctx = room->ctx;
    int64_t *cohosts;
    int count;
    enum err e = participant_dao_cohosts(ctx->app->db, ctx->arena, room->state.id, &cohosts, &count);
    if (e)
        return e;
    struct buf list = {0};
    buf_printf(&list, "%lld", (long long)room->state.host_id);
    /* there are never so many nowadays; those who are in come first */
    for (int i = 0; i < count && list.len + ID_CHARS <= LIMIT_AUDIENCE_BYTES; i++)
        if (cohosts[i] != room->state.host_id)
            buf_printf(&list, ",%lld", (long long)cohosts[i]);
    if (list.failed)
        abort();
    *audience = arena_strndup(ctx->arena, list.data, list.len);
    buf_free(&list);
    return ERR_OK;
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
