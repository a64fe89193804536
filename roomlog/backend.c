#include "roomlog/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/fcgi.h"
#include "core/ids.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/relay_wire.h"

enum {
    CONNECT_TRY_MS = 50,       /* between two tries to connect */
    CONNECT_GIVE_UP_MS = 2000, /* the workers' socket is away for longer than a restart takes */
    READ_BYTES = 32 * 1024,
    STDERR_BYTES = 200 /* of a worker's diagnostics that are logged */
};

struct rpc {
    struct rpc *prev, *next; /* in the queue, or among those in flight */
    struct backend *backend;
    backend_fn *fn; /* NULL: cancelled */
    void *data;
    ev_io io;
    ev_timer timer; /* the deadline; before the connection stands: the next try */
    double started;
    bool in_flight;
    bool connected;
    struct buf request;
    size_t sent;
    struct fcgi_reader reader;
    struct buf answer; /* STDOUT: headers, an empty line, the body */
    char id[IDS_REQUEST_CHARS + 1];
};

struct list {
    struct rpc *first, *last;
};

struct backend {
    struct ev_loop *loop;
    struct sockaddr_un address;
    const char *relay_id;
    struct random *random;
    struct clock *clock;
    bool clock_differs; /* from this machine's, as the log knows */
    backend_count_fn *count;
    void *count_data;
    struct list waiting;
    struct list in_flight;
    int in_flight_count;
    ev_timer kick; /* starts waiting calls from the loop, since they may fail at once */
};

static void list_add(struct list *list, struct rpc *rpc)
{
    rpc->next = NULL;
    rpc->prev = list->last;
    if (list->last)
        list->last->next = rpc;
    else
        list->first = rpc;
    list->last = rpc;
}

static void list_remove(struct list *list, struct rpc *rpc)
{
    if (rpc->prev)
        rpc->prev->next = rpc->next;
    else
        list->first = rpc->next;
    if (rpc->next)
        rpc->next->prev = rpc->prev;
    else
        list->last = rpc->prev;
}

static void kick(struct backend *b)
{
    if (b->waiting.first && b->in_flight_count < LIMIT_CALLS_IN_FLIGHT && !ev_is_active(&b->kick)) {
        ev_timer_set(&b->kick, 0, 0);
        ev_timer_start(b->loop, &b->kick);
    }
}

static void rpc_free(struct rpc *rpc)
{
    struct backend *b = rpc->backend;
    ev_timer_stop(b->loop, &rpc->timer);
    ev_io_stop(b->loop, &rpc->io);
    if (rpc->io.fd >= 0)
        close(rpc->io.fd);
    list_remove(rpc->in_flight ? &b->in_flight : &b->waiting, rpc);
    if (rpc->in_flight)
        b->in_flight_count--;
    buf_free(&rpc->request);
    buf_free(&rpc->answer);
    free(rpc);
    kick(b);
}

static enum call_result result_of(const struct reply *reply)
{
    switch (reply->err) {
    case ERR_OK: return reply_ok(reply) ? CALL_OK : reply->status < 500 ? CALL_REFUSED : CALL_FAILED;
    case ERR_UNAVAILABLE: return CALL_UNAVAILABLE;
    case ERR_OUTCOME_UNKNOWN: return CALL_UNKNOWN;
    case ERR_TIMEOUT: return CALL_TIMEOUT;
    default: return CALL_FAILED;
    }
}

/* Ends a call: its callback runs with this reply. */
static void finish(struct rpc *rpc, struct reply *reply)
{
    backend_fn *fn = rpc->fn;
    double seconds = clock_elapsed_s() - rpc->started;
    reply->request_id = rpc->id;
    rpc->backend->count(rpc->backend->count_data, result_of(reply), seconds);
    if (reply->err)
        log_event(LOG_WARN, "call_failed", "request", rpc->id, "code", err_code(reply->err), "ms",
                  LOG_INT((int64_t)(seconds * 1000)), NULL);
    if (fn)
        fn(rpc->data, reply);
    rpc_free(rpc);
}

