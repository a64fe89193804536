#include "db/job_dao.h"

#include <stdint.h>

#define WAITING SQL_NUMBER(JOB_WAITING)
#define RUNNING SQL_NUMBER(JOB_RUNNING)
#define DONE SQL_NUMBER(JOB_DONE)
#define DEAD SQL_NUMBER(JOB_DEAD)
#define IS_OVER "state IN (" DONE ", " DEAD ")"
#define COLUMNS \
    "SELECT id, kind, job_key, payload, progress, state, due_at, tries, runs, request_id, created_at, done_at, error FROM jobs "

/* Assignments run from left to right, so that the state comes last. */
static const char SQL_ADD[] =
    "INSERT INTO jobs (kind, job_key, payload, state, due_at, request_id, created_at) VALUES (?, ?, ?, " WAITING
    ", ?, ?, ?) ON DUPLICATE KEY UPDATE again = again OR state = " RUNNING ", due_at = IF(state = " RUNNING
    ", due_at, IF(state = " WAITING ", LEAST(due_at, VALUES(due_at)), VALUES(due_at))), "
    "tries = IF(" IS_OVER ", 0, tries), progress = IF(" IS_OVER ", NULL, progress), error = IF(" IS_OVER
    ", NULL, error), done_at = NULL, state = IF(" IS_OVER ", " WAITING ", state)";
static const char SQL_LOCK_KIND[] = "INSERT INTO job_kinds (kind) VALUES (?) ON DUPLICATE KEY UPDATE kind = kind";
static const char SQL_COUNT_RUNNING[] =
    "SELECT COUNT(*) FROM jobs WHERE kind = ? AND state = " RUNNING " AND due_at > ?";
/* By the index jobs_due, which has them in this order: only the first row is locked. */
static const char SQL_DUE[] =
    COLUMNS "WHERE kind = ? AND state = ? AND due_at <= ? ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED";
static const char SQL_START[] =
    "UPDATE jobs SET state = " RUNNING ", due_at = ?, tries = tries + 1, runs = runs + 1 WHERE id = ?";
#define IS_OURS " WHERE id = ? AND runs = ? AND state = " RUNNING
/* Always a change, so that it tells whether the job is ours still. */
static const char SQL_HOLD[] = "UPDATE jobs SET due_at = GREATEST(?, due_at + INTERVAL 1000 MICROSECOND)" IS_OURS;
static const char SQL_WAIT[] =
    "UPDATE jobs SET state = " WAITING ", due_at = ?, progress = ?, tries = ?, error = ?" IS_OURS;
static const char SQL_OVER[] =
    "UPDATE jobs SET state = IF(again, " WAITING
    ", ?), due_at = IF(again, ?, NULL), done_at = IF(again, NULL, ?), progress = IF(again, NULL, progress), "
    "tries = IF(again, 0, tries), error = ?, again = FALSE" IS_OURS;
/* A seek for each kind and state, however many jobs there are. */
static const char SQL_NEXT[] =
    "SELECT kind, MIN(due_at) FROM jobs WHERE state IN (" WAITING ", " RUNNING ") GROUP BY kind, state";
static const char SQL_COUNTS[] = "SELECT kind, state, COUNT(*), MIN(due_at) FROM jobs WHERE state <> " DONE
                                 " GROUP BY kind, state ORDER BY kind, state";
static const char SQL_LIST[] =
    COLUMNS "WHERE id < ? AND (? = 0 OR state = ?) AND (? IS NULL OR kind = ?) ORDER BY id DESC LIMIT ?";
static const char SQL_BY_ID[] = COLUMNS "WHERE id = ?";
static const char SQL_REPEAT[] =
    "UPDATE jobs SET progress = IF(state = " DONE ", NULL, progress), state = " WAITING
    ", due_at = ?, tries = 0, error = NULL, done_at = NULL WHERE id = ? AND state <> " RUNNING;
static const char SQL_DROP[] = "DELETE FROM jobs WHERE id = ? AND state <> " RUNNING;
static const char SQL_FORGET_DONE[] =
    "DELETE FROM jobs WHERE state = " DONE " AND done_at < ? ORDER BY done_at LIMIT ?";

static void read_job(struct db_rows *rows, void *out)
{
    struct job *j = out;
    j->id = db_get_int(rows);
    j->kind = db_get_text(rows);
    j->key = db_get_text(rows);
    j->payload = db_get_text(rows);
    j->progress = db_get_text(rows);
    j->state = db_get_int(rows);
    j->due_ms = db_get_time(rows);
    j->tries = db_get_int(rows);
    j->runs = db_get_int(rows);
    j->request_id = db_get_text(rows);
    j->created_ms = db_get_time(rows);
    j->done_ms = db_get_time(rows);
    j->error = db_get_text(rows);
}

