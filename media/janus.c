#include "media/janus.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "media/ws_client.h"
#include "core/map.h"

enum {
    KEEPALIVE_MS = 10 * 1000,
    DEPTH = 32,           /* of Janus's JSON */
    LOOK_MS = 100,        /* between two looks at what is late */
    NO_SUCH_SESSION = 458 /* JANUS_ERROR_SESSION_NOT_FOUND */
};

#define PLUGIN "janus.plugin.videoroom"

enum kind { INFO, CREATE, KEEPALIVE, ATTACH, MESSAGE, DETACH };

/* A request on its way: first it waits for its handle's turn, then for the answer. */
struct request {
    TAILQ_ENTRY(request) link;
    struct map_node by_number; /* while it waits for the answer */
    bool listed;
    enum kind kind;
    struct janus_handle *handle; /* NULL: the session's own */
    const char *verb;
    char *text[2]; /* the plugin's request as JSON and the SDP; of `attach` the opaque id */
    const char *jsep_type;
    janus_fn *fn; /* NULL: nobody wants to know */
    void *data;
    double sent_s;
};

TAILQ_HEAD(requests, request);

struct janus_handle {
    LIST_ENTRY(janus_handle) link;
    struct map_node by_id; /* while Janus has it */
    struct janus *janus;
    int64_t id;         /* Janus's; 0: it has none yet, or has it no more */
    bool busy;          /* one of its requests is in flight */
    bool lost;          /* its session is over */
    janus_event_fn *fn; /* NULL: it was given back */
    void *data;
    struct requests waiting;
};

struct janus {
    struct ev_loop *loop;
    const struct janus_options *options;
    const struct janus_hooks *hooks;
    void *data;
    struct random *random;
    struct ws_client *client; /* NULL: not connected */
    int64_t session;          /* 0: none yet */
    int version;
    bool up;
    bool broken; /* a message could not be sent; the timer gives the session up */
    int64_t number;
    struct requests sent; /* the oldest first */
    struct requests lost; /* of a lost session, while they are answered */
    struct map by_number, by_id;
    LIST_HEAD(, janus_handle) handles;
    ev_timer retry, look, keepalive;
};

/* ---- requests ---- */

static void request_free(struct request *r)
{
    free(r->text[0]);
    free(r->text[1]);
    free(r);
}

/* Copies the texts, which may be NULL. */
static struct request *request_new(enum kind kind, struct janus_handle *handle, const char *verb, const char *text,
                                   const char *sdp)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct request){.kind = kind, .handle = handle, .verb = verb};
    r->text[0] = text ? strdup(text) : NULL;
    r->text[1] = sdp ? strdup(sdp) : NULL;
    if ((!text || r->text[0]) && (!sdp || r->text[1]))
        return r;
    request_free(r);
    return NULL;
}

static void write_message(struct buf *out, const struct janus *j, const struct request *r)
{
    struct json json = json_to(out);
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, j->number);
    json_object(&json, NULL);
    json_str(&json, "janus", r->verb);
    json_str(&json, "transaction", number);
    json_str(&json, "apisecret", j->options->api_secret);
    if (j->session)
        json_int(&json, "session_id", j->session);
    if (r->handle && r->handle->id)
        json_int(&json, "handle_id", r->handle->id);
    if (r->kind == ATTACH) {
        json_str(&json, "plugin", PLUGIN);
        json_str(&json, "opaque_id", r->text[0]);
    } else if (r->text[0]) {
        json_raw(&json, "body", r->text[0]);
    }
    if (r->text[1]) {
        json_object(&json, "jsep");
        json_str(&json, "type", r->jsep_type);
        json_str(&json, "sdp", r->text[1]);
        json_object_end(&json);
    }
    json_object_end(&json);
}

/* Sends it now. What cannot be sent is lost with the session, which the next look gives up. */
static void dispatch(struct janus *j, struct request *r)
{
    struct buf message = {0};
    j->number++;
    write_message(&message, j, r);
    r->sent_s = clock_elapsed_s();
    TAILQ_INSERT_TAIL(&j->sent, r, link);
    r->listed = map_add(&j->by_number, &r->by_number, j->number, 0);
    if (!r->listed || message.failed || !ws_client_send(j->client, message.data, message.len))
        j->broken = true;
    buf_free(&message);
}

static void unlist(struct janus *j, struct request *r)
{
    if (r->listed)
        map_remove(&j->by_number, &r->by_number);
    r->listed = false;
}

/* Sends the handle's next request, where it may have one in flight. */
static void pump(struct janus_handle *h)
{
    struct request *r = TAILQ_FIRST(&h->waiting);
    if (h->busy || h->lost || !h->id || !r)
        return;
    TAILQ_REMOVE(&h->waiting, r, link);
    h->busy = true;
    dispatch(h->janus, r);
}

