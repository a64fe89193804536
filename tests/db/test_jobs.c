/* service/job.h on a real server, with kinds and a clock that the test owns: who takes what, when it is tried again,
 * and what becomes of a job whose worker is lost. */
#include "service/job.h"

#include <signal.h>
#include <stdlib.h>

#include "core/limits.h"

#include "tests/check_main.h"
#include "tests/db/at_once.h"

enum { QUICK, SLOW, FAILING, RECURRING, KINDS, PART_MS = 30000, BACK_OFF_MS = 10000, EVERY_MS = 3600000 };

/* What the function of a kind is to answer next, and what it was given last. */
static struct job_result answer;
static char progress_seen[64];
static int64_t try_seen;

static struct job_result act(struct context *ctx, const struct job *job)
{
    (void)ctx;
    snprintf(progress_seen, sizeof progress_seen, "%s", job->progress ? job->progress : "-");
    try_seen = job->tries;
    return answer;
}

static const struct job_kind kinds[KINDS] = {
    [QUICK] = {"quick", act, 2, false, PART_MS, 3, BACK_OFF_MS, 0},
    [SLOW] = {"slow", act, 1, true, PART_MS, 3, BACK_OFF_MS, 0},
    [FAILING] = {"failing", act, 1, false, PART_MS, 3, BACK_OFF_MS, 0},
    [RECURRING] = {"recurring", act, 1, false, PART_MS, 0, BACK_OFF_MS, EVERY_MS},
};

static struct job_worker all_kinds(void) { return (struct job_worker){.kinds = kinds, .count = RECURRING}; }

static void begin(void)
{
    fixture_begin();
    ck_assert_int_eq(db_run_script(app.db, "DELETE FROM jobs; DELETE FROM job_kinds"), ERR_OK);
    answer = job_done();
}

static void add_at(int kind, const char *key, int64_t due_ms)
{
    const struct job job = {.kind = kinds[kind].name,
                            .key = key,
                            .payload = "{}",
                            .due_ms = due_ms,
                            .request_id = "test",
                            .created_ms = app.clock.fixed_ms};
    ck_assert_int_eq(job_dao_add(app.db, &job), ERR_OK);
}

static void add(int kind, const char *key) { add_at(kind, key, app.clock.fixed_ms); }

/* One look of a worker: whether it did something. */
static bool run_with(struct job_worker *worker, int64_t *next_ms)
{
    bool did;
    struct context ctx = context_of(0);
    ck_assert_int_eq(job_run_next(&ctx, worker, &did, next_ms), ERR_OK);
    return did;
}

static bool run_once(void)
{
    int64_t next_ms;
    struct job_worker worker = all_kinds();
    return run_with(&worker, &next_ms);
}

static struct job only_job(void)
{
    struct job *items;
    int count;
    struct context ctx = context_of(0);
    const struct job_filter any = {.limit = 2};
    ck_assert_int_eq(job_list(&ctx, &any, &items, &count), ERR_OK);
    ck_assert_int_eq(count, 1);
    return items[0];
}

/* As a worker does that takes it and dies. */
static void lose(void)
{
    ck_assert_int_eq(db_run_script(app.db, "UPDATE jobs SET state = 2, runs = runs + 1, tries = tries + 1, "
                                           "due_at = FROM_UNIXTIME(1800000000) + INTERVAL 35 SECOND WHERE state = 1"),
                     ERR_OK);
}

START_TEST(test_job_is_done_once_and_not_before_its_time)
{
    begin();
    int64_t next_ms;
    struct job_worker worker = all_kinds();
    add_at(QUICK, NULL, NOW_MS + 5000);
    ck_assert(!run_with(&worker, &next_ms));
    ck_assert_int_eq(next_ms, NOW_MS + 5000);
    app.clock.fixed_ms += 5000;
    ck_assert(run_with(&worker, &next_ms));
    ck_assert(!run_with(&worker, &next_ms));
    ck_assert_int_eq(next_ms, 0);
    struct job job = only_job();
    ck_assert_int_eq(job.state, JOB_DONE);
    ck_assert_int_eq(job.done_ms, NOW_MS + 5000);
    ck_assert_int_eq(job.due_ms, 0);
    app_end();
}
END_TEST

