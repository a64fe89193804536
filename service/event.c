#include "service/event.h"

#include <stdlib.h>

#include "core/limits.h"
#include "db/participant_dao.h"
#include "service/room.h"

enum event_audience { EVERYBODY, HOSTS, SUBJECT };
enum event_user { NO_USER, USER_ID };
enum event_by { NO_BY, BY_OTHER, BY_CALLER, BY_OR_NULL };

static const struct event_kind {
    const char *name;
    enum event_audience audience;
    enum event_user user;
    enum event_by by;
} kinds[] = {
#define EVENT(name, text, audience, user, by, audit) [EVENT_##name] = {text, audience, user, by},
#include "service/event.def"
#undef EVENT
};

const char *event_name(enum event_type type) { return kinds[type].name; }

/* clang-format off */
#define AUDITED(text)
#define UNAUDITED(text) "," text
const char EVENTS_UNAUDITED[] = ""
#define EVENT(name, text, audience, user, by, audit) audit(text)
#include "service/event.def"
#undef EVENT
    ;
/* clang-format on */

struct event_draft *event_begin(struct room_log *log, enum event_type type, int64_t subject_id)
{
    struct event_draft *event = &log->draft;
    int64_t caller = log->ctx->user_id;
    if (event->open)
        abort();
    *event = (struct event_draft){.type = type,
                                  .subject_id = subject_id,
                                  .actor_id = caller,
                                  .by_id = caller,
                                  .effect = effect_none(),
                                  .log = log,
                                  .open = true};
    event->data = json_to(&event->text);
    if (kinds[type].audience == SUBJECT)
        event_only_to_subject(event);
    json_object(&event->data, NULL);
    if (kinds[type].user == USER_ID)
        json_int(&event->data, "userId", subject_id);
    return event;
}

/* Moves what was written into the arena. */
static const char *into_arena(struct arena *arena, struct buf *text)
{
    if (text->failed)
        abort(); /* no memory */
    const char *copy = arena_strndup(arena, text->data, text->len);
    buf_free(text);
    return copy;
}

static void write_by(struct event_draft *event)
{
    enum event_by by = kinds[event->type].by;
    if (by == BY_OR_NULL)
        json_id(&event->data, "by", event->by_id);
    else if (by == BY_CALLER || (by == BY_OTHER && event->by_id && event->by_id != event->subject_id))
        json_int(&event->data, "by", event->by_id);
}

const char *event_end_unsent(struct event_draft *event)
{
    if (!event->open)
        abort();
    event->open = false;
    write_by(event);
    json_object_end(&event->data);
    return into_arena(event->log->ctx->arena, &event->text);
}

enum { ID_CHARS = 20 }; /* of the longest user id, with a comma */

/* Those who run the meeting. There are never so many nowadays that they do not fit; those who are in come first. */
static enum err find_hosts(const struct room_log *log, struct audience *out)
{
    enum { MOST = LIMIT_AUDIENCE_BYTES / ID_CHARS };
    const struct context *ctx = log->ctx;
    int64_t *cohosts, host_id = log->state->host_id;
    int count, n = 0;
    enum err e = participant_dao_cohosts(ctx->app->db, ctx->arena, log->meeting_id, &cohosts, &count);
    if (e)
        return e;
    int64_t *hosts = arena_array(ctx->arena, (size_t)count + 1, sizeof *hosts);
    hosts[n++] = host_id;
    for (int i = 0; i < count && n < MOST; i++)
        if (cohosts[i] != host_id)
            hosts[n++] = cohosts[i];
    *out = audience_users(hosts, n);
    return ERR_OK;
}

enum err event_end(struct event_draft *event)
{
    struct room_log *log = event->log;
    struct arena *arena = log->ctx->arena;
    struct buf audience = {0}, effect = {0};
    const char *data = event_end_unsent(event);
    enum err e = kinds[event->type].audience == HOSTS ? find_hosts(log, &event->audience) : ERR_OK;
    if (e)
        return e;
    if (log->count == ROOM_LOG_EVENTS)
        abort(); /* a mistake in the code */
    envelope_write_audience(&audience, &event->audience);
    envelope_write_effect(&effect, &event->effect);
    log->events[log->count++] = (struct room_event){
        .meeting_id = log->meeting_id,
        .type = event_name(event->type),
        .audience = into_arena(arena, &audience),
        .effect = into_arena(arena, &effect),
        .data = data,
        .request_id = log->ctx->request_id,
        .at_ms = context_now_ms(log->ctx),
        .actor_id = event->actor_id,
        .subject_id = event->subject_id,
        .message_id = event->message_id,
    };
    return ERR_OK;
}

enum err event_add(struct room_log *log, enum event_type type, int64_t subject_id)
{
    return event_end(event_begin(log, type, subject_id));
}
