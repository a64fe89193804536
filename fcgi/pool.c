#include "fcgi/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/scoreboard.h"
#include "core/text.h"
#include "fcgi/accept.h"
#include "fcgi/housekeeping.h"
#include "fcgi/jobs.h"

enum {
    TICK_MS = 250,
    SHORT_LIFE_MS = 2000, /* a worker that lived shorter makes the next one wait */
    BACKOFF_MAX_MS = 5000,
    LONG_WORK_NICENESS = 10,
    SCOREBOARD_FD = 3 /* in a worker; the listening socket is 0, as FastCGI has it */
};

struct listener {
    enum pool pool;
    const char *path;
    mode_t mode;
    int64_t workers;
    int fd;
    const char *group; /* that may connect besides; NULL or empty: none */
};

struct worker {
    const struct listener *listener;
    pid_t pid;     /* 0: not running */
    pid_t old_pid; /* the predecessor that finishes its request; 0: none */
    int64_t started_ms;
    int64_t start_at_ms; /* not before */
    int64_t backoff_ms;
    bool replace; /* SIGHUP: still the old one */
    int score;    /* of the scoreboard; while being replaced, the predecessor has the other one of the pair */
};

struct supervisor {
    const struct config *config;
    const char *program;
    struct clock clock;
    struct listener listeners[POOL_COUNT];
    struct worker *workers;
    int count;
    struct scoreboard *board; /* two places for each worker */
    int board_fd;
    bool stopping;
};

static int64_t now_ms(const struct supervisor *s) { return clock_now_ms(&s->clock); }

/* Whether some process still answers on a socket that lies there. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return alive;
}

/* Media nodes run under an account of their own. The socket is theirs from the moment it can be connected to. */
static bool share_with_group(const char *path, const char *name)
{
    int64_t number;
    const struct group *group = getgrnam(name);
    if (group)
        number = group->gr_gid;
    else if (!text_to_int(name, &number) || number < 0 || number > INT32_MAX) {
        errno = ENOENT;
        return false;
    }
    return chown(path, (uid_t)-1, (gid_t)number) == 0 && chmod(path, 0660) == 0;
}

static bool listener_open(struct listener *l)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!l->path)
        return true; /* its workers wait for nobody */
    if (strlen(l->path) >= sizeof address.sun_path) {
        log_event(LOG_ERROR, "socket_path_too_long", "path", l->path, NULL);
        return false;
    }
    strcpy(address.sun_path, l->path);
    if (is_alive(&address)) {
        log_event(LOG_ERROR, "socket_in_use", "path", l->path, NULL);
        return false;
    }
    unlink(l->path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0777 & ~l->mode);
    bool ok = l->fd >= 0 && bind(l->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              (!l->group || !*l->group || share_with_group(l->path, l->group)) &&
              listen(l->fd, LIMIT_LISTEN_BACKLOG) == 0;
    umask(before);
    if (!ok)
        log_event(LOG_ERROR, "socket_failed", "path", l->path, "message", strerror(errno), NULL);
    return ok;
}

static void worker_exec(const struct supervisor *s, int place)
{
    const struct worker *w = &s->workers[place];
    char place_text[16], pool_text[16], count_text[16];
    snprintf(place_text, sizeof place_text, "%d", w->score);
    snprintf(pool_text, sizeof pool_text, "%d", (int)w->listener->pool);
    snprintf(count_text, sizeof count_text, "%d", s->board->count);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* no worker outlives its supervisor */
    if ((w->listener->path && dup2(w->listener->fd, 0) < 0) ||
        (s->board_fd != SCOREBOARD_FD && dup2(s->board_fd, SCOREBOARD_FD) < 0))
        _exit(1);
    execl(s->program, "echomeet-api", "worker", place_text, pool_text, count_text, (char *)NULL);
    _exit(127);
}

static void worker_start(struct supervisor *s, int place)
{
    struct worker *w = &s->workers[place];
    w->score = w->score == place ? place + s->count : place;
    score_end(&s->board->scores[w->score]);
    s->board->scores[w->score].pool = (int)w->listener->pool;
    pid_t pid = fork();
    if (pid == 0)
        worker_exec(s, place);
    if (pid < 0) {
        log_event(LOG_ERROR, "fork_failed", "message", strerror(errno), NULL);
        w->start_at_ms = now_ms(s) + BACKOFF_MAX_MS;
        return;
    }
    w->pid = pid;
    w->started_ms = now_ms(s);
}

