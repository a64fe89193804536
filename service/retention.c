/* A walk over meetings and then sign-ins by their ids, a batch in each step. What is old is removed row by row or in
 * small parts, each in a transaction of its own, so that nobody waits for long; where the walk is broken off, it goes
 * on at the last whole batch. */
#include "service/retention.h"

#include <stdio.h>

#include "core/limits.h"
#include "db/event_dao.h"
#include "db/hold_dao.h"
#include "db/message_dao.h"
#include "db/retention_dao.h"
#include "service/serialize.h"

enum step { STEP_MEETINGS, STEP_SESSIONS, STEP_JOBS, STEPS };

#define DAY_MS INT64_C(86400000)

/* A thing that is removed, and what of it. Of a meeting that is held nothing is. */
struct removal {
    struct context *ctx;
    enum err (*remove)(struct removal *r);
    const struct kept_meeting *meeting;
    int64_t id;
    int64_t before_ms;
    int64_t count; /* rows that it removed; fewer than LIMIT_RETENTION_ROWS: there are no more */
};

static enum err removal_body(void *arg)
{
    struct removal *r = arg;
    bool held = false;
    r->count = 0;
    enum err e = r->meeting ? hold_dao_is_held(r->ctx->app->db, r->meeting->id, &held) : ERR_OK;
    return e || held ? e : r->remove(r);
}

/* ---- meetings ---- */

static int64_t stricter(int64_t a, int64_t b) { return !a || (b && b < a) ? b : a; }

int64_t retention_chat_days(const struct config *config, int64_t keep_days)
{
    return stricter(config->keep_chat_days, keep_days);
}

/* Everything before this is old; 0: nothing is. */
static int64_t old_ms(const struct context *ctx, int64_t days)
{
    return days ? context_now_ms(ctx) - days * DAY_MS : 0;
}

static bool is_old(int64_t at_ms, int64_t before_ms) { return at_ms && at_ms < before_ms; }

/* The log goes on telling that there was a message, as it does where somebody deletes one. */
static enum err remove_message(const struct context *ctx, struct message *m)
{
    struct buf text = {0};
    struct json j = json_to(&text);
    m->text = "";
    m->deleted_at_ms = context_now_ms(ctx);
    json_object(&j, NULL);
    serialize_message(&j, "message", m);
    json_object_end(&j);
    enum err e = text.failed ? ERR_INTERNAL : event_dao_redact(ctx->app->db, m->meeting_id, m->id, text.data);
    buf_free(&text);
    return e ? e : message_dao_remove(ctx->app->db, m->id);
}

static enum err remove_messages(struct removal *r)
{
    struct message *items;
    int count;
    enum err e = message_dao_oldest(r->ctx->app->db, r->ctx->arena, r->meeting->id, r->before_ms, LIMIT_RETENTION_ROWS,
                                    &items, &count);
    for (int i = 0; i < count && !e; i++)
        e = remove_message(r->ctx, &items[i]);
    r->count = count;
    return e;
}

static enum err remove_events(struct removal *r)
{
    return retention_dao_remove_events(r->ctx->app->db, r->meeting->id, r->before_ms, LIMIT_RETENTION_ROWS, &r->count);
}

static enum err remove_guests(struct removal *r)
{
    return retention_dao_remove_guests(r->ctx->app->db, r->meeting->id, r->meeting->host_id, LIMIT_RETENTION_ROWS,
                                       &r->count);
}

static enum err remove_meeting(struct removal *r)
{
    return retention_dao_remove_meeting(r->ctx->app->db, r->meeting->id, LIMIT_RETENTION_ROWS, &r->count);
}

/* Removes one part after the other. A meeting that goes as a whole is gone when nothing else of it is left. */
static enum err remove_all(struct context *ctx, const struct job *job, enum err (*remove)(struct removal *r),
                           const struct kept_meeting *meeting, int64_t before_ms)
{
    struct removal r = {.ctx = ctx, .remove = remove, .meeting = meeting, .before_ms = before_ms};
    int64_t enough = remove == remove_meeting ? 1 : LIMIT_RETENTION_ROWS;
    enum err e;
    do {
        e = db_transaction(ctx->app->db, removal_body, &r);
        if (!e && job_should_stop())
            return ERR_CONFLICT;
        if (!e && r.count >= enough)
            e = job_hold(ctx, job);
    } while (!e && r.count >= enough);
    return e;
}