static void fail(struct rpc *rpc, enum err err) { finish(rpc, &(struct reply){.err = err}); }

/* The value of a header line of this name ("Status:"), or NULL. */
static const char *header_value(const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);
    if (len < n || strncasecmp(line, name, n) != 0)
        return NULL;
    while (n < len && line[n] == ' ')
        n++;
    return line + n;
}

/* One header line; only four matter. Its end is a line end, so that a number stops there. */
static void read_line(const char *line, size_t len, struct reply *reply)
{
    const char *value;
    if ((value = header_value(line, len, "Status:")))
        reply->status = atoi(value);
    if ((value = header_value(line, len, "Retry-After:")))
        reply->retry_after_s = atoi(value);
    if ((value = header_value(line, len, RELAY_WIRE_TIME ":")))
        reply->time_ms = atoll(value);
    if ((value = header_value(line, len, RELAY_WIRE_ROOM ":")))
        reply->room = (struct slice){value, (size_t)(line + len - value)};
}

/* Reads the CGI headers of a complete answer. False where they have no end. */
static bool read_answer(const struct buf *answer, struct reply *reply)
{
    const char *p = answer->data, *end = p + answer->len;
    reply->status = 200;
    while (p && p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl)
            return false;
        size_t len = (size_t)(nl - p);
        if (len && p[len - 1] == '\r')
            len--;
        if (len == 0) {
            reply->body = (struct slice){nl + 1, (size_t)(end - nl - 1)};
            return true;
        }
        read_line(p, len, reply);
        p = nl + 1;
    }
    return false;
}

/* Tokens and deadlines are in the workers' time. It is taken when the answer has come: later than it was written, so
 * that a deadline is rather too early than later than we wait. */
static void learn_time(struct backend *b, int64_t workers_ms)
{
    *b->clock = clock_from(workers_ms);
    int64_t ahead_ms = clock_difference_ms(b->clock);
    bool differs = llabs(ahead_ms) > LIMIT_CLOCK_MS;
    if (differs && !b->clock_differs)
        log_event(LOG_WARN, "clock_differs", "ahead_ms", LOG_INT(ahead_ms), "text",
                  "the clock of the workers' machine is not that of this one; set both by NTP", NULL);
    if (!differs && b->clock_differs)
        log_event(LOG_INFO, "clock_agrees", "ahead_ms", LOG_INT(ahead_ms), NULL);
    b->clock_differs = differs;
}

static void answered(struct rpc *rpc, int protocol_status)
{
    struct reply reply = {0};
    if (rpc->answer.failed)
        fail(rpc, ERR_INTERNAL);
    else if (protocol_status != 0)
        fail(rpc, ERR_UNAVAILABLE); /* a worker that refuses has executed nothing */
    else if (!read_answer(&rpc->answer, &reply))
        fail(rpc, ERR_INTERNAL);
    else {
        if (reply.time_ms)
            learn_time(rpc->backend, reply.time_ms);
        finish(rpc, &reply);
    }
}

static void log_stderr(const struct rpc *rpc, const struct fcgi_piece *piece)
{
    char text[STDERR_BYTES + 1];
    int n = piece->len < STDERR_BYTES ? (int)piece->len : STDERR_BYTES;
    snprintf(text, sizeof text, "%.*s", n, piece->data);
    log_event(LOG_WARN, "worker_says", "request", rpc->id, "text", text, NULL);
}

