#include "relay/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "relay/backend.h"

enum { FIRST_RETRY_MS = 250 };

/* A seat that may have been taken after the first report is reported lost once more before it expires. */
enum step { STEP_LOST, STEP_LOST_AGAIN, STEP_EXPIRED };

struct seat {
    struct seat *prev, *next; /* all seats */
    struct seat *next_ready;
    struct presence *presence;
    int64_t user_id;
    ev_tstamp due;
    ev_timer timer; /* the next report, or its next try */
    struct call *call;
    enum step step; /* the next report */
    bool doubtful;
    unsigned failures;
    char *meeting, *connection, *address;
    char text[];
};

struct presence {
    struct ev_loop *loop;
    struct backend *backend;
    struct seat *seats;
    struct seat *first_ready, *last_ready; /* reports that wait for their turn */
    int calls;
};

static void pump(struct presence *p);

static void seat_free(struct seat *s)
{
    struct presence *p = s->presence;
    if (s->prev)
        s->prev->next = s->next;
    else
        p->seats = s->next;
    if (s->next)
        s->next->prev = s->prev;
    ev_timer_stop(p->loop, &s->timer);
    backend_cancel(&s->call);
    free(s);
}

static void wait(struct seat *s, double seconds)
{
    ev_timer_set(&s->timer, seconds > 0 ? seconds : 0, 0);
    ev_timer_start(s->presence->loop, &s->timer);
}

static void make_ready(struct seat *s)
{
    struct presence *p = s->presence;
    s->next_ready = NULL;
    if (p->last_ready)
        p->last_ready->next_ready = s;
    else
        p->first_ready = s;
    p->last_ready = s;
}

static double retry_s(const struct seat *s)
{
    unsigned n = s->failures < 6 ? s->failures - 1 : 5;
    int ms = FIRST_RETRY_MS << n;
    return (ms < LIMIT_RETRY_MS ? ms : LIMIT_RETRY_MS) / 1000.0;
}

static void on_reply(void *data, const struct reply *reply)
{
    struct seat *s = data;
    struct presence *p = s->presence;
    s->call = NULL;
    p->calls--;
    /* any answer but "later" will be the same next time */
    bool taken = reply->err == ERR_OK && reply->status < 500 && reply->status != 429;
    if (!taken) {
        s->failures++;
        wait(s, retry_s(s));
    } else if (s->step == STEP_EXPIRED) {
        seat_free(s);
    } else {
        s->failures = 0;
        s->step = s->step == STEP_LOST && s->doubtful ? STEP_LOST_AGAIN : STEP_EXPIRED;
        wait(s, s->due - ev_now(p->loop));
    }
    pump(p);
}

static void report(struct seat *s)
{
    char path[320];
    struct presence *p = s->presence;
    snprintf(path, sizeof path, "/internal/meetings/%s/%s", s->meeting,
             s->step == STEP_EXPIRED ? "connection_expired" : "connection_lost");
    struct call_request request = {
        .method = "POST",
        .path = path,
        .body = "{}",
        .body_len = 2,
        .user_id = s->user_id,
        .connection = s->connection,
        .address = s->address,
    };
    s->call = backend_call(p->backend, &request, on_reply, s);
    if (s->call) {
        p->calls++;
    } else {
        s->failures++;
        wait(s, retry_s(s));
    }
}

static void pump(struct presence *p)
{
    while (p->first_ready && p->calls < LIMIT_PRESENCE_CALLS) {
        struct seat *s = p->first_ready;
        p->first_ready = s->next_ready;
        if (!p->first_ready)
            p->last_ready = NULL;
        report(s);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct seat *s = watcher->data;
    make_ready(s);
    pump(s->presence);
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
    size_t size = strlen(seat->meeting) + strlen(seat->connection) + strlen(seat->address) + 3;
    struct seat *s = calloc(1, sizeof *s + size);
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
    s->address = put(&at, seat->address);
    ev_timer_init(&s->timer, on_timer, 0, 0);
    s->timer.data = s;
    s->next = p->seats;
    if (s->next)
        s->next->prev = s;
    p->seats = s;
    make_ready(s);
    pump(p);
}

struct presence *presence_new(struct ev_loop *loop, struct backend *backend)
{
    struct presence *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->loop = loop;
    p->backend = backend;
    return p;
}

void presence_free(struct presence **presence)
{
    struct presence *p = *presence;
    if (!p)
        return;
    while (p->seats)
        seat_free(p->seats);
    free(p);
    *presence = NULL;
}
