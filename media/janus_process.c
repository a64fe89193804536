#include "media/janus_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "media/sandbox.h"

enum {
    RESTART_MS = 200,
    LAST_RESTART_MS = 10 * 1000,
    SOON_MS = 5 * 1000,   /* who ends so soon after its start will do so again */
    START_MS = 15 * 1000, /* from its start until its session stands */
    TRIM_MS = 10 * 1000,
    LOG_BYTES = 4 << 20, /* of janus.log: of a longer one the end is kept */
    LOG_KEPT_BYTES = 256 << 10
};

struct janus_process {
    struct ev_loop *loop;
    const struct janus_process_options *options;
    pid_t pid; /* 0: it does not run */
    double started_s;
    int restart_ms;
    ev_child child;
    ev_timer start; /* the next start */
    ev_timer late;  /* it should work by then */
    ev_timer trim;
};

/* A file of the folder. False where the path is too long. */
static bool path_of(const struct janus_process *p, const char *name, char out[static PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", p->options->folder, name);
    return n > 0 && n < PATH_MAX;
}

/* ---- in the child ---- */

static void put_output(const struct janus_process *p)
{
    char log[PATH_MAX];
    int fd = path_of(p, "janus.log", log) ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
}

/* Nothing of what we have ignored or blocked is to be so for Janus. */
static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
}

/* "NAME=value" into `entry` and its place of the environment, where there is a value. */
static void put_variable(char **environment, int *count, const char *name, const char *value,
                         char entry[static PATH_MAX])
{
    int n = value ? snprintf(entry, PATH_MAX, "%s=%s", name, value) : 0;
    if (n > 0 && n < PATH_MAX)
        environment[(*count)++] = entry;
}

/* Of our environment, which has our settings, Janus gets what every program has, and no more. */
static char **scrubbed_environment(const struct janus_process *p)
{
    static char *environment[4], path[PATH_MAX], language[PATH_MAX], preload[PATH_MAX], library[PATH_MAX];
    int count = 0;
    put_variable(environment, &count, "PATH", getenv("PATH"), path);
    put_variable(environment, &count, "LANG", getenv("LANG"), language);
    if (path_of(p, "loopback.so", library) && access(library, R_OK) == 0)
        put_variable(environment, &count, "LD_PRELOAD", library, preload);
    return environment;
}

__attribute__((noreturn)) static void run(const struct janus_process *p, pid_t parent)
{
    char program[PATH_MAX], folder[PATH_MAX + 32], config[PATH_MAX + 32];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    if (getppid() != parent) /* it ended before the line above */
        _exit(1);
    reset_signals();
    put_output(p);
    close_range(STDERR_FILENO + 1, ~0U, 0); /* no connection of ours is its business; hiredis's stay open over exec */
    snprintf(program, sizeof program, "%s/bin/janus", p->options->prefix);
    snprintf(folder, sizeof folder, "--configs-folder=%s", p->options->folder);
    snprintf(config, sizeof config, "--config=%s/janus.jcfg", p->options->folder);
    char **environment = scrubbed_environment(p);
    if (sandbox_enter())
        execle(program, program, folder, config, (char *)NULL, environment);
    fprintf(stderr, "%s cannot be run: %s\n", program, strerror(errno));
    _exit(127);
}

/* ---- its log ---- */

/* Janus writes a line for each look of the watchdog, and whatever participants provoke, into a folder that is in memory
 * in an installed system. What it writes in this moment may be lost. */
static void on_trim(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    static char kept[LOG_KEPT_BYTES];
    const struct janus_process *p = watcher->data;
    char log[PATH_MAX];
    struct stat info;
    int fd = path_of(p, "janus.log", log) ? open(log, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > LOG_BYTES) {
        ssize_t n = pread(fd, kept, sizeof kept, info.st_size - LOG_KEPT_BYTES);
        if (ftruncate(fd, 0) == 0 && n > 0 && write(fd, kept, (size_t)n) < n)
            log_event(LOG_WARN, "janus_log_cut", "error", strerror(errno), NULL);
    }
    close(fd);
}

