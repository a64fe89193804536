/* Jobs: what is done later, takes long, or is tried until it succeeds.
 *
 * Whoever wants something done adds a row in the transaction of its cause (job_add), so that nothing that was promised
 * gets lost. Workers without a socket do it (fcgi/jobs.h). A job may be done twice: a worker can die after the work and
 * before it is noted. So its function must not mind what it did already.
 *
 * A function does a part of the work and answers how it stands:
 *
 *     static struct job_result run(struct context *ctx, const struct job *job)
 *     {
 *         …
 *         return e ? job_failed(err_code(e)) : more ? job_again(0, progress) : job_done();
 *     }
 *
 * One that has much to do does a part of it (kind->part_ms is the limit), and says how far it is; others get their turn
 * in between. Where it does several parts in a row, or waits for another program, it asks job_should_stop() now and
 * then, and tells by job_hold() that it lives. */
#ifndef SERVICE_JOB_H
#define SERVICE_JOB_H

#include "db/job_dao.h"
#include "service/context.h"

struct job_result {
    enum { JOB_RESULT_DONE, JOB_RESULT_AGAIN, JOB_RESULT_FAILED } end;
    int64_t at_ms;
    const char *text;
};

/* All is done. */
static inline struct job_result job_done(void) { return (struct job_result){JOB_RESULT_DONE, 0, NULL}; }

/* A part is done: goes on at a time (0: as soon as may be) with this progress, JSON in the arena. */
static inline struct job_result job_again(int64_t at_ms, const char *progress)
{
    return (struct job_result){JOB_RESULT_AGAIN, at_ms, progress};
}

/* It did not work, and is tried again from where it was, or is dead after too many tries. The reason is for
 * administrators: a few words, no secret and no personal data. */
static inline struct job_result job_failed(const char *reason)
{
    return (struct job_result){JOB_RESULT_FAILED, 0, reason};
}

struct job_kind {
    const char *name;
    struct job_result (*run)(struct context *ctx, const struct job *job);
    int at_once;
    bool is_long;
    int64_t part_ms;
    int64_t tries;
    int64_t back_off_ms;
    int64_t every_ms;
};

enum job_name {
#define JOB(name, text, run, at_once, length, part_s, tries, back_off_s, every_s) JOB_##name,
#include "service/job.def"
#undef JOB
    JOB_KINDS
};

extern const struct job_kind job_kinds[JOB_KINDS];

/* Adds a job; inside the transaction of its cause. key (may be NULL): while a job with it waits none is added, and one
 * that runs will run once more afterwards; the same key always comes with the same payload. at_ms: not before; 0: as
 * soon as may be. Workers are woken when the request is through (job_wake). */
MUST_CHECK enum err job_add(struct context *ctx, enum job_name name, const char *key, const char *payload,
                            int64_t at_ms);

/* Wakes workers where jobs were added in this context; after the commit. Without Redis they find them by looking. */
void job_wake(struct context *ctx);

/* ---- inside a job's function ---- */

/* Whether the worker is to end: what is not done yet is given back by job_again. */
bool job_should_stop(void);

/* Begins the next part: the job is this worker's for another kind->part_ms. ERR_CONFLICT: it is no longer; ends at
 * once, nothing of what it answers counts. */
MUST_CHECK enum err job_hold(struct context *ctx, const struct job *job);

/* ---- workers ---- */

/* A worker's view of the kinds. */
struct job_worker {
    const struct job_kind *kinds;
    int count;
    bool only_short;
    int last; /* the kind that it did last: the others come first */
};

/* Does one job, or a part of it, where one is due. *did says so; where none is, *next_ms when the next one will be; 0:
 * none waits. */
MUST_CHECK enum err job_run_next(struct context *ctx, struct job_worker *worker, bool *did, int64_t *next_ms);

/* ---- administrators ---- */

const char *job_state_name(enum job_state state);

MUST_CHECK enum err job_list(struct context *ctx, const struct job_filter *filter, struct job **items, int *count);

/* It is due at once; what was done begins anew. ERR_NOT_FOUND, ERR_CONFLICT: it runs. */
MUST_CHECK enum err job_repeat(struct context *ctx, int64_t id, struct job *out);

/* ERR_NOT_FOUND, ERR_CONFLICT: it runs. */
MUST_CHECK enum err job_drop(struct context *ctx, int64_t id);

/* How many of each kind wait, run and are dead. */
MUST_CHECK enum err job_counts(struct context *ctx, struct job_count **items, int *count);

#endif