START_TEST(test_job_goes_on_from_its_progress)
{
    begin();
    add(QUICK, NULL);
    answer = job_again(0, "{\"at\":1}");
    ck_assert(run_once());
    ck_assert_str_eq(progress_seen, "-");
    answer = job_again(NOW_MS + 60000, "{\"at\":2}");
    ck_assert(run_once());
    ck_assert_str_eq(progress_seen, "{\"at\":1}");
    ck_assert(!run_once());
    app.clock.fixed_ms += 60000;
    answer = job_done();
    ck_assert(run_once());
    ck_assert_str_eq(progress_seen, "{\"at\":2}");
    ck_assert_int_eq(try_seen, 1);
    app_end();
}
END_TEST

START_TEST(test_job_that_fails_is_tried_ever_later_and_then_dead)
{
    begin();
    add(FAILING, NULL);
    answer = job_failed("no route to host");
    ck_assert(run_once());
    ck_assert_int_eq(only_job().due_ms, app.clock.fixed_ms + BACK_OFF_MS);
    ck_assert_str_eq(only_job().error, "no route to host");
    ck_assert(!run_once());
    app.clock.fixed_ms += BACK_OFF_MS;
    ck_assert(run_once());
    ck_assert_int_eq(only_job().due_ms, app.clock.fixed_ms + 2 * BACK_OFF_MS);
    app.clock.fixed_ms += 2 * BACK_OFF_MS;
    ck_assert(run_once());
    ck_assert_int_eq(only_job().state, JOB_DEAD);
    app.clock.fixed_ms += 100 * BACK_OFF_MS;
    ck_assert(!run_once());
    app_end();
}
END_TEST

START_TEST(test_job_gets_its_tries_anew_with_each_part_done)
{
    begin();
    add(FAILING, NULL);
    for (int i = 0; i < 5; i++) {
        answer = i % 2 ? job_again(0, "{}") : job_failed("now and then");
        ck_assert(run_once());
        ck_assert_int_eq(only_job().state, JOB_WAITING);
        app.clock.fixed_ms += BACK_OFF_MS;
    }
    app_end();
}
END_TEST

START_TEST(test_job_of_a_lost_worker_is_taken_anew_and_given_up_after_its_tries)
{
    begin();
    add(FAILING, NULL);
    lose();
    ck_assert(!run_once());
    app.clock.fixed_ms += PART_MS + 5000;
    answer = job_again(0, "{}");
    ck_assert(run_once());
    ck_assert_int_eq(try_seen, 2);
    app.clock.fixed_ms = NOW_MS;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(db_run_script(app.db, "UPDATE jobs SET state = 1"), ERR_OK);
        lose();
    }
    app.clock.fixed_ms += PART_MS + 5000;
    ck_assert(run_once());
    ck_assert_int_eq(only_job().state, JOB_DEAD);
    ck_assert_str_eq(only_job().error, "worker_lost");
    app_end();
}
END_TEST

/* Another worker has taken it: what this one answers changes nothing, and it hears so. */
static struct job_result act_too_late(struct context *ctx, const struct job *job)
{
    ck_assert_int_eq(job_hold(ctx, job), ERR_OK);
    app.clock.fixed_ms += PART_MS + 5000;
    lose();
    ck_assert_int_eq(db_run_script(app.db, "UPDATE jobs SET runs = runs + 1"), ERR_OK);
    ck_assert_int_eq(job_hold(ctx, job), ERR_CONFLICT);
    return job_done();
}

START_TEST(test_job_that_was_taken_by_another_worker_is_not_ended_by_the_first)
{
    begin();
    static const struct job_kind late = {"quick", act_too_late, 1, false, PART_MS, 3, BACK_OFF_MS, 0};
    struct job_worker worker = {.kinds = &late, .count = 1};
    int64_t next_ms;
    add(QUICK, NULL);
    ck_assert(run_with(&worker, &next_ms));
    ck_assert_int_eq(only_job().state, JOB_RUNNING);
    app_end();
}
END_TEST

START_TEST(test_job_key_is_there_once)
{
    begin();
    add_at(QUICK, "k", NOW_MS + 5000);
    add(QUICK, "k"); /* sooner than it was to be */
    add_at(QUICK, "k", NOW_MS + 9000);
    ck_assert_int_eq(only_job().due_ms, NOW_MS);
    ck_assert(run_once());
    ck_assert_int_eq(only_job().state, JOB_DONE);
    add(QUICK, "k");
    ck_assert_int_eq(only_job().state, JOB_WAITING);
    add(QUICK, NULL);
    add(QUICK, NULL);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs"), 3);
    app_end();
}
END_TEST