static bool log_exit(pid_t pid, int status)
{
    bool killed = WIFSIGNALED(status);
    bool expected = !killed && WEXITSTATUS(status) == 0;
    log_event(expected ? LOG_DEBUG : LOG_WARN, "worker_ended", "worker", LOG_INT(pid), killed ? "signal" : "status",
              LOG_INT(killed ? WTERMSIG(status) : WEXITSTATUS(status)), NULL);
    return expected;
}

static void worker_ended(struct supervisor *s, struct worker *w)
{
    int64_t now = now_ms(s);
    bool short_life = now - w->started_ms < SHORT_LIFE_MS;
    w->backoff_ms = !short_life ? 0 : w->backoff_ms == 0 ? 100 : w->backoff_ms * 2;
    if (w->backoff_ms > BACKOFF_MAX_MS)
        w->backoff_ms = BACKOFF_MAX_MS;
    w->start_at_ms = now + w->backoff_ms;
    w->pid = 0;
    s->board->scores[w->score].pool = -1;
}

/* The place that the worker's predecessor has. */
static int other_score(const struct supervisor *s, int i) { return s->workers[i].score == i ? i + s->count : i; }

static void reap(struct supervisor *s)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        s->board->worker_restarts += !log_exit(pid, status);
        for (int i = 0; i < s->count; i++) {
            if (s->workers[i].pid == pid)
                worker_ended(s, &s->workers[i]);
            if (s->workers[i].old_pid == pid) {
                s->workers[i].old_pid = 0;
                s->board->scores[other_score(s, i)].pool = -1;
            }
        }
    }
}

/* A worker that holds one request for too long hangs. */
static void kill_if_stuck(struct supervisor *s, pid_t pid, struct score *score)
{
    int64_t since = atomic_load(&score->busy_since_ms), limit = atomic_load(&score->limit_ms);
    if (!since || !pid || now_ms(s) - since <= (limit ? limit : s->config->request_limit_ms))
        return;
    log_event(LOG_ERROR, "worker_stuck", "worker", LOG_INT(pid), "stuck_request", score->request_id, NULL);
    kill(pid, SIGKILL);
    score_end(score);
    s->board->workers_killed++;
}

static void kill_stuck(struct supervisor *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct worker *w = &s->workers[i];
        kill_if_stuck(s, w->pid, &s->board->scores[w->score]);
        kill_if_stuck(s, w->old_pid, &s->board->scores[other_score(s, i)]);
    }
}

static void start_due(struct supervisor *s)
{
    for (int i = 0; i < s->count; i++)
        if (!s->workers[i].pid && now_ms(s) >= s->workers[i].start_at_ms)
            worker_start(s, i);
}

/* One by one: the successor accepts before the predecessor stops. A signal may come just before accept(), so it is sent
 * again until the predecessor is gone. */
static void replace_next(struct supervisor *s)
{
    for (int i = 0; i < s->count; i++) {
        struct worker *w = &s->workers[i];
        if (w->old_pid) {
            kill(w->old_pid, SIGTERM);
            return;
        }
        if (!w->replace || !w->pid)
            continue;
        w->replace = false;
        w->old_pid = w->pid;
        worker_start(s, i);
        return;
    }
}

static void replace_all(struct supervisor *s)
{
    log_event(LOG_INFO, "replacing_workers", NULL);
    for (int i = 0; i < s->count; i++)
        s->workers[i].replace = s->workers[i].pid != 0;
}

static int running(const struct supervisor *s)
{
    int n = 0;
    for (int i = 0; i < s->count; i++)
        n += (s->workers[i].pid != 0) + (s->workers[i].old_pid != 0);
    return n;
}

static void signal_all(const struct supervisor *s, int signal_number)
{
    for (int i = 0; i < s->count; i++) {
        if (s->workers[i].pid)
            kill(s->workers[i].pid, signal_number);
        if (s->workers[i].old_pid)
            kill(s->workers[i].old_pid, signal_number);
    }
}

/* Lets workers finish; those that do not within the limit are killed. */
static void drain(struct supervisor *s, const sigset_t *signals)
{
    int64_t deadline = now_ms(s) + s->config->request_limit_ms;
    struct timespec tick = {0, 50 * 1000000L};
    for (reap(s); running(s); reap(s)) {
        signal_all(s, now_ms(s) < deadline ? SIGTERM : SIGKILL);
        sigtimedwait(signals, NULL, &tick);
    }
}