static enum err clean_meeting(struct context *ctx, const struct job *job, const struct kept_meeting *m)
{
    const struct config *c = ctx->app->config;
    int64_t chat = old_ms(ctx, retention_chat_days(c, m->keep_days)),
            events = old_ms(ctx, stricter(c->keep_events_days, m->keep_days)),
            meetings = old_ms(ctx, stricter(c->keep_meetings_days, m->keep_days)),
            guests = old_ms(ctx, stricter(c->keep_guests_days, m->keep_days));
    enum err e = ERR_OK;
    if (is_old(m->over_ms, meetings))
        return remove_all(ctx, job, remove_meeting, m, 0);
    if (is_old(m->first_message_ms, chat))
        e = remove_all(ctx, job, remove_messages, m, chat);
    if (!e && is_old(m->first_event_ms, events))
        e = remove_all(ctx, job, remove_events, m, events);
    if (!e && m->has_guests && is_old(m->over_ms, guests))
        e = remove_all(ctx, job, remove_guests, m, 0);
    return e;
}

static enum err clean_meetings(struct context *ctx, const struct job *job, int64_t *after, bool *more)
{
    struct kept_meeting *items;
    int count;
    enum err e = retention_dao_meetings(ctx->app->db, ctx->arena, *after, LIMIT_RETENTION_ROWS, &items, &count);
    for (int i = 0; i < count && !e; i++) {
        e = clean_meeting(ctx, job, &items[i]);
        *after = e ? *after : items[i].id;
    }
    *more = count == LIMIT_RETENTION_ROWS;
    return e;
}

/* ---- sign-ins ---- */

static enum err remove_session(struct removal *r) { return retention_dao_remove_session(r->ctx->app->db, r->id); }

static enum err remove_tokens(struct removal *r)
{
    return retention_dao_remove_tokens(r->ctx->app->db, r->id, r->before_ms);
}

/* A sign-in that may still be used is never old. */
static int64_t old_sessions_ms(const struct context *ctx)
{
    const struct config *c = ctx->app->config;
    int64_t before = old_ms(ctx, c->keep_sessions_days), ended = context_now_ms(ctx) - c->refresh_token_s * 1000;
    return before < ended ? before : ended;
}

static enum err clean_sessions(struct context *ctx, const struct job *job, int64_t *after, bool *more)
{
    (void)job;
    struct kept_session *items;
    int count;
    int64_t before = old_sessions_ms(ctx);
    enum err e = retention_dao_sessions(ctx->app->db, ctx->arena, *after, LIMIT_RETENTION_ROWS, &items, &count);
    for (int i = 0; i < count && !e; i++) {
        bool old = is_old(items[i].last_used_ms, before);
        struct removal r = {.ctx = ctx,
                            .remove = old ? remove_session : remove_tokens,
                            .id = items[i].id,
                            .before_ms = context_now_ms(ctx)};
        e = db_transaction(ctx->app->db, removal_body, &r);
        *after = e ? *after : items[i].id;
    }
    *more = count == LIMIT_RETENTION_ROWS;
    return e;
}

/* ---- jobs ---- */

static enum err remove_jobs(struct removal *r)
{
    return job_dao_forget_done(r->ctx->app->db, r->before_ms, LIMIT_RETENTION_ROWS, &r->count);
}

static enum err clean_jobs(struct context *ctx, const struct job *job, int64_t *after, bool *more)
{
    (void)job;
    (void)after;
    struct removal r = {.ctx = ctx, .remove = remove_jobs, .before_ms = context_now_ms(ctx) - LIMIT_JOB_DONE_MS};
    enum err e = db_transaction(ctx->app->db, removal_body, &r);
    *more = r.count == LIMIT_RETENTION_ROWS;
    return e;
}

/* ---- the walk: progress is "[step, id]" ---- */

struct job_result retention_run(struct context *ctx, const struct job *job)
{
    static enum err (*const steps[STEPS])(struct context *, const struct job *, int64_t *, bool *) = {
        [STEP_MEETINGS] = clean_meetings, [STEP_SESSIONS] = clean_sessions, [STEP_JOBS] = clean_jobs};
    long long step = 0, id = 0;
    if (job->progress && sscanf(job->progress, "[%lld,%lld]", &step, &id) != 2)
        return job_failed("bad progress");
    bool more = false;
    int64_t after = id;
    enum err e = steps[step](ctx, job, &after, &more);
    if (e && e != ERR_CONFLICT)
        return job_failed(err_code(e));
    if (!e && !more) {
        step++;
        after = 0;
    }
    if (step == STEPS)
        return job_done();
    return job_again(0, arena_printf(ctx->arena, "[%lld,%lld]", step, (long long)after));
}