/* False where the call has ended. */
static bool read_records(struct rpc *rpc, const char *data, size_t len)
{
    for (;;) {
        struct fcgi_piece piece;
        switch (fcgi_read(&rpc->reader, &data, &len, &piece)) {
        case FCGI_EVENT_MORE: return true;
        case FCGI_EVENT_STDOUT:
            if (rpc->answer.len + piece.len > LIMIT_REPLY_BYTES) {
                fail(rpc, ERR_INTERNAL);
                return false;
            }
            buf_append(&rpc->answer, piece.data, piece.len);
            break;
        case FCGI_EVENT_STDERR: log_stderr(rpc, &piece); break;
        case FCGI_EVENT_END: answered(rpc, piece.protocol_status); return false;
        case FCGI_EVENT_BROKEN: fail(rpc, ERR_INTERNAL); return false;
        }
    }
}

static void receive(struct rpc *rpc)
{
    char data[READ_BYTES];
    ssize_t n = recv(rpc->io.fd, data, sizeof data, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        fail(rpc, ERR_OUTCOME_UNKNOWN); /* the worker is gone, perhaps in the middle */
    else
        read_records(rpc, data, (size_t)n);
}

/* Sends what the socket takes. False where the connection is broken. */
static bool transmit(struct rpc *rpc)
{
    ssize_t n = send(rpc->io.fd, rpc->request.data + rpc->sent, rpc->request.len - rpc->sent, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    rpc->sent += (size_t)n;
    if (rpc->sent < rpc->request.len)
        return true;
    buf_free(&rpc->request);
    rpc->sent = 0;
    struct ev_loop *loop = rpc->backend->loop;
    ev_io_stop(loop, &rpc->io);
    ev_io_set(&rpc->io, rpc->io.fd, EV_READ);
    ev_io_start(loop, &rpc->io);
    return true;
}

static void on_io(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)loop;
    struct rpc *rpc = watcher->data;
    /* a worker may answer before it has read everything */
    if (revents & EV_READ)
        receive(rpc);
    else if ((revents & EV_WRITE) && !transmit(rpc))
        fail(rpc, ERR_OUTCOME_UNKNOWN);
}

/* A descriptor that is connected to the workers, or -1. */
static int connect_workers(const struct backend *b)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* a unix socket connects at once or not at all: EAGAIN says that its backlog is full */
    if (connect(fd, (const struct sockaddr *)&b->address, sizeof b->address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void set_timer(struct rpc *rpc, double seconds)
{
    ev_timer_stop(rpc->backend->loop, &rpc->timer);
    ev_timer_set(&rpc->timer, seconds > 0 ? seconds : 0, 0);
    ev_timer_start(rpc->backend->loop, &rpc->timer);
}

static double age(const struct rpc *rpc) { return clock_elapsed_s() - rpc->started; }

static void try_connect(struct rpc *rpc)
{
    struct backend *b = rpc->backend;
    int fd = connect_workers(b);
    if (fd < 0) {
        if (age(rpc) * 1000 >= CONNECT_GIVE_UP_MS)
            fail(rpc, ERR_UNAVAILABLE);
        else
            set_timer(rpc, CONNECT_TRY_MS / 1000.0);
        return;
    }
    rpc->connected = true;
    set_timer(rpc, LIMIT_CALL_MS / 1000.0 - age(rpc));
    ev_io_set(&rpc->io, fd, EV_READ | EV_WRITE);
    ev_io_start(b->loop, &rpc->io);
    /* The request fits into the socket's buffer nearly always: no need to ask the loop first. Where it is broken
     * already, the loop will say so. */
    (void)!transmit(rpc);
}

static void start_rpc(struct rpc *rpc)
{
    struct backend *b = rpc->backend;
    list_remove(&b->waiting, rpc);
    list_add(&b->in_flight, rpc);
    rpc->in_flight = true;
    b->in_flight_count++;
    try_connect(rpc);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct rpc *rpc = watcher->data;
    if (rpc->connected)
        fail(rpc, ERR_TIMEOUT);
    else if (rpc->in_flight)
        try_connect(rpc);
    else
        fail(rpc, ERR_UNAVAILABLE); /* its turn never came */
}

static void on_kick(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct backend *b = watcher->data;
    while (b->waiting.first && b->in_flight_count < LIMIT_CALLS_IN_FLIGHT)
        start_rpc(b->waiting.first);
}

struct backend *backend_new(struct ev_loop *loop, const char *socket_path, const char *relay_id, struct random *random,
                            struct clock *clock, backend_count_fn *count, void *count_data)
{
    struct backend *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->loop = loop;
    b->relay_id = relay_id;
    b->random = random;
    b->clock = clock;
    b->count = count;
    b->count_data = count_data;
    b->address.sun_family = AF_UNIX;
    snprintf(b->address.sun_path, sizeof b->address.sun_path, "%s", socket_path);
    ev_timer_init(&b->kick, on_kick, 0, 0);
    b->kick.data = b;
    return b;
}

void backend_free(struct backend **backend)
{
    struct backend *b = *backend;
    if (!b)
        return;
    while (b->waiting.first)
        rpc_free(b->waiting.first);
    while (b->in_flight.first)
        rpc_free(b->in_flight.first);
    ev_timer_stop(b->loop, &b->kick);
    free(b);
    *backend = NULL;
}

/* docs/architecture.md, "Between relay and workers" */
static void write_request(struct rpc *rpc, const struct call_request *r)
{
    char length[24], user[24], session[24], deadline[24];
    const char *query = strchr(r->path, '?');
    snprintf(length, sizeof length, "%zu", r->body_len);
    snprintf(user, sizeof user, "%lld", (long long)r->user_id);
    snprintf(session, sizeof session, "%lld", (long long)r->session_id);
    snprintf(deadline, sizeof deadline, "%lld", (long long)clock_now_ms(rpc->backend->clock) + LIMIT_CALL_MS);
    const struct fcgi_param params[] = {
        {"REQUEST_METHOD", r->method},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"REQUEST_URI", r->path},
        {"QUERY_STRING", query ? query + 1 : ""},
        {"CONTENT_TYPE", r->type ? r->type : "application/json"},
        {"CONTENT_LENGTH", length},
        {"REMOTE_ADDR", r->address ? r->address : ""},
        {RELAY_WIRE_REQUEST_ID, rpc->id},
        {RELAY_WIRE_RELAY, rpc->backend->relay_id},
        {RELAY_WIRE_DEADLINE, deadline},
        {RELAY_WIRE_USER, user},
        {RELAY_WIRE_SESSION, session},
        {RELAY_WIRE_CONNECTION, r->connection ? r->connection : ""},
    };
    /* the last three only where the call is made in a client's name */
    size_t count = sizeof params / sizeof *params - (r->user_id ? 0 : 3);
    fcgi_write_request(&rpc->request, params, count, r->body, r->body_len);
}

struct rpc *backend_call(struct backend *b, const struct call_request *request, backend_fn *fn, void *data)
{
    struct rpc *rpc = calloc(1, sizeof *rpc);
    if (!rpc)
        return NULL;
    rpc->backend = b;
    rpc->fn = fn;
    rpc->data = data;
    rpc->started = clock_elapsed_s();
    ids_request(b->random, rpc->id);
    write_request(rpc, request);
    if (rpc->request.failed) {
        buf_free(&rpc->request);
        free(rpc);
        return NULL;
    }
    ev_io_init(&rpc->io, on_io, -1, 0);
    ev_timer_init(&rpc->timer, on_timer, LIMIT_CALL_MS / 1000.0, 0);
    rpc->io.data = rpc->timer.data = rpc;
    ev_timer_start(b->loop, &rpc->timer);
    bool first = !b->waiting.first;
    list_add(&b->waiting, rpc);
    /* a call this young does not fail for want of a connection, so nothing is answered from here */
    if (first && b->in_flight_count < LIMIT_CALLS_IN_FLIGHT)
        start_rpc(rpc);
    return rpc;
}

void backend_cancel(struct rpc **rpc)
{
    if (*rpc)
        rpc_free(*rpc);
    *rpc = NULL;
}
