/* The media node's process: reads the settings, runs its Janus and watches it, runs the loop, and ends in order. */
#include <ev.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config.h"
#include "core/limits.h"
#include "core/log.h"
#include "media/janus.h"
#include "media/janus_process.h"
#include "media/node.h"
#include "media/rates.h"
#include "media/sandbox.h"
#include "roomlog/backend.h"

enum {
    ANSWER_MS = 3000, /* Janus answers by then, or hangs */
    RETRY_MS = 50,    /* between two tries to connect to it */
    WATCH_MS = 1000,
    DRAIN_MS = 10 * 1000,    /* for the workers to move our rooms */
    LEAST_VERSION = 1001002, /* of Janus: 1.1.2 */
    SECRET_SIZE = 64
};

struct process {
    struct ev_loop *loop;
    struct config config;
    struct clock clock;
    struct random random;
    char name[LIMIT_MEDIA_NODE_CHARS + 1];
    char folder[PATH_MAX], socket_path[PATH_MAX], admin_path[PATH_MAX];
    char api_secret[SECRET_SIZE], admin_secret[SECRET_SIZE], admin_key[SECRET_SIZE];
    struct janus_process_options child_options;
    struct janus_options janus_options;
    struct rates_options rates_options;
    struct backend *backend;
    struct janus_process *child;
    struct janus *janus;
    struct janus_handle *watched; /* that it answers on */
    struct rates *rates;
    struct node *node;
    ev_timer watch, drain;
    ev_signal term, interrupt, hangup;
    ev_prepare end_of_turn;
};

static void end(const struct process *p) { ev_break(p->loop, EVBREAK_ALL); }

/* ---- Janus ---- */

static void on_watched_event(void *data, const struct janus_event *event) { (void)data, (void)event; }

/* Two questions to the plugin: one that it answers at once, and one that its own thread has to get to. What they are
 * answered does not matter; that they are not means JANUS_HUNG. */
static void on_watch(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    const struct process *p = watcher->data;
    if (!p->watched)
        return;
    janus_send(p->watched, "{\"request\":\"exists\",\"room\":\"-\"}", NULL, NULL, NULL, NULL);
    janus_send(p->watched, "{\"request\":\"configure\"}", NULL, NULL, NULL, NULL);
}

static void on_up(void *data, int version)
{
    struct process *p = data;
    if (version < LEAST_VERSION) {
        log_event(LOG_ERROR, "janus_too_old", "version", LOG_INT(version), "least", LOG_INT(LEAST_VERSION), NULL);
        end(p);
        return;
    }
    log_event(LOG_INFO, "janus_up", "version", LOG_INT(version), NULL);
    janus_process_works(p->child);
    p->watched = janus_attach(p->janus, "watch", on_watched_event, p);
    if (!p->watched || !node_janus_up(p->node, version))
        end(p); /* out of memory: begin anew */
}

/* Rooms outlive the session that made them: only with the process do they go for certain. */
static void on_down(void *data, enum janus_loss why)
{
    struct process *p = data;
    (void)why;
    janus_detach(&p->watched);
    node_janus_down(p->node);
    janus_process_kill(p->child);
}

static const struct janus_hooks janus_hooks = {.up = on_up, .down = on_down};

/* ---- signals, turns ---- */

static void on_end_of_turn(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
    (void)loop, (void)revents;
    const struct process *p = watcher->data;
    node_end_turn(p->node);
    if (node_is_drained(p->node))
        end(p);
}

static void on_drain_over(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    end(watcher->data);
}

/* The first one asks for an end in order, the second one for an end. */
static void on_stop(struct ev_loop *loop, ev_signal *watcher, int revents)
{
    (void)revents;
    struct process *p = watcher->data;
    if (ev_is_active(&p->drain)) {
        end(p);
        return;
    }
    log_event(LOG_INFO, "stopping", NULL);
    ev_timer_start(loop, &p->drain);
    node_drain(p->node);
}

static void on_reload(struct ev_loop *loop, ev_signal *watcher, int revents)
{
    (void)loop, (void)revents;
    struct process *p = watcher->data;
    config_reload(&p->config);
}

/* ---- beginning and end ---- */

/* The configured name, or the machine's, of which what a name may not have becomes '-'. */
static void make_name(struct process *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    char host[256] = "";
    const char *name = p->config.media_node;
    if (!*name && gethostname(host, sizeof host - 1) == 0)
        name = host;
    snprintf(p->name, sizeof p->name, "%s", *name ? name : "media");
    for (char *c = p->name; *c; c++)
        if (!strchr(allowed, *c))
            *c = '-';
}

/* A secret that scripts/janus-config has written. False: a sentence has been printed. */
static bool read_secret(const struct process *p, const char *name, char out[static SECRET_SIZE])
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s.secret", p->folder, name);
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(out, SECRET_SIZE, file);
    if (file)
        fclose(file);
    out[strcspn(out, "\n")] = '\0';
    if (!ok || !*out)
        fprintf(stderr, "%s cannot be read: scripts/janus-config makes what is in that folder.\n", path);
    return ok && *out;
}

