#include "roomlog/sync.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/relay_wire.h"
#include "roomlog/backend.h"

struct sync {
    struct ev_loop *loop;
    const char *path;
    int64_t every_ms;
    struct backend *backend;
    const struct sync_hooks *hooks;
    void *data;
    ev_timer timer;
    struct rpc *rpc;
    bool again;
};

static void plan(struct sync *s, double seconds)
{
    ev_timer_stop(s->loop, &s->timer);
    ev_timer_set(&s->timer, seconds, 0);
    ev_timer_start(s->loop, &s->timer);
}

static double interval(const struct sync *s)
{
    int64_t ms = s->every_ms;
    if (s->hooks->degraded(s->data) && ms > LIMIT_SYNC_DEGRADED_MS)
        ms = LIMIT_SYNC_DEGRADED_MS;
    return (double)ms / 1000.0;
}

static void take_lines(const struct sync *s, struct slice body)
{
    struct slice line;
    int64_t meeting_id, seq;
    while (relay_wire_line(&body, &line))
        if (relay_wire_position_read(line, &meeting_id, &seq))
            s->hooks->latest(s->data, meeting_id, seq);
        else
            s->hooks->heard(s->data, line);
}

static void on_reply(void *data, const struct reply *reply)
{
    struct sync *s = data;
    s->rpc = NULL;
    if (reply_ok(reply))
        take_lines(s, reply->body);
    s->hooks->synced(s->data, reply_ok(reply));
    plan(s, s->again ? 0 : interval(s));
    s->again = false;
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct sync *s = watcher->data;
    struct buf body = {0};
    s->hooks->write(s->data, &body);
    struct call_request request = {
        .method = "POST", .path = s->path, .type = "text/plain", .body = body.data, .body_len = body.len};
    s->rpc = body.failed ? NULL : backend_call(s->backend, &request, on_reply, s);
    buf_free(&body);
    if (!s->rpc)
        plan(s, interval(s));
}

void sync_now(struct sync *s)
{
    if (s->rpc)
        s->again = true;
    else
        plan(s, 0);
}

struct sync *sync_new(struct ev_loop *loop, const char *path, int64_t every_ms, struct backend *backend,
                      const struct sync_hooks *hooks, void *data)
{
    struct sync *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->loop = loop;
    s->path = path;
    s->every_ms = every_ms;
    s->backend = backend;
    s->hooks = hooks;
    s->data = data;
    ev_timer_init(&s->timer, on_timer, 0, 0);
    s->timer.data = s;
    plan(s, 0);
    return s;
}

void sync_free(struct sync **sync)
{
    struct sync *s = *sync;
    if (!s)
        return;
    ev_timer_stop(s->loop, &s->timer);
    backend_cancel(&s->rpc);
    free(s);
    *sync = NULL;
}
