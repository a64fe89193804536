#include "relay/presence.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/relay_wire.h"
#include "roomlog/backend.h"

enum { FIRST_RETRY_MS = 250 };

/* A seat that may have been taken after the first report is reported lost once more before it expires. */
enum step { STEP_LOST, STEP_LOST_AGAIN, STEP_EXPIRED };

struct disconnect_report {
    struct disconnect_report *prev, *next; /* all reports */
    struct disconnect_report *next_ready;
    struct presence *presence;
    int64_t user_id;
    double due;
    ev_timer timer; /* the next report, or its next try */
    enum step step; /* the next report */
    bool doubtful;
    unsigned failures;
    char *meeting, *connection;
    char text[];
};

/* Reports that go in one call. */
struct batch {
    struct presence *presence;
    struct rpc *rpc; /* NULL: free */
    int count;
    struct disconnect_report *reports[LIMIT_PRESENCE_BATCH];
};

struct presence {
    struct ev_loop *loop;
    struct backend *backend;
    struct disconnect_report *reports;
    struct disconnect_report *first_ready, *last_ready; /* reports that wait for their turn */
    ev_timer gather;                                    /* to the end of a turn of the loop: connections end together */
    struct batch batches[LIMIT_PRESENCE_CALLS];
};

static void report_free(struct disconnect_report *s)
{
    struct presence *p = s->presence;
    if (s->prev)
        s->prev->next = s->next;
    else
        p->reports = s->next;
    if (s->next)
        s->next->prev = s->prev;
    ev_timer_stop(p->loop, &s->timer);
    free(s);
}

static void wait(struct disconnect_report *s, double seconds)
{
    ev_timer_set(&s->timer, seconds > 0 ? seconds : 0, 0);
    ev_timer_start(s->presence->loop, &s->timer);
}

static void gather(struct presence *p)
{
    if (!ev_is_active(&p->gather))
        ev_timer_start(p->loop, &p->gather);
}

static void make_ready(struct disconnect_report *s)
{
    struct presence *p = s->presence;
    s->next_ready = NULL;
    if (p->last_ready)
        p->last_ready->next_ready = s;
    else
        p->first_ready = s;
    p->last_ready = s;
    gather(p);
}

static struct disconnect_report *pop_ready(struct presence *p)
{
    struct disconnect_report *s = p->first_ready;
    p->first_ready = s->next_ready;
    if (!p->first_ready)
        p->last_ready = NULL;
    return s;
}

static double retry_s(const struct disconnect_report *s)
{
    unsigned n = s->failures < 6 ? s->failures - 1 : 5;
    int ms = FIRST_RETRY_MS << n;
    return (ms < LIMIT_RETRY_MS ? ms : LIMIT_RETRY_MS) / 1000.0;
}

static void try_again(struct disconnect_report *s)
{
    s->failures++;
    wait(s, retry_s(s));
}

static void taken(struct disconnect_report *s)
{
    if (s->step == STEP_EXPIRED) {
        report_free(s);
        return;
    }
    s->failures = 0;
    s->step = s->step == STEP_LOST && s->doubtful ? STEP_LOST_AGAIN : STEP_EXPIRED;
    wait(s, s->due - clock_elapsed_s());
}

/* The reply names those reports, by their number, that could not be worked on. */
static void read_failures(const struct batch *b, const struct reply *reply, bool failed[static LIMIT_PRESENCE_BATCH])
{
    struct slice body = reply->body, line;
    int n;
    for (int i = 0; i < b->count; i++)
        failed[i] = !reply_ok(reply);
    while (reply_ok(reply) && relay_wire_line(&body, &line))
        if (relay_wire_again_read(line, &n) && n < b->count)
            failed[n] = true;
}

static void on_reply(void *data, const struct reply *reply)
{
    struct batch *b = data;
    bool failed[LIMIT_PRESENCE_BATCH];
    read_failures(b, reply, failed);
    b->rpc = NULL;
    for (int i = 0; i < b->count; i++) {
        if (failed[i])
            try_again(b->reports[i]);
        else
            taken(b->reports[i]);
    }
    b->count = 0;
    gather(b->presence);
}

static void report(struct batch *b)
{
    struct presence *p = b->presence;
    struct buf body = {0};
    while (p->first_ready && b->count < LIMIT_PRESENCE_BATCH) {
        struct disconnect_report *s = b->reports[b->count++] = pop_ready(p);
        relay_wire_report_write(&body, &(struct relay_wire_report){
                                           .expired = s->step == STEP_EXPIRED,
                                           .user_id = s->user_id,
                                           .meeting = {s->meeting, strlen(s->meeting)},
                                           .connection = {s->connection, strlen(s->connection)},
                                       });
    }
    struct call_request request = {.method = "POST",
                                   .path = "/internal/connections",
                                   .type = "text/plain",
                                   .body = body.data,
                                   .body_len = body.len};
    b->rpc = body.failed ? NULL : backend_call(p->backend, &request, on_reply, b);
    buf_free(&body);
    if (b->rpc)
        return;
    for (int i = 0; i < b->count; i++)
        try_again(b->reports[i]);
    b->count = 0;
}

static void on_gathered(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct presence *p = watcher->data;
    for (int i = 0; i < LIMIT_PRESENCE_CALLS && p->first_ready; i++)
        if (!p->batches[i].rpc)
            report(&p->batches[i]);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    make_ready(watcher->data);
}

static char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

void presence_add(struct presence *p, const struct presence_seat *seat)
{
    size_t size = strlen(seat->meeting) + strlen(seat->connection) + 2;
    struct disconnect_report *s = calloc(1, sizeof *s + size);
    if (!s) {
        log_event(LOG_ERROR, "out_of_memory", "connection", seat->connection, NULL);
        return;
    }
    char *at = s->text;
    s->presence = p;
    s->user_id = seat->user_id;
    s->due = seat->due;
    s->doubtful = seat->doubtful;
    s->meeting = put(&at, seat->meeting);
    s->connection = put(&at, seat->connection);
    ev_timer_init(&s->timer, on_timer, 0, 0);
    s->timer.data = s;
    s->next = p->reports;
    if (s->next)
        s->next->prev = s;
    p->reports = s;
    make_ready(s);
}

struct presence *presence_new(struct ev_loop *loop, struct backend *backend)
{
    struct presence *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->loop = loop;
    p->backend = backend;
    ev_timer_init(&p->gather, on_gathered, 0, 0);
    p->gather.data = p;
    for (int i = 0; i < LIMIT_PRESENCE_CALLS; i++)
        p->batches[i].presence = p;
    return p;
}

void presence_free(struct presence **presence)
{
    struct presence *p = *presence;
    if (!p)
        return;
    for (int i = 0; i < LIMIT_PRESENCE_CALLS; i++)
        backend_cancel(&p->batches[i].rpc);
    while (p->reports)
        report_free(p->reports);
    ev_timer_stop(p->loop, &p->gather);
    free(p);
    *presence = NULL;
}
