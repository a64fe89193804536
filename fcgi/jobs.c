#include "fcgi/jobs.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/ids.h"
#include "core/log.h"
#include "service/job.h"

/* One look; answers for how long there is nothing to do. */
static int64_t jobs_round(struct app *app, struct arena *arena, struct job_worker *worker)
{
    char id[IDS_REQUEST_CHARS + 1];
    bool did = false;
    int64_t next_ms = 0, pause_ms = app->config->housekeeping_ms;
    ids_request(&app->random, id);
    struct context ctx = {.app = app, .arena = arena, .request_id = id, .address = "", .user_agent = ""};
    enum err e = job_run_next(&ctx, worker, &did, &next_ms);
    if (e)
        log_event(LOG_WARN, "jobs_failed", "code", err_code(e), NULL);
    arena_reset(arena);
    if (did)
        return 0;
    int64_t until_next_ms = next_ms ? next_ms - clock_now_ms(&app->clock) : pause_ms;
    return until_next_ms < 1 ? 1 : until_next_ms < pause_ms ? until_next_ms : pause_ms;
}

void jobs_loop(struct app *app, struct score *score, bool only_short)
{
    struct arena *arena = arena_new();
    struct kv_listener *listener = kv_listener_new(app->config, &app->clock, KV_JOBS_CHANNEL);
    struct job_worker worker = {.kinds = job_kinds, .count = JOB_KINDS, .only_short = only_short};
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL); /* job_should_stop() looks for it */
    signal(SIGPIPE, SIG_IGN);
    int term_fd = signalfd(-1, &term, SFD_CLOEXEC);
    if (term_fd < 0)
        abort();
    app->score = score;
    while (!job_should_stop()) {
        int64_t pause_ms = jobs_round(app, arena, &worker);
        if (pause_ms && !job_should_stop())
            kv_listener_wait(listener, pause_ms, term_fd);
    }
    close(term_fd);
    kv_listener_free(&listener);
    arena_free(&arena);
}