static void send_own(struct janus *j, enum kind kind, const char *verb)
{
    struct request *r = request_new(kind, NULL, verb, NULL, NULL);
    if (r)
        dispatch(j, r);
    else
        j->broken = true;
}

/* ---- handles ---- */

static void handle_free(struct janus_handle *h)
{
    struct request *r;
    while ((r = TAILQ_FIRST(&h->waiting))) {
        TAILQ_REMOVE(&h->waiting, r, link);
        request_free(r);
    }
    if (h->id)
        map_remove(&h->janus->by_id, &h->by_id);
    LIST_REMOVE(h, link);
    free(h);
}

/* Tells Janus that the handle is not needed. Its place is given back with the answer. */
static void end_handle(struct janus_handle *h)
{
    struct request *r = request_new(DETACH, h, "detach", NULL, NULL);
    if (!r) {
        h->janus->broken = true;
        return;
    }
    TAILQ_INSERT_TAIL(&h->waiting, r, link);
    pump(h);
}

/* ---- the end of a session ---- */

static void answer_lost(struct janus *j)
{
    struct request *r;
    while ((r = TAILQ_FIRST(&j->lost))) {
        TAILQ_REMOVE(&j->lost, r, link);
        if (r->fn)
            r->fn(r->data, &(struct janus_reply){.err = ERR_UNAVAILABLE});
        request_free(r);
    }
}

/* Collects what waits of a handle; one that was given back goes with it. */
static void lose_handle(struct janus *j, struct janus_handle *h)
{
    TAILQ_CONCAT(&j->lost, &h->waiting, link);
    h->lost = true;
    if (h->id)
        map_remove(&j->by_id, &h->by_id);
    h->id = 0;
    if (!h->fn)
        handle_free(h);
}

static void lose(struct janus *j, enum janus_loss why)
{
    static const char *const names[] = {"ended", "hung", "strange"};
    bool was_up = j->up;
    if (was_up || why != JANUS_ENDED)
        log_event(LOG_WARN, "janus_lost", "why", names[why], NULL);
    ws_client_free(&j->client);
    ev_timer_stop(j->loop, &j->look);
    ev_timer_stop(j->loop, &j->keepalive);
    j->session = 0;
    j->up = j->broken = false;
    for (struct request *r = TAILQ_FIRST(&j->sent); r; r = TAILQ_NEXT(r, link))
        unlist(j, r);
    TAILQ_CONCAT(&j->lost, &j->sent, link);
    for (struct janus_handle *h = LIST_FIRST(&j->handles), *next; h; h = next) {
        next = LIST_NEXT(h, link);
        lose_handle(j, h);
    }
    ev_timer_set(&j->retry, (double)j->options->retry_ms / 1000, 0);
    ev_timer_start(j->loop, &j->retry);
    answer_lost(j);
    if (was_up || why == JANUS_HUNG)
        j->hooks->down(j->data, why);
}

/* ---- what comes ---- */

enum member { VERB, TRANSACTION, SENDER, DATA, PLUGINDATA, JSEP, ERROR, VERSION, MEMBERS };

/* A message of Janus: views into its text. */
struct message {
    struct slice whole;
    struct slice member[MEMBERS];
    struct buf sdp; /* decoded; empty where there is none */
};

static struct slice member_of(struct slice object, const char *name)
{
    const char *const names[] = {name};
    struct slice value = {NULL, 0};
    if (object.at)
        skim_members(object, names, &value, 1);
    return value;
}

static int64_t number_of(struct slice object, const char *name)
{
    int64_t number = 0;
    skim_int(member_of(object, name), &number);
    return number;
}

/* False where it is no message. */
static bool message_read(struct message *m, const char *text, size_t len)
{
    static const char *const names[MEMBERS] = {"janus",      "transaction", "sender", "data",
                                               "plugindata", "jsep",        "error",  "version_string"};
    *m = (struct message){.whole = {text, len}};
    return skim_check(text, len, DEPTH) && skim_members(m->whole, names, m->member, MEMBERS) && m->member[VERB].at &&
           (!m->member[JSEP].at || skim_text(member_of(m->member[JSEP], "sdp"), &m->sdp)) && !m->sdp.failed;
}

/* The plugin refuses inside of what looks like a success. */
static struct janus_reply reply_of(const struct message *m)
{
    struct janus_reply reply = {.data = member_of(m->member[PLUGINDATA], "data"), .sdp = m->sdp.data};
    reply.code = (int)(m->member[ERROR].at ? number_of(m->member[ERROR], "code") : number_of(reply.data, "error_code"));
    reply.err = reply.code ? ERR_BAD_REQUEST : ERR_OK;
    return reply;
}

