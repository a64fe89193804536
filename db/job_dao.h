/* Jobs as rows. Who may take one and what becomes of it is decided in service/job.c. */
#ifndef DB_JOB_DAO_H
#define DB_JOB_DAO_H

#include "db/db.h"

#define NUMBER_JOB_WAITING 1
#define NUMBER_JOB_RUNNING 2
#define NUMBER_JOB_DONE 3
#define NUMBER_JOB_DEAD 4
enum job_state {
    JOB_WAITING = NUMBER_JOB_WAITING,
    JOB_RUNNING = NUMBER_JOB_RUNNING,
    JOB_DONE = NUMBER_JOB_DONE,
    JOB_DEAD = NUMBER_JOB_DEAD
};

struct job {
    int64_t id;
    const char *kind;
    const char *key;      /* NULL: none */
    const char *payload;  /* JSON: what is to be done */
    const char *progress; /* JSON: how far it is; NULL: it begins */
    int64_t state;        /* enum job_state */
    int64_t due_ms;       /* waiting: not before; running: its worker counts as lost then; else 0 */
    int64_t tries;        /* since it last got further, the present one among them */
    int64_t runs;         /* how often it was taken */
    const char *request_id;
    int64_t created_ms;
    int64_t done_ms;   /* when it was done or given up; 0: it is not */
    const char *error; /* why the last try failed; NULL: it did not */
    int64_t part_ms;   /* of its kind, where it runs; no column */
};

/* Adds a job that waits. Where one has the key already: one that waits, waits no longer than this one would; one that
 * runs will run again; one that is over begins anew. */
MUST_CHECK enum err job_dao_add(struct db *db, const struct job *job);

/* ---- taking one; in a transaction ---- */

/* Nobody else chooses among the jobs of this kind until the transaction ends. */
MUST_CHECK enum err job_dao_lock_kind(struct db *db, const char *kind);

/* How many of a kind run in workers that are not lost. */
MUST_CHECK enum err job_dao_running(struct db *db, const char *kind, int64_t now_ms, int64_t *count);

/* The one that waits, or whose worker is lost, for longest; its row is locked. ERR_DB_NO_ROW: there is none. */
MUST_CHECK enum err job_dao_due(struct db *db, struct arena *arena, const char *kind, enum job_state state,
                                int64_t now_ms, struct job *out);

/* It runs from now on, and is lost at until_ms. */
MUST_CHECK enum err job_dao_start(struct db *db, int64_t id, int64_t until_ms);

/* ---- what becomes of a job that runs; ERR_DB_NO_ROW: somebody else has taken it since ---- */

MUST_CHECK enum err job_dao_hold(struct db *db, const struct job *job, int64_t until_ms);

/* It waits until due_ms, with its progress, tries and error as they are in the struct. */
MUST_CHECK enum err job_dao_wait(struct db *db, const struct job *job);

/* It is done or dead; or, where it was asked for once more meanwhile, it waits and begins anew. */
MUST_CHECK enum err job_dao_over(struct db *db, const struct job *job, enum job_state state, int64_t now_ms);

/* ---- looking ---- */

struct job_kind_due {
    const char *kind;
    int64_t due_ms;
};

/* When the next job of each kind is due that waits or runs: a kind may be there twice. */
MUST_CHECK enum err job_dao_next(struct db *db, struct arena *arena, struct job_kind_due **items, int *count);

struct job_count {
    const char *kind;
    int64_t state; /* waiting, running or dead */
    int64_t count;
    int64_t due_ms; /* the earliest */
};

MUST_CHECK enum err job_dao_counts(struct db *db, struct arena *arena, struct job_count **items, int *count);

struct job_filter {
    enum job_state state; /* 0: any */
    const char *kind;     /* NULL: any */
    int64_t before;       /* ids below this one; 0: from the newest on */
    int64_t limit;
};

/* The newest first. */
MUST_CHECK enum err job_dao_list(struct db *db, struct arena *arena, const struct job_filter *filter,
                                 struct job **items, int *count);

MUST_CHECK enum err job_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct job *out);

/* ---- what administrators do to one that does not run; ERR_DB_NO_ROW: it runs, or is not there ---- */

/* It waits and is due; one that was done begins anew. */
MUST_CHECK enum err job_dao_repeat(struct db *db, int64_t id, int64_t now_ms);
MUST_CHECK enum err job_dao_drop(struct db *db, int64_t id);

/* Removes those that were done before a time, at most limit. */
MUST_CHECK enum err job_dao_forget_done(struct db *db, int64_t before_ms, int64_t limit, int64_t *count);

#endif
