/* The relay's process: reads the settings, opens the listening socket, runs the loop, and ends in order. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/log.h"
#include "roomlog/backend.h"
#include "relay/conn.h"
#include "relay/hub.h"
#include "relay/message.h"
#include "relay/opening.h"
#include "relay/presence.h"
#include "relay/relay.h"
#include "relay/request.h"

enum { ACCEPT_AT_ONCE = 64, ACCEPT_PAUSE_MS = 200, ID_CHARS = 24, DRAIN_STEP_MS = 20, DRAIN_FEW = 10 };

struct server {
    struct relay relay;
    ev_io listener;
    ev_timer accept_pause; /* no descriptor was left */
    ev_timer drain_step;   /* closes some more connections */
    int64_t drain_at_once; /* so many in one step */
    ev_timer drain;        /* how long clients have to hear of our end */
    ev_signal term, interrupt, hangup;
    ev_prepare end_of_turn;
};

/* "[::1]:8081" or "0.0.0.0:8081". False where there is no port. */
static bool split_address(const char *text, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1])
        return false;
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && colon[-1] == ']')
        text++, len -= 2;
    snprintf(host, size, "%.*s", (int)len, text);
    *port = colon + 1;
    return true;
}

/* The listening socket, or -1; a sentence has been printed then. */
static int open_listener(const char *address)
{
    char host[128];
    const char *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    if (!split_address(address, host, sizeof host, &port) ||
        getaddrinfo(host[0] ? host : NULL, port, &hints, &found) != 0) {
        fprintf(stderr, "ECHOMEET_RELAY_LISTEN must be an address and a port, like 127.0.0.1:8081, not '%s'.\n",
                address);
        return -1;
    }
    int one = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 4 * LIMIT_LISTEN_BACKLOG) == 0;
    freeaddrinfo(found);
    if (ok)
        return fd;
    fprintf(stderr, "The relay cannot listen on %s: %s.\n", address, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void on_accept(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)revents;
    struct server *server = watcher->data;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int one = 1;
        int fd = accept4(watcher->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            log_event(LOG_ERROR, "accept_failed", "error", strerror(errno), NULL);
            ev_io_stop(loop, watcher);
            ev_timer_set(&server->accept_pause, ACCEPT_PAUSE_MS / 1000.0, 0);
            ev_timer_start(loop, &server->accept_pause);
        }
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        conn_accept(&server->relay, fd, (struct sockaddr *)&peer);
    }
}

static void on_accept_pause(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct server *server = watcher->data;
    ev_io_start(loop, &server->listener);
}

/* Runs before the loop waits: what was collected in this turn goes out, what is finished goes away. */
static void on_end_of_turn(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
    (void)revents;
    struct server *server = watcher->data;
    hub_flush(server->relay.hub);
    conn_end_turn(&server->relay);
    hub_end_turn(server->relay.hub);
    if (server->relay.stopping && !server->relay.conns)
        ev_break(loop, EVBREAK_ALL);
}

static void on_drained(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)watcher, (void)revents;
    ev_break(loop, EVBREAK_ALL);
}

/* Closes some more connections. */
static void on_drain_step(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct server *server = watcher->data;
    int64_t n = server->drain_at_once;
    for (struct conn *c = server->relay.conns, *next; c && n; c = next) {
        next = c->next;
        if (c->state > CONN_OPEN)
            continue;
        conn_close(c, WS_CODE_RESTART);
        n--;
    }
    if (n)
        ev_timer_stop(loop, watcher);
}

/* Takes nobody any more and tells everybody to come back: few at once, many spread over a time, so that they do not
 * fall upon the other relays all together. Their seats are not reported: either they do come back, or they are swept
 * when this relay sends no heartbeat. */
static void on_stop(struct ev_loop *loop, ev_signal *watcher, int revents)
{
    (void)revents;
    struct server *server = watcher->data;
    struct relay *relay = &server->relay;
    if (relay->stopping) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    relay->stopping = true;
    log_event(LOG_INFO, "stopping", "connections", LOG_INT(relay->metrics.connections), NULL);
    ev_io_stop(loop, &server->listener);
    ev_timer_stop(loop, &server->accept_pause);
    close(server->listener.fd);
    int64_t steps = relay->config.relay_drain_ms / DRAIN_STEP_MS + 1;
    server->drain_at_once = relay->metrics.connections / steps + DRAIN_FEW;
    ev_timer_set(&server->drain_step, 0, DRAIN_STEP_MS / 1000.0);
    ev_timer_start(loop, &server->drain_step);
    ev_timer_set(&server->drain, (double)(relay->config.relay_drain_ms + LIMIT_DRAIN_MS) / 1000.0, 0);
    ev_timer_start(loop, &server->drain);
}

/* New limits hold at once; with a fault in the file the old ones stay. */
static void on_reload(struct ev_loop *loop, ev_signal *watcher, int revents)
{
    (void)loop, (void)revents;
    struct server *server = watcher->data;
    config_reload(&server->relay.config);
}

/* The configured name and something new, or something new alone. False where the name cannot be part of a
 * connection's name. */