/* "1.1.2" as 1001002; 0 where it cannot be read. */
static int version_of(const struct message *m)
{
    char text[32];
    int major = 0, minor = 0, patch = 0;
    struct slice plain;
    if (!skim_plain(m->member[VERSION], &plain))
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)plain.len, plain.at);
    return sscanf(text, "%d.%d.%d", &major, &minor, &patch) < 2 ? 0 : major * 1000000 + minor * 1000 + patch;
}

/* The request that it answers, or NULL. */
static struct request *request_of(const struct janus *j, const struct message *m)
{
    struct slice plain;
    int64_t number;
    if (!skim_plain(m->member[TRANSACTION], &plain) || !skim_int(plain, &number))
        return NULL;
    struct map_node *node = map_find(&j->by_number, number, 0);
    return node ? MAP_ITEM(node, struct request, by_number) : NULL;
}

static void attached(struct janus_handle *h, int64_t id)
{
    struct janus *j = h->janus;
    if (!id || !map_add(&j->by_id, &h->by_id, id, 0)) {
        j->broken = true;
        return;
    }
    h->id = id;
}

/* The answer to what a handle asked for. `fn` may give the handle back, and then only `detach` is waiting. */
static void handle_answered(struct request *r, const struct message *m, const struct janus_reply *reply)
{
    struct janus_handle *h = r->handle;
    h->busy = false;
    if (r->kind == DETACH) {
        handle_free(h);
        return;
    }
    if (r->kind == ATTACH)
        attached(h, reply->err ? 0 : number_of(m->member[DATA], "id"));
    else if (r->fn)
        r->fn(r->data, reply);
    pump(h);
}

static void own_answered(struct janus *j, const struct request *r, const struct message *m,
                         const struct janus_reply *reply)
{
    if (reply->err) {
        log_event(LOG_WARN, "janus_refused", "code", LOG_INT(reply->code), NULL);
        j->broken = true;
    } else if (r->kind == INFO) {
        j->version = version_of(m);
        send_own(j, CREATE, "create");
    } else if (r->kind == CREATE) {
        j->session = number_of(m->member[DATA], "id");
        j->up = true;
        ev_timer_again(j->loop, &j->keepalive);
        j->hooks->up(j->data, j->version);
    }
}

static void answered(struct janus *j, struct request *r, const struct message *m)
{
    struct janus_reply reply = reply_of(m);
    TAILQ_REMOVE(&j->sent, r, link);
    unlist(j, r);
    j->broken = j->broken || reply.code == NO_SUCH_SESSION;
    if (r->handle)
        handle_answered(r, m, &reply);
    else
        own_answered(j, r, m, &reply);
    request_free(r);
}

static void happened(struct janus *j, const struct message *m)
{
    int64_t sender = 0;
    char name[32];
    struct slice plain;
    if (!skim_int(m->member[SENDER], &sender) || !skim_plain(m->member[VERB], &plain))
        return;
    struct map_node *node = map_find(&j->by_id, sender, 0);
    struct janus_handle *h = node ? MAP_ITEM(node, struct janus_handle, by_id) : NULL;
    if (!h || !h->fn)
        return;
    struct janus_reply parts = reply_of(m);
    snprintf(name, sizeof name, "%.*s", (int)plain.len, plain.at);
    h->fn(h->data, &(struct janus_event){.name = name, .body = m->whole, .data = parts.data, .sdp = parts.sdp});
}

static void take_message(struct janus *j, const struct message *m)
{
    struct request *r = request_of(j, m);
    if (skim_is(m->member[VERB], "timeout")) /* of the session */
        j->broken = true;
    else if (!r)
        happened(j, m);
    else if (!skim_is(m->member[VERB], "ack") ||
             r->kind == KEEPALIVE) /* of a request it only says that the answer is to come */
        answered(j, r, m);
}

static void on_text(void *data, const char *text, size_t len)
{
    struct janus *j = data;
    struct message m;
    if (message_read(&m, text, len))
        take_message(j, &m);
    else
        j->broken = true;
    buf_free(&m.sdp);
}

/* ---- the connection ---- */

static void on_opened(void *data)
{
    struct janus *j = data;
    send_own(j, INFO, "info"); /* only where there is no session */
}

static void on_closed(void *data) { lose(data, JANUS_ENDED); }

static const struct ws_client_hooks client_hooks = {.opened = on_opened, .text = on_text, .closed = on_closed};

