#include "media/rates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/skim.h"
#include "media/ws_client.h"

enum {
    MEASURE_MS = 2000, /* between two measurements of one publisher */
    GAP_MS = 10,       /* between two questions */
    ANSWER_MS = 3000,  /* after this the connection is made anew */
    TOO_MUCH = 2,      /* times the cap */
    DEPTH = 32         /* of Janus's JSON */
};

struct rate_watch {
    TAILQ_ENTRY(rate_watch) link;
    struct rates *rates;
    const struct janus_handle *handle;
    const struct sdp_lines *lines;
    int64_t cap;
    rates_fn *fn;
    void *data;
    double due_s;
    int64_t bytes, at_us; /* of the last measurement, by Janus's clock; at_us 0: there was none */
};

struct rates {
    struct ev_loop *loop;
    const struct rates_options *options;
    struct random *random;
    struct ws_client *client; /* NULL: not connected */
    bool open;
    int64_t number;                   /* of the last question */
    double asked_s;                   /* when it was asked; 0: it has been answered */
    struct rate_watch *asked;         /* whom it is about; NULL: their watch has ended */
    TAILQ_HEAD(, rate_watch) watches; /* the next one first */
    ev_timer turn;
};

/* ---- asking ---- */

static void plan_turn(struct rates *r, double after_s)
{
    ev_timer_stop(r->loop, &r->turn);
    ev_timer_set(&r->turn, after_s, 0);
    ev_timer_start(r->loop, &r->turn);
}

static void disconnect(struct rates *r)
{
    ws_client_free(&r->client);
    r->open = false;
    r->asked_s = 0;
    r->asked = NULL;
}

static void ask(struct rates *r, struct rate_watch *w, int64_t session, int64_t handle)
{
    struct buf message = {0};
    struct json j = json_to(&message);
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, ++r->number);
    json_object(&j, NULL);
    json_str(&j, "janus", "handle_info");
    json_str(&j, "transaction", number);
    json_str(&j, "admin_secret", r->options->admin_secret);
    json_int(&j, "session_id", session);
    json_int(&j, "handle_id", handle);
    json_object_end(&j);
    if (!message.failed && ws_client_send(r->client, message.data, message.len)) {
        r->asked = w;
        r->asked_s = clock_elapsed_s();
    }
    buf_free(&message);
}

/* Asks about the first one and puts it at the end. */
static void ask_first(struct rates *r, double now)
{
    int64_t session, handle;
    struct rate_watch *w = TAILQ_FIRST(&r->watches);
    TAILQ_REMOVE(&r->watches, w, link);
    TAILQ_INSERT_TAIL(&r->watches, w, link);
    w->due_s = now + MEASURE_MS / 1000.0;
    if (janus_handle_ids(w->handle, &session, &handle))
        ask(r, w, session, handle);
}

/* ---- what is answered ---- */

static struct slice member(struct slice object, const char *name)
{
    const char *const names[] = {name};
    struct slice value = {NULL, 0};
    if (object.at)
        skim_members(object, names, &value, 1);
    return value;
}

static int64_t bytes_of(struct slice stats)
{
    int64_t bytes = 0;
    skim_int(member(stats, "bytes"), &bytes);
    return bytes;
}

/* All sizes of a line's picture. */
static int64_t bytes_of_line(struct slice media, const char *mid)
{
    struct slice in = member(member(member(media, mid), "stats"), "in");
    return bytes_of(in) + bytes_of(member(in, "video-simulcast-1")) + bytes_of(member(in, "video-simulcast-2"));
}

static void measured(struct rate_watch *w, int64_t bytes, int64_t at_us)
{
    int64_t us = at_us - w->at_us, more = bytes - w->bytes;
    bool first = !w->at_us;
    w->at_us = at_us;
    w->bytes = bytes;
    if (first || us <= 0 || more < 0)
        return;
    int64_t bits = (int64_t)((double)more * 8 * 1e6 / (double)us);
    w->fn(w->data, bits, bits > TOO_MUCH * w->cap);
}

static void on_text(void *data, const char *text, size_t len)
{
    struct rates *r = data;
    struct rate_watch *w = r->asked;
    struct slice whole = {text, len};
    r->asked = NULL;
    r->asked_s = 0;
    plan_turn(r, GAP_MS / 1000.0);
    if (!w || !skim_check(text, len, DEPTH))
        return;
    struct slice info = member(whole, "info"), media = member(member(info, "webrtc"), "media");
    int64_t bytes = 0, at_us;
    if (!media.at || !skim_int(member(info, "current_time"), &at_us))
        return;
    for (int i = 0; i < w->lines->count; i++)
        bytes += bytes_of_line(media, w->lines->lines[i].mid);
    measured(w, bytes, at_us);
}

/* ---- the connection, turns ---- */

static void on_opened(void *data)
{
    struct rates *r = data;
    r->open = true;
    plan_turn(r, 0);
}

static void on_closed(void *data) { disconnect(data); }

static const struct ws_client_hooks client_hooks = {.opened = on_opened, .text = on_text, .closed = on_closed};

static void on_turn(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct rates *r = watcher->data;
    const struct rate_watch *first = TAILQ_FIRST(&r->watches);
    double now = clock_elapsed_s(), wait_s = MEASURE_MS / 1000.0;
    if (!first)
        return;
    if (r->asked_s && (now - r->asked_s) * 1000 > ANSWER_MS)
        disconnect(r);
    if (!r->client)
        r->client = ws_client_new(loop, r->options->socket_path, "janus-admin-protocol", r->random, &client_hooks, r);
    else if (r->open && !r->asked_s && first->due_s <= now)
        ask_first(r, now);
    else if (r->open && !r->asked_s)
        wait_s = first->due_s - now;
    plan_turn(r, wait_s);
}

/* ---- what others call ---- */

struct rates *rates_new(struct ev_loop *loop, const struct rates_options *options, struct random *random)
{
    struct rates *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct rates){.loop = loop, .options = options, .random = random};
    TAILQ_INIT(&r->watches);
    ev_timer_init(&r->turn, on_turn, 0, 0);
    r->turn.data = r;
    return r;
}

void rates_free(struct rates **rates)
{
    struct rates *r = *rates;
    *rates = NULL;
    if (!r)
        return;
    ev_timer_stop(r->loop, &r->turn);
    ws_client_free(&r->client);
    free(r);
}

struct rate_watch *rates_watch(struct rates *r, const struct janus_handle *handle, const struct sdp_lines *lines,
                               int64_t cap, rates_fn *fn, void *data)
{
    struct rate_watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct rate_watch){.rates = r, .handle = handle, .lines = lines, .cap = cap, .fn = fn, .data = data};
    TAILQ_INSERT_HEAD(&r->watches, w, link);
    plan_turn(r, 0);
    return w;
}

void rates_unwatch(struct rate_watch **watch)
{
    struct rate_watch *w = *watch;
    *watch = NULL;
    if (!w)
        return;
    TAILQ_REMOVE(&w->rates->watches, w, link);
    if (w->rates->asked == w)
        w->rates->asked = NULL;
    free(w);
}
