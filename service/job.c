#include "service/job.h"

#include <signal.h>
#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "service/deletion.h"
#include "service/retention.h"

enum { SHORT = false, LONG = true, SECOND_MS = 1000 };

const struct job_kind job_kinds[JOB_KINDS] = {
#define JOB(name, text, run, at_once, length, part_s, tries, back_off_s, every_s) \
    [JOB_##name] = {text, \
                    run, \
                    at_once, \
                    length, \
                    (part_s)*INT64_C(1000), \
                    tries, \
                    (back_off_s)*INT64_C(1000), \
                    (every_s)*INT64_C(1000)},
#include "service/job.def"
#undef JOB
};

static struct job new_job(struct context *ctx, const struct job_kind *kind, const char *key, const char *payload)
{
    int64_t now = context_now_ms(ctx);
    return (struct job){.kind = kind->name,
                        .key = key,
                        .payload = payload,
                        .due_ms = now,
                        .request_id = ctx->request_id,
                        .created_ms = now};
}

enum err job_add(struct context *ctx, enum job_name name, const char *key, const char *payload, int64_t at_ms)
{
    struct job job = new_job(ctx, &job_kinds[name], key, payload);
    if (at_ms)
        job.due_ms = at_ms;
    ctx->wake_jobs = true;
    return job_dao_add(ctx->app->db, &job);
}

void job_wake(struct context *ctx)
{
    if (ctx->wake_jobs)
        kv_publish(ctx->app->kv, KV_JOBS_CHANNEL, "");
    ctx->wake_jobs = false;
}