static struct job_result act_asked_again(struct context *ctx, const struct job *job)
{
    (void)ctx;
    if (!job->progress)
        add(QUICK, "k");
    return job->progress ? job_done() : job_again(0, "{}");
}

START_TEST(test_job_that_is_asked_for_while_it_runs_runs_once_more)
{
    begin();
    static const struct job_kind again = {"quick", act_asked_again, 1, false, PART_MS, 3, BACK_OFF_MS, 0};
    struct job_worker worker = {.kinds = &again, .count = 1};
    int64_t next_ms;
    add(QUICK, "k");
    ck_assert(run_with(&worker, &next_ms));
    ck_assert(run_with(&worker, &next_ms)); /* done, and begun anew */
    ck_assert_int_eq(only_job().state, JOB_WAITING);
    ck_assert_ptr_null(only_job().progress);
    app_end();
}
END_TEST

START_TEST(test_job_limit_of_its_kind_holds_and_other_kinds_go_on)
{
    begin();
    add(QUICK, NULL);
    add(QUICK, NULL);
    add(QUICK, NULL);
    ck_assert_int_eq(db_run_script(app.db, "UPDATE jobs SET state = 2, due_at = due_at + INTERVAL 1 MINUTE LIMIT 2"),
                     ERR_OK);
    ck_assert(!run_once());
    add(SLOW, NULL);
    ck_assert(run_once());
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs WHERE kind = 'slow' AND state = 3"), 1);
    app_end();
}
END_TEST

START_TEST(test_job_kinds_take_turns_and_a_worker_is_left_to_short_ones)
{
    begin();
    int64_t next_ms;
    struct job_worker worker = all_kinds();
    for (int i = 0; i < 3; i++) {
        add(QUICK, NULL);
        add(SLOW, NULL);
    }
    for (int i = 0; i < 4; i++)
        ck_assert(run_with(&worker, &next_ms));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs WHERE kind = 'slow' AND state = 3"), 2);
    worker.only_short = true;
    while (run_with(&worker, &next_ms))
        continue;
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs WHERE kind = 'slow' AND state = 1"), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs WHERE kind = 'quick' AND state = 1"), 0);
    app_end();
}
END_TEST

START_TEST(test_job_that_recurs_is_there_by_itself_and_waits_for_its_next_turn)
{
    begin();
    int64_t next_ms;
    struct job_worker worker = {.kinds = &kinds[RECURRING], .count = 1};
    while (!run_with(&worker, &next_ms))
        continue;
    ck_assert_int_eq(only_job().due_ms, NOW_MS + EVERY_MS);
    ck_assert(!run_with(&worker, &next_ms));
    ck_assert_int_eq(next_ms, NOW_MS + EVERY_MS);
    answer = job_failed("x");
    for (int i = 0; i < 20; i++) {
        app.clock.fixed_ms += EVERY_MS;
        ck_assert(run_with(&worker, &next_ms));
    }
    ck_assert_int_eq(only_job().state, JOB_WAITING); /* never given up */
    ck_assert_int_eq(only_job().due_ms, app.clock.fixed_ms + LIMIT_JOB_BACK_OFF_MS);
    app_end();
}
END_TEST

START_TEST(test_job_is_repeated_or_dropped_unless_it_runs)
{
    begin();
    struct context ctx = context_of(0);
    struct job job;
    add(FAILING, NULL);
    int64_t id = only_job().id;
    lose();
    ck_assert_int_eq(job_repeat(&ctx, id, &job), ERR_CONFLICT);
    ck_assert_int_eq(job_drop(&ctx, id), ERR_CONFLICT);
    ck_assert_int_eq(job_repeat(&ctx, id + 1, &job), ERR_NOT_FOUND);
    ck_assert_int_eq(job_drop(&ctx, id + 1), ERR_NOT_FOUND);
    ck_assert_int_eq(db_run_script(app.db, "UPDATE jobs SET state = 4, due_at = NULL, error = 'x', progress = '{}'"),
                     ERR_OK);
    ck_assert(!ctx.wake_jobs);
    ck_assert_int_eq(job_repeat(&ctx, id, &job), ERR_OK);
    ck_assert(ctx.wake_jobs);
    ck_assert_int_eq(job.state, JOB_WAITING);
    ck_assert_ptr_null(job.error);
    ck_assert(run_once());
    ck_assert_str_eq(progress_seen, "{}");
    ck_assert_int_eq(job_drop(&ctx, id), ERR_OK);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs"), 0);
    app_end();
}
END_TEST