/* False: a sentence has been printed. */
static bool load_settings(struct process *p)
{
    char problem[256];
    if (config_load(&p->config, problem, sizeof problem) || config_load_limits(&p->config, problem, sizeof problem)) {
        fprintf(stderr, "%s\n", problem);
        return false;
    }
    log_setup("media", (enum log_level)config_log_level(&p->config));
    p->clock = clock_system();
    p->random = random_system();
    make_name(p);
    if (!realpath(p->config.media_folder, p->folder)) {
        fprintf(stderr, "ECHOMEET_MEDIA_FOLDER: there is no folder %s; scripts/janus-config makes it.\n",
                p->config.media_folder);
        return false;
    }
    int n = snprintf(p->socket_path, sizeof p->socket_path, "%s/janus.sock", p->folder);
    int m = snprintf(p->admin_path, sizeof p->admin_path, "%s/admin.sock", p->folder);
    return n < (int)sizeof p->socket_path && m < (int)sizeof p->admin_path && read_secret(p, "api", p->api_secret) &&
           read_secret(p, "admin", p->admin_secret) && read_secret(p, "room", p->admin_key);
}

static void count_call(void *data, enum call_result result, double seconds) { (void)data, (void)result, (void)seconds; }

static bool build(struct process *p)
{
    p->child_options = (struct janus_process_options){p->folder, p->config.media_janus};
    p->janus_options = (struct janus_options){p->socket_path, p->api_secret, ANSWER_MS, RETRY_MS};
    p->backend = backend_new(p->loop, p->config.relay_socket, p->name, &p->random, &p->clock, count_call, NULL);
    p->child = janus_process_new(p->loop, &p->child_options);
    p->janus = janus_new(p->loop, &p->janus_options, &p->random, &janus_hooks, p);
    p->rates_options = (struct rates_options){p->admin_path, p->admin_secret};
    p->rates = rates_new(p->loop, &p->rates_options, &p->random);
    if (!p->backend || !p->child || !p->janus || !p->rates)
        return false;
    p->node = node_new(&(struct node_setup){.loop = p->loop,
                                            .config = &p->config,
                                            .backend = p->backend,
                                            .name = p->name,
                                            .admin_key = p->admin_key,
                                            .random = &p->random,
                                            .janus = p->janus,
                                            .rates = p->rates});
    return p->node;
}

static void tear_down(struct process *p)
{
    node_free(&p->node);
    rates_free(&p->rates);
    janus_detach(&p->watched);
    janus_free(&p->janus);
    janus_process_free(&p->child);
    backend_free(&p->backend);
    sodium_memzero(p->api_secret, sizeof p->api_secret);
    sodium_memzero(p->admin_secret, sizeof p->admin_secret);
    sodium_memzero(p->admin_key, sizeof p->admin_key);
}

static void start(struct process *p)
{
    ev_timer_init(&p->watch, on_watch, WATCH_MS / 1000.0, WATCH_MS / 1000.0);
    ev_timer_init(&p->drain, on_drain_over, DRAIN_MS / 1000.0, 0);
    ev_signal_init(&p->term, on_stop, SIGTERM);
    ev_signal_init(&p->interrupt, on_stop, SIGINT);
    ev_signal_init(&p->hangup, on_reload, SIGHUP);
    ev_prepare_init(&p->end_of_turn, on_end_of_turn);
    p->watch.data = p->drain.data = p->term.data = p->interrupt.data = p->hangup.data = p->end_of_turn.data = p;
    ev_timer_start(p->loop, &p->watch);
    ev_signal_start(p->loop, &p->term);
    ev_signal_start(p->loop, &p->interrupt);
    ev_signal_start(p->loop, &p->hangup);
    ev_prepare_start(p->loop, &p->end_of_turn);
}

/* Janus needs two descriptors for each connection, and takes our limit over. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(void)
{
    static struct process p;
    signal(SIGPIPE, SIG_IGN);
    sandbox_hide_self();
    if (sodium_init() < 0 || !load_settings(&p))
        return 1;
    raise_descriptor_limit();
    p.loop = ev_default_loop(EVFLAG_AUTO);
    if (!p.loop || !build(&p)) {
        fprintf(stderr, "The media node cannot start: out of memory or descriptors.\n");
        return 1;
    }
    start(&p);
    log_event(LOG_INFO, "started", "node", p.name, "folder", p.folder, NULL);
    ev_run(p.loop, 0);
    bool in_order = ev_is_active(&p.drain) || node_is_drained(p.node);
    tear_down(&p);
    ev_loop_destroy(p.loop);
    log_event(LOG_INFO, "stopped", NULL);
    return in_order ? 0 : 1;
}