static void supervise(struct supervisor *s, const sigset_t *signals)
{
    struct timespec tick = {0, TICK_MS * 1000000L};
    while (!s->stopping) {
        start_due(s);
        int number = sigtimedwait(signals, NULL, &tick);
        if (number == SIGTERM || number == SIGINT)
            s->stopping = true;
        else if (number == SIGHUP)
            replace_all(s);
        reap(s);
        kill_stuck(s);
        replace_next(s);
    }
    log_event(LOG_INFO, "stopping", NULL);
    drain(s, signals);
}

static bool supervisor_open(struct supervisor *s)
{
    for (int i = 0; i < POOL_COUNT; i++)
        s->count += (int)s->listeners[i].workers;
    s->workers = calloc((size_t)s->count, sizeof *s->workers);
    s->board = scoreboard_new(2 * s->count, &s->board_fd);
    if (!s->workers || !s->board)
        return false;
    int n = 0;
    for (int i = 0; i < POOL_COUNT; i++) {
        if (!listener_open(&s->listeners[i]))
            return false;
        for (int64_t w = 0; w < s->listeners[i].workers; w++)
            s->workers[n++].listener = &s->listeners[i];
    }
    return true;
}

int pool_run(const struct config *config, const char *program)
{
    struct supervisor s = {
        .config = config,
        .program = program,
        .clock = clock_system(),
        .listeners = {{POOL_API, config->api_socket, 0660, config->api_workers, -1, NULL},
                      {POOL_SIGNIN, config->signin_socket, 0660, config->signin_workers, -1, NULL},
                      {POOL_RELAY, config->relay_socket, 0600, config->relay_workers, -1, config->media_group},
                      {POOL_HOUSEKEEPING, NULL, 0, 1, -1, NULL},
                      {POOL_JOBS, NULL, 0, config->job_workers, -1, NULL}},
    };
    sigset_t signals;
    sigemptyset(&signals);
    for (int i = 0; i < 4; i++)
        sigaddset(&signals, (const int[]){SIGTERM, SIGINT, SIGHUP, SIGCHLD}[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    bool ok = supervisor_open(&s);
    if (ok) {
        log_event(LOG_INFO, "started", "workers", LOG_INT(s.count), NULL);
        supervise(&s, &signals);
    }
    for (int i = 0; i < POOL_COUNT; i++)
        if (s.listeners[i].fd >= 0)
            unlink(s.listeners[i].path);
    free(s.workers);
    return ok ? 0 : 1;
}

/* One of the workers for jobs, the last of all, is left to short ones. (Each worker has two places.) */
static bool takes_only_short_jobs(const struct config *config, int place, int places)
{
    return config->job_workers > 1 && place % (places / 2) == places / 2 - 1;
}

int pool_worker(const struct config *config, int argc, char **argv)
{
    static const char *const names[] = {"worker-api", "worker-signin", "worker-relay", "housekeeping", "worker-jobs"};
    int place = argc == 5 ? atoi(argv[2]) : -1, pool = argc == 5 ? atoi(argv[3]) : -1,
        count = argc == 5 ? atoi(argv[4]) : 0;
    if (place < 0 || place >= count || pool < 0 || pool >= POOL_COUNT)
        return 2;
    log_setup(names[pool], (enum log_level)config_log_level(config));
    /* a hash is long work, as are jobs: where processors are short the calls of people who are signed in go first */
    if ((pool == POOL_SIGNIN || pool == POOL_JOBS) && setpriority(PRIO_PROCESS, 0, LONG_WORK_NICENESS) != 0)
        log_event(LOG_WARN, "setpriority_failed", "message", strerror(errno), NULL);
    struct scoreboard *board = scoreboard_attach(count, SCOREBOARD_FD);
    struct app app;
    if (!board || app_open(&app, config, board) != ERR_OK)
        return 1;
    if (pool == POOL_HOUSEKEEPING)
        housekeeping_loop(&app, &board->scores[place]);
    else if (pool == POOL_JOBS)
        jobs_loop(&app, &board->scores[place], takes_only_short_jobs(config, place, count));
    else
        accept_loop(&app, (enum pool)pool, 0, &board->scores[place]);
    app_close(&app);
    return 0;
}