/* Each one notes itself in a row of its own: twice the same would be a duplicate. */
static struct job_result note_id(struct context *ctx, const struct job *job)
{
    const struct user user = {.email = job->key, .password_hash = "-", .display_name = "x", .locale = "en"};
    int64_t id, running;
    ck_assert_int_eq(user_dao_insert(ctx->app->db, &user, NOW_MS, &id), ERR_OK);
    ck_assert_int_eq(job_dao_running(ctx->app->db, job->kind, NOW_MS, &running), ERR_OK);
    ck_assert_int_le(running, 2);
    return job_done();
}

static void work(int number_of, void *arg)
{
    (void)number_of;
    (void)arg;
    static const struct job_kind kind = {"quick", note_id, 2, false, PART_MS, 3, BACK_OFF_MS, 0};
    struct job_worker worker = {.kinds = &kind, .count = 1};
    int64_t next_ms;
    while (number("SELECT COUNT(*) FROM jobs WHERE state = 1"))
        run_with(&worker, &next_ms);
}

START_TEST(test_job_is_never_done_by_two_workers_and_never_too_many_at_once)
{
    enum { JOBS = 100, WORKERS = 5 };
    begin();
    for (int i = 0; i < JOBS; i++)
        add(QUICK, arena_printf(arena, "job%d@example.org", i));
    app_end();
    at_once(WORKERS, work, NULL);
    app_begin();
    ck_assert_int_eq(number("SELECT COUNT(*) FROM users"), JOBS);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM jobs WHERE state = 3 AND runs = 1"), JOBS);
    app_end();
}
END_TEST

START_TEST(test_job_is_asked_to_stop_by_sigterm)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    ck_assert(!job_should_stop());
    raise(SIGTERM);
    ck_assert(job_should_stop());
    ck_assert(job_should_stop());
}
END_TEST

START_TEST(test_job_wakes_who_listens)
{
    begin();
    int pipe_fds[2];
    ck_assert_int_eq(pipe(pipe_fds), 0);
    struct clock clock = clock_system();
    struct kv_listener *listener = kv_listener_new(&config, &clock, KV_JOBS_CHANNEL);
    kv_listener_wait(listener, 60000, pipe_fds[0]); /* connected */
    struct context ctx = context_of(0);
    int64_t start_us = clock_elapsed_us();
    kv_listener_wait(listener, 50, pipe_fds[0]); /* nothing comes */
    ck_assert_int_ge(clock_elapsed_us() - start_us, 45000);
    job_wake(&ctx); /* nothing was added */
    kv_listener_wait(listener, 50, pipe_fds[0]);
    ck_assert_int_ge(clock_elapsed_us() - start_us, 90000);
    ck_assert_int_eq(job_add(&ctx, JOB_RETENTION, "retention", "{}", 0), ERR_OK);
    job_wake(&ctx);
    start_us = clock_elapsed_us();
    kv_listener_wait(listener, 60000, pipe_fds[0]);
    ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
    kv_listener_wait(listener, 60000, pipe_fds[0]);
    ck_assert_int_lt(clock_elapsed_us() - start_us, 60000000);
    kv_listener_free(&listener);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    app_end();
}
END_TEST

CHECK_MAIN("jobs", test_job_is_done_once_and_not_before_its_time, test_job_goes_on_from_its_progress,
           test_job_that_fails_is_tried_ever_later_and_then_dead, test_job_gets_its_tries_anew_with_each_part_done,
           test_job_of_a_lost_worker_is_taken_anew_and_given_up_after_its_tries,
           test_job_that_was_taken_by_another_worker_is_not_ended_by_the_first, test_job_key_is_there_once,
           test_job_that_is_asked_for_while_it_runs_runs_once_more,
           test_job_limit_of_its_kind_holds_and_other_kinds_go_on,
           test_job_kinds_take_turns_and_a_worker_is_left_to_short_ones,
           test_job_that_recurs_is_there_by_itself_and_waits_for_its_next_turn,
           test_job_is_repeated_or_dropped_unless_it_runs,
           test_job_is_never_done_by_two_workers_and_never_too_many_at_once, test_job_is_asked_to_stop_by_sigterm,
           test_job_wakes_who_listens)