/* SIGTERM stays blocked in these workers, so that it is seen here for as long as they live. */
bool job_should_stop(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

/* The row says until when the job is this worker's; the supervisor kills a worker that is late a little earlier. */
static int64_t lost_ms(const struct context *ctx, const struct job *job)
{
    return context_now_ms(ctx) + job->part_ms + LIMIT_JOB_LOST_MS;
}

static void begin_part(struct context *ctx, const struct job *job)
{
    if (!ctx->app->score)
        return;
    score_begin(ctx->app->score, context_now_ms(ctx), ctx->request_id);
    score_limit(ctx->app->score, job->part_ms);
}

/* A change of a job's row. */
struct change {
    struct context *ctx;
    enum err (*make)(struct db *db, const struct change *change);
    const struct job *job;
    int64_t ms;
};

static enum err change_body(void *arg)
{
    const struct change *change = arg;
    return change->make(change->ctx->app->db, change);
}

static enum err change(struct context *ctx, enum err (*make)(struct db *, const struct change *), const struct job *job,
                       int64_t ms)
{
    struct change c = {ctx, make, job, ms};
    return db_transaction(ctx->app->db, change_body, &c);
}

static enum err make_held(struct db *db, const struct change *c) { return job_dao_hold(db, c->job, c->ms); }
static enum err make_added(struct db *db, const struct change *c) { return job_dao_add(db, c->job); }
static enum err make_wait(struct db *db, const struct change *c) { return job_dao_wait(db, c->job); }
static enum err make_done(struct db *db, const struct change *c) { return job_dao_over(db, c->job, JOB_DONE, c->ms); }
static enum err make_dead(struct db *db, const struct change *c) { return job_dao_over(db, c->job, JOB_DEAD, c->ms); }
static enum err make_due(struct db *db, const struct change *c) { return job_dao_repeat(db, c->job->id, c->ms); }
static enum err make_dropped(struct db *db, const struct change *c) { return job_dao_drop(db, c->job->id); }

enum err job_hold(struct context *ctx, const struct job *job)
{
    enum err e = change(ctx, make_held, job, lost_ms(ctx, job));
    if (!e)
        begin_part(ctx, job);
    return context_no_row(e, ERR_CONFLICT);
}

/* ---- taking a job ---- */

struct take {
    struct context *ctx;
    const struct job_kind *kind;
    struct job job;
    bool given_up; /* its workers were lost too often */
};

static bool is_last_try(const struct job_kind *kind, const struct job *job)
{
    return kind->tries && job->tries >= kind->tries;
}

static enum err take_lost(struct take *t)
{
    struct db *db = t->ctx->app->db;
    int64_t now = context_now_ms(t->ctx);
    enum err e = job_dao_due(db, t->ctx->arena, t->kind->name, JOB_RUNNING, now, &t->job);
    if (e || !is_last_try(t->kind, &t->job))
        return e;
    t->given_up = true;
    t->job.error = "worker_lost";
    return job_dao_over(db, &t->job, JOB_DEAD, now);
}

static enum err take_body(void *arg)
{
    struct take *t = arg;
    struct db *db = t->ctx->app->db;
    int64_t running, now = context_now_ms(t->ctx);
    t->given_up = false;
    enum err e = job_dao_lock_kind(db, t->kind->name);
    if (!e)
        e = job_dao_running(db, t->kind->name, now, &running);
    if (e || running >= t->kind->at_once)
        return e ? e : ERR_DB_NO_ROW;
    e = take_lost(t);
    if (e == ERR_DB_NO_ROW)
        e = job_dao_due(db, t->ctx->arena, t->kind->name, JOB_WAITING, now, &t->job);
    if (e || t->given_up)
        return e;
    t->job.part_ms = t->kind->part_ms;
    t->job.tries++;
    t->job.runs++;
    return job_dao_start(db, t->job.id, lost_ms(t->ctx, &t->job));
}

static void log_job(enum log_level level, const char *event, const struct job *job, const char *reason)
{
    log_event(level, event, "kind", job->kind, "job", LOG_INT(job->id), "try", LOG_INT(job->tries), "reason", reason,
              NULL);
}

/* ---- doing it ---- */

static int64_t back_off_ms(const struct job_kind *kind, int64_t tries)
{
    int64_t pause = kind->back_off_ms;
    for (int64_t i = 1; i < tries && pause < LIMIT_JOB_BACK_OFF_MS; i++)
        pause *= 2;
    return pause < LIMIT_JOB_BACK_OFF_MS ? pause : LIMIT_JOB_BACK_OFF_MS;
}

static enum err note_again(struct context *ctx, struct job *job, int64_t at_ms, const char *progress)
{
    job->due_ms = at_ms ? at_ms : context_now_ms(ctx);
    job->progress = progress;
    job->tries = 0;
    job->error = NULL;
    return change(ctx, make_wait, job, 0);
}

static enum err note_failed(struct context *ctx, const struct job_kind *kind, struct job *job, const char *reason)
{
    int64_t now = context_now_ms(ctx);
    bool last = is_last_try(kind, job);
    log_job(last ? LOG_ERROR : LOG_WARN, last ? "job_dead" : "job_failed", job, reason);
    job->error = arena_printf(ctx->arena, "%.200s", reason);
    if (last)
        return change(ctx, make_dead, job, now);
    job->due_ms = now + back_off_ms(kind, job->tries);
    return change(ctx, make_wait, job, 0);
}

static enum err note(struct context *ctx, const struct job_kind *kind, struct job *job, const struct job_result *r)
{
    if (r->end == JOB_RESULT_FAILED)
        return note_failed(ctx, kind, job, r->text);
    if (r->end == JOB_RESULT_AGAIN)
        return note_again(ctx, job, r->at_ms, r->text);
    log_job(LOG_DEBUG, "job_done", job, NULL);
    if (kind->every_ms)
        return note_again(ctx, job, context_now_ms(ctx) + kind->every_ms, NULL);
    job->error = NULL;
    return change(ctx, make_done, job, context_now_ms(ctx));
}

static void run(struct context *ctx, const struct job_kind *kind, struct job *job)
{
    struct context own = *ctx;
    own.request_id = job->request_id;
    log_request(job->request_id);
    begin_part(&own, job);
    struct job_result result = kind->run(&own, job);
    enum err e = note(&own, kind, job, &result);
    if (e) /* taken by another worker since, or the database is away: then it is lost, and taken anew */
        log_job(LOG_WARN, "job_not_noted", job, err_code(e));
    job_wake(&own);
    if (ctx->app->score)
        score_end(ctx->app->score);
    log_request(NULL);
}

static enum err take_and_run(struct context *ctx, const struct job_kind *kind, bool *did)
{
    struct take t = {.ctx = ctx, .kind = kind};
    enum err e = db_transaction(ctx->app->db, take_body, &t);
    if (e)
        return context_no_row(e, ERR_OK);
    *did = true;
    if (t.given_up)
        log_job(LOG_ERROR, "job_dead", &t.job, t.job.error);
    else
        run(ctx, kind, &t.job);
    return ERR_OK;
}

/* When the next job of a kind is due; 0: none waits or runs. */
static int64_t due_ms(const struct job_kind *kind, const struct job_kind_due *items, int count)
{
    int64_t due = 0;
    for (int i = 0; i < count; i++)
        if (strcmp(items[i].kind, kind->name) == 0 && (!due || items[i].due_ms < due))
            due = items[i].due_ms;
    return due;
}

/* What is done again and again is there from the first look on, also where an administrator dropped it. */
static enum err add_recurring(struct context *ctx, const struct job_kind *kind, int64_t *due)
{
    if (*due || !kind->every_ms)
        return ERR_OK;
    struct job job = new_job(ctx, kind, kind->name, "{}");
    *due = job.due_ms;
    return change(ctx, make_added, &job, 0);
}

enum err job_run_next(struct context *ctx, struct job_worker *w, bool *did, int64_t *next_ms)
{
    struct job_kind_due *items;
    int count;
    int64_t now = context_now_ms(ctx);
    *did = false;
    *next_ms = 0;
    enum err e = job_dao_next(ctx->app->db, ctx->arena, &items, &count);
    for (int i = 1; i <= w->count && !e && !*did; i++) {
        int at = (w->last + i) % w->count;
        const struct job_kind *kind = &w->kinds[at];
        int64_t due = due_ms(kind, items, count);
        if (kind->is_long && w->only_short)
            continue;
        e = add_recurring(ctx, kind, &due);
        if (!e && due && due <= now)
            e = take_and_run(ctx, kind, did);
        else if (due && (!*next_ms || due < *next_ms))
            *next_ms = due;
        if (*did)
            w->last = at;
    }
    return e;
}

/* ---- administrators ---- */

const char *job_state_name(enum job_state state)
{
    static const char *const names[] = {
        [JOB_WAITING] = "waiting", [JOB_RUNNING] = "running", [JOB_DONE] = "done", [JOB_DEAD] = "dead"};
    return names[state];
}

enum err job_list(struct context *ctx, const struct job_filter *filter, struct job **items, int *count)
{
    return job_dao_list(ctx->app->db, ctx->arena, filter, items, count);
}

/* Why nothing was changed: the job is not there, or it runs. */
static enum err refusal(struct context *ctx, enum err e, int64_t id, struct job *job)
{
    enum err found = job_dao_by_id(ctx->app->db, ctx->arena, id, job);
    if (found)
        return context_no_row(found, ERR_NOT_FOUND);
    return e == ERR_DB_NO_ROW ? fault_set(&ctx->fault, ERR_CONFLICT, NULL, "The job is running.") : e;
}

enum err job_repeat(struct context *ctx, int64_t id, struct job *out)
{
    enum err e = change(ctx, make_due, &(struct job){.id = id}, context_now_ms(ctx));
    ctx->wake_jobs = !e;
    return refusal(ctx, e, id, out);
}

enum err job_drop(struct context *ctx, int64_t id)
{
    struct job job = {.id = id};
    enum err e = change(ctx, make_dropped, &job, 0);
    return e ? refusal(ctx, e, id, &job) : ERR_OK;
}

enum err job_counts(struct context *ctx, struct job_count **items, int *count)
{
    return job_dao_counts(ctx->app->db, ctx->arena, items, count);
}