/* ---- start and end ---- */

static void plan_start(struct janus_process *p, int ms)
{
    ev_timer_stop(p->loop, &p->start);
    ev_timer_set(&p->start, ms / 1000.0, 0);
    ev_timer_start(p->loop, &p->start);
}

/* Sockets of a former one would let us connect to nobody. */
static void remove_sockets(const struct janus_process *p)
{
    char path[PATH_MAX];
    if (path_of(p, "janus.sock", path))
        unlink(path);
    if (path_of(p, "admin.sock", path))
        unlink(path);
}

static void on_start(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct janus_process *p = watcher->data;
    pid_t parent = getpid();
    remove_sockets(p);
    p->started_s = clock_elapsed_s();
    p->pid = fork();
    if (p->pid == 0)
        run(p, parent);
    if (p->pid < 0) {
        log_event(LOG_ERROR, "janus_not_started", "error", strerror(errno), NULL);
        p->pid = 0;
        plan_start(p, LAST_RESTART_MS);
        return;
    }
    log_event(LOG_INFO, "janus_started", "pid", LOG_INT(p->pid), NULL);
    ev_child_set(&p->child, p->pid, 0);
    ev_child_start(loop, &p->child);
    ev_timer_set(&p->late, START_MS / 1000.0, 0);
    ev_timer_start(loop, &p->late);
}

static void on_end(struct ev_loop *loop, ev_child *watcher, int revents)
{
    (void)revents;
    struct janus_process *p = watcher->data;
    bool killed = WIFSIGNALED(watcher->rstatus);
    ev_child_stop(loop, watcher);
    ev_timer_stop(loop, &p->late);
    p->pid = 0;
    if ((clock_elapsed_s() - p->started_s) * 1000 >= SOON_MS)
        p->restart_ms = RESTART_MS;
    log_event(LOG_ERROR, "janus_ended", killed ? "signal" : "status",
              LOG_INT(killed ? WTERMSIG(watcher->rstatus) : WEXITSTATUS(watcher->rstatus)), "restart_ms",
              LOG_INT(p->restart_ms), NULL);
    plan_start(p, p->restart_ms);
    p->restart_ms = p->restart_ms * 2 < LAST_RESTART_MS ? p->restart_ms * 2 : LAST_RESTART_MS;
}

static void on_late(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    log_event(LOG_ERROR, "janus_not_ready", "ms", LOG_INT(START_MS), NULL);
    janus_process_kill(watcher->data);
}

void janus_process_works(struct janus_process *p) { ev_timer_stop(p->loop, &p->late); }

void janus_process_kill(struct janus_process *p)
{
    if (p->pid)
        kill(p->pid, SIGKILL);
}

struct janus_process *janus_process_new(struct ev_loop *loop, const struct janus_process_options *options)
{
    char log[PATH_MAX];
    struct janus_process *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct janus_process){.loop = loop, .options = options, .restart_ms = RESTART_MS};
    if (path_of(p, "janus.log", log))
        unlink(log);
    ev_child_init(&p->child, on_end, 0, 0);
    ev_timer_init(&p->start, on_start, 0, 0);
    ev_timer_init(&p->late, on_late, 0, 0);
    ev_timer_init(&p->trim, on_trim, TRIM_MS / 1000.0, TRIM_MS / 1000.0);
    p->child.data = p->start.data = p->late.data = p->trim.data = p;
    ev_timer_start(loop, &p->trim);
    plan_start(p, 0);
    return p;
}

void janus_process_free(struct janus_process **process)
{
    struct janus_process *p = *process;
    *process = NULL;
    if (!p)
        return;
    ev_timer_stop(p->loop, &p->start);
    ev_timer_stop(p->loop, &p->late);
    ev_timer_stop(p->loop, &p->trim);
    ev_child_stop(p->loop, &p->child);
    if (p->pid && kill(p->pid, SIGKILL) == 0)
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    free(p);
}