static bool make_id(struct relay *relay)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *name = relay->config.relay_id;
    unsigned char bytes[4];
    if (strlen(name) > ID_CHARS || strspn(name, allowed) != strlen(name)) {
        fprintf(stderr, "ECHOMEET_RELAY_ID must be at most %d letters, digits, '_' and '-', not '%s'.\n", ID_CHARS,
                name);
        return false;
    }
    random_fill(&relay->random, bytes, sizeof bytes);
    snprintf(relay->id, sizeof relay->id, "%s%s%02x%02x%02x%02x", name[0] ? name : "r", name[0] ? "-" : "", bytes[0],
             bytes[1], bytes[2], bytes[3]);
    return true;
}

/* False: a sentence has been printed. */
static bool load_settings(struct relay *relay)
{
    char problem[256];
    if (config_load(&relay->config, problem, sizeof problem) ||
        config_load_limits(&relay->config, problem, sizeof problem)) {
        fprintf(stderr, "%s\n", problem);
        return false;
    }
    log_setup("relay", (enum log_level)config_log_level(&relay->config));
    relay->clock = clock_system();
    relay->random = random_system();
    enum err e = token_keys_load(relay->config.jwt_key_file, relay->config.token_issuer, &relay->keys);
    if (e) {
        fprintf(stderr, "The keys of access tokens in %s cannot be %s.\n", relay->config.jwt_key_file,
                e == ERR_UNAVAILABLE ? "read" : "used: each line must be 'id' and 64 hexadecimal digits");
        return false;
    }
    return make_id(relay);
}

static void on_detached(struct conn *c)
{
    hub_leave(c);
    opening_done(c);
    request_settle(c);
}

static const struct conn_hooks hooks = {
    .accepted = opening_begin,
    .handshake = opening_read,
    .message = message_take,
    .detached = on_detached,
    .closed = opening_closed,
};

static bool build(struct relay *relay)
{
    relay->hooks = &hooks;
    relay->conn_memory.size = sizeof(struct conn);
    wheel_start(&relay->wheel, relay->loop, conn_deadline);
    relay->backend = backend_new(relay->loop, relay->config.relay_socket, relay->id, &relay->random, &relay->clock,
                                 metrics_call, &relay->metrics);
    relay->presence = relay->backend ? presence_new(relay->loop, relay->backend) : NULL;
    relay->hub = relay->backend ? hub_new(relay) : NULL;
    return relay->presence && relay->hub;
}

static void tear_down(struct relay *relay)
{
    conn_free_all(relay);
    wheel_stop(&relay->wheel);
    hub_free(&relay->hub);
    presence_free(&relay->presence);
    backend_free(&relay->backend);
    sodium_memzero(&relay->keys, sizeof relay->keys);
}

/* A connection is a descriptor: take as many as we may. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void watch(struct server *server, int fd)
{
    struct ev_loop *loop = server->relay.loop;
    ev_io_init(&server->listener, on_accept, fd, EV_READ);
    ev_timer_init(&server->accept_pause, on_accept_pause, 0, 0);
    ev_timer_init(&server->drain, on_drained, 0, 0);
    ev_timer_init(&server->drain_step, on_drain_step, 0, 0);
    ev_signal_init(&server->hangup, on_reload, SIGHUP);
    ev_signal_init(&server->term, on_stop, SIGTERM);
    ev_signal_init(&server->interrupt, on_stop, SIGINT);
    ev_prepare_init(&server->end_of_turn, on_end_of_turn);
    server->listener.data = server->accept_pause.data = server->drain.data = server->drain_step.data = server;
    server->term.data = server->interrupt.data = server->hangup.data = server->end_of_turn.data = server;
    ev_io_start(loop, &server->listener);
    ev_signal_start(loop, &server->term);
    ev_signal_start(loop, &server->interrupt);
    ev_signal_start(loop, &server->hangup);
    ev_prepare_start(loop, &server->end_of_turn);
}

/* Who can connect may also send a signal: it is held back until the loop looks for it. */
static void mask_signals(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    for (int i = 0; i < 3; i++)
        sigaddset(&signals, (const int[]){SIGTERM, SIGINT, SIGHUP}[i]);
    sigprocmask(how, &signals, NULL);
}

int main(void)
{
    static struct server server;
    struct relay *relay = &server.relay;
    signal(SIGPIPE, SIG_IGN);
    mask_signals(SIG_BLOCK);
    if (sodium_init() < 0 || !load_settings(relay))
        return 1;
    raise_descriptor_limit();
    relay->loop = ev_default_loop(EVFLAG_AUTO);
    int fd = open_listener(relay->config.relay_listen);
    if (fd < 0)
        return 1;
    if (!relay->loop || !build(relay)) {
        fprintf(stderr, "The relay cannot start: out of memory or descriptors.\n");
        return 1;
    }
    watch(&server, fd);
    mask_signals(SIG_UNBLOCK);
    log_event(LOG_INFO, "started", "relay", relay->id, "listen", relay->config.relay_listen, NULL);
    ev_run(relay->loop, 0);
    tear_down(relay);
    ev_loop_destroy(relay->loop);
    log_event(LOG_INFO, "stopped", NULL);
    return 0;
}