enum err job_dao_add(struct db *db, const struct job *j)
{
    return db_execute(db, SQL_ADD,
                      DB_PARAMS(db_text(j->kind), db_text(j->key), db_text(j->payload), db_time(j->due_ms),
                                db_text(j->request_id), db_time(j->created_ms)),
                      NULL);
}

enum err job_dao_lock_kind(struct db *db, const char *kind)
{
    return db_execute(db, SQL_LOCK_KIND, DB_PARAMS(db_text(kind)), NULL);
}

enum err job_dao_running(struct db *db, const char *kind, int64_t now_ms, int64_t *count)
{
    return db_select_int(db, SQL_COUNT_RUNNING, DB_PARAMS(db_text(kind), db_time(now_ms)), count);
}

enum err job_dao_due(struct db *db, struct arena *arena, const char *kind, enum job_state state, int64_t now_ms,
                     struct job *out)
{
    return db_select_one(db, arena, SQL_DUE, DB_PARAMS(db_text(kind), db_int(state), db_time(now_ms)), read_job, out);
}

enum err job_dao_start(struct db *db, int64_t id, int64_t until_ms)
{
    return db_change_one(db, SQL_START, DB_PARAMS(db_time(until_ms), db_int(id)));
}

enum err job_dao_hold(struct db *db, const struct job *j, int64_t until_ms)
{
    return db_change_one(db, SQL_HOLD, DB_PARAMS(db_time(until_ms), db_int(j->id), db_int(j->runs)));
}

enum err job_dao_wait(struct db *db, const struct job *j)
{
    return db_change_one(db, SQL_WAIT,
                         DB_PARAMS(db_time(j->due_ms), db_text(j->progress), db_int(j->tries), db_text(j->error),
                                   db_int(j->id), db_int(j->runs)));
}

enum err job_dao_over(struct db *db, const struct job *j, enum job_state state, int64_t now_ms)
{
    return db_change_one(
        db, SQL_OVER,
        DB_PARAMS(db_int(state), db_time(now_ms), db_time(now_ms), db_text(j->error), db_int(j->id), db_int(j->runs)));
}

static void read_due(struct db_rows *rows, void *out)
{
    struct job_kind_due *d = out;
    d->kind = db_get_text(rows);
    d->due_ms = db_get_time(rows);
}

enum err job_dao_next(struct db *db, struct arena *arena, struct job_kind_due **items, int *count)
{
    return db_select_all(db, arena, SQL_NEXT, DB_NO_PARAMS, read_due, sizeof **items, items, count);
}

static void read_count(struct db_rows *rows, void *out)
{
    struct job_count *c = out;
    c->kind = db_get_text(rows);
    c->state = db_get_int(rows);
    c->count = db_get_int(rows);
    c->due_ms = db_get_time(rows);
}

enum err job_dao_counts(struct db *db, struct arena *arena, struct job_count **items, int *count)
{
    return db_select_all(db, arena, SQL_COUNTS, DB_NO_PARAMS, read_count, sizeof **items, items, count);
}

enum err job_dao_list(struct db *db, struct arena *arena, const struct job_filter *f, struct job **items, int *count)
{
    struct db_param state = db_int(f->state), kind = db_text(f->kind);
    return db_select_all(
        db, arena, SQL_LIST,
        DB_PARAMS(db_int(f->before ? f->before : INT64_MAX), state, state, kind, kind, db_int(f->limit)), read_job,
        sizeof **items, items, count);
}

enum err job_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct job *out)
{
    return db_select_one(db, arena, SQL_BY_ID, DB_PARAMS(db_int(id)), read_job, out);
}

enum err job_dao_repeat(struct db *db, int64_t id, int64_t now_ms)
{
    return db_change_one(db, SQL_REPEAT, DB_PARAMS(db_time(now_ms), db_int(id)));
}

enum err job_dao_drop(struct db *db, int64_t id) { return db_change_one(db, SQL_DROP, DB_PARAMS(db_int(id))); }

enum err job_dao_forget_done(struct db *db, int64_t before_ms, int64_t limit, int64_t *count)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_FORGET_DONE, DB_PARAMS(db_time(before_ms), db_int(limit)), &result);
    if (!e)
        *count = result.affected;
    return e;
}