static void on_retry(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct janus *j = watcher->data;
    j->client = ws_client_new(loop, j->options->socket_path, "janus-protocol", j->random, &client_hooks, j);
    if (!j->client) {
        ev_timer_set(&j->retry, (double)j->options->retry_ms / 1000, 0);
        ev_timer_start(loop, &j->retry);
        return;
    }
    ev_timer_again(loop, &j->look);
}

/* Whether something was not answered in time. */
static void on_look(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct janus *j = watcher->data;
    const struct request *oldest = TAILQ_FIRST(&j->sent);
    if (j->broken)
        lose(j, JANUS_STRANGE);
    else if (oldest && (clock_elapsed_s() - oldest->sent_s) * 1000 > (double)j->options->answer_ms)
        lose(j, JANUS_HUNG);
}

static void on_keepalive(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    send_own(watcher->data, KEEPALIVE, "keepalive");
}

/* ---- what others call ---- */

static void repeat(ev_timer *timer, void (*fn)(struct ev_loop *, ev_timer *, int), int64_t every_ms, void *data)
{
    ev_timer_init(timer, fn, 0, (double)every_ms / 1000);
    timer->data = data;
}

struct janus *janus_new(struct ev_loop *loop, const struct janus_options *options, struct random *random,
                        const struct janus_hooks *hooks, void *data)
{
    struct janus *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->loop = loop;
    j->options = options;
    j->hooks = hooks;
    j->data = data;
    j->random = random;
    TAILQ_INIT(&j->sent);
    TAILQ_INIT(&j->lost);
    LIST_INIT(&j->handles);
    repeat(&j->retry, on_retry, 0, j);
    repeat(&j->look, on_look, LOOK_MS, j);
    repeat(&j->keepalive, on_keepalive, KEEPALIVE_MS, j);
    ev_timer_start(loop, &j->retry);
    return j;
}

void janus_free(struct janus **janus)
{
    struct janus *j = *janus;
    *janus = NULL;
    if (!j)
        return;
    ws_client_free(&j->client);
    ev_timer_stop(j->loop, &j->retry);
    ev_timer_stop(j->loop, &j->look);
    ev_timer_stop(j->loop, &j->keepalive);
    struct request *r;
    while ((r = TAILQ_FIRST(&j->sent))) {
        TAILQ_REMOVE(&j->sent, r, link);
        request_free(r);
    }
    struct janus_handle *h;
    while ((h = LIST_FIRST(&j->handles)))
        handle_free(h);
    map_free(&j->by_number);
    map_free(&j->by_id);
    free(j);
}

struct janus_handle *janus_attach(struct janus *j, const char *opaque_id, janus_event_fn *fn, void *data)
{
    struct janus_handle *h = j->up ? calloc(1, sizeof *h) : NULL;
    struct request *r = h ? request_new(ATTACH, h, "attach", opaque_id, NULL) : NULL;
    if (!r) {
        free(h);
        return NULL;
    }
    h->janus = j;
    h->fn = fn;
    h->data = data;
    h->busy = true;
    TAILQ_INIT(&h->waiting);
    LIST_INSERT_HEAD(&j->handles, h, link);
    dispatch(j, r);
    return h;
}

bool janus_send(struct janus_handle *h, const char *body, const char *jsep_type, const char *sdp, janus_fn *fn,
                void *data)
{
    struct request *r = h->lost ? NULL : request_new(MESSAGE, h, "message", body, sdp);
    if (!r)
        return false;
    r->jsep_type = jsep_type;
    r->fn = fn;
    r->data = data;
    TAILQ_INSERT_TAIL(&h->waiting, r, link);
    pump(h);
    return true;
}

bool janus_handle_ids(const struct janus_handle *h, int64_t *session, int64_t *id)
{
    *session = h->janus->session;
    *id = h->id;
    return h->id;
}

static void silence(struct requests *list, const struct janus_handle *h)
{
    struct request *r;
    TAILQ_FOREACH(r, list, link)
    if (r->handle == h)
        r->fn = NULL;
}

void janus_detach(struct janus_handle **handle)
{
    struct janus_handle *h = *handle;
    *handle = NULL;
    if (!h)
        return;
    struct janus *j = h->janus;
    h->fn = NULL;
    silence(&j->sent, h);
    silence(&j->lost, h);
    for (struct request *r = TAILQ_FIRST(&h->waiting), *next; r; r = next) {
        next = TAILQ_NEXT(r, link);
        if (!r->fn)
            continue;
        TAILQ_REMOVE(&h->waiting, r, link);
        request_free(r);
    }
    if (h->lost)
        handle_free(h);
    else
        end_handle(h);
}
