/* hiredis 0.14 aborts the process when a reply comes on a connection that has no subscription left. A channel of our
 * own, which is never given up, prevents that; it carries the heartbeat as well. */
#include "roomlog/subscriber.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/envelope.h"
#include "core/log.h"
#include "core/text.h"

enum {
    BEAT_MS = 1000,    /* between heartbeats */
    SILENCE_MS = 3000, /* without one, or without a connection that stands, it is made again */
    FIRST_RETRY_MS = 50,
    LAST_RETRY_MS = 1000,
    CHANNEL_SIZE = 64
};

#define OWN_CHANNEL_PREFIX "echomeet:relay:"

struct link {
    struct subscriber *subscriber;
    const char *name;      /* for the log */
    redisAsyncContext *ac; /* NULL: not connected, the timer runs */
    bool ready;            /* connected; commands may be sent */
    unsigned failures;
    double since; /* of the try to connect */
    ev_timer timer;
};

struct subscriber {
    struct ev_loop *loop;
    const struct config *config;
    const struct redis_server *server;
    const struct subscriber_hooks *hooks;
    void *data;
    char own_channel[CHANNEL_SIZE + sizeof OWN_CHANNEL_PREFIX];
    struct link listen, publish;
    bool listening; /* our own channel, the last one asked for, is confirmed */
    bool up;
    bool asked; /* a channel, since the last flush */
    double last_beat;
    ev_timer beat;
};

static void set_state(struct subscriber *s)
{
    bool up = s->listening && s->publish.ready;
    if (up == s->up)
        return;
    s->up = up;
    s->last_beat = clock_elapsed_s();
    log_event(up ? LOG_INFO : LOG_WARN, up ? "redis_up" : "redis_away", NULL);
    s->hooks->state(s->data, up);
}

static void channel_of(int64_t meeting_id, char out[static CHANNEL_SIZE])
{
    snprintf(out, CHANNEL_SIZE, ENVELOPE_CHANNEL_PREFIX "%lld", (long long)meeting_id);
}

static bool is_word(const redisReply *r, const char *word)
{
    return r->type == REDIS_REPLY_STRING && strcmp(r->str, word) == 0;
}

static void on_subscribed(struct subscriber *s, const char *channel)
{
    const size_t prefix = sizeof ENVELOPE_CHANNEL_PREFIX - 1;
    int64_t meeting_id;
    if (strcmp(channel, s->own_channel) == 0) {
        s->listening = true;
        s->listen.failures = 0;
        set_state(s);
    } else if (strncmp(channel, ENVELOPE_CHANNEL_PREFIX, prefix) == 0 && text_to_int(channel + prefix, &meeting_id)) {
        s->hooks->confirmed(s->data, meeting_id);
    }
}

/* Confirmations and messages of the listening connection: [kind, channel, what]. */
static void on_heard(redisAsyncContext *ac, void *reply, void *data)
{
    struct subscriber *s = data;
    const redisReply *r = reply;
    if (!r || ac != s->listen.ac || r->type != REDIS_REPLY_ARRAY || r->elements < 3 ||
        r->element[1]->type != REDIS_REPLY_STRING)
        return;
    if (is_word(r->element[0], "subscribe"))
        on_subscribed(s, r->element[1]->str);
    else if (!is_word(r->element[0], "message") || r->element[2]->type != REDIS_REPLY_STRING)
        return;
    else if (strcmp(r->element[1]->str, s->own_channel) == 0)
        s->last_beat = clock_elapsed_s();
    else
        s->hooks->message(s->data, r->element[2]->str, (size_t)r->element[2]->len);
}

/* Answers to PUBLISH and AUTH: only refusals matter. */
static void on_answer(redisAsyncContext *ac, void *reply, void *data)
{
    const redisReply *r = reply;
    (void)ac, (void)data;
    if (r && r->type == REDIS_REPLY_ERROR)
        log_event(LOG_ERROR, "redis_refuses", "text", r->str, NULL);
}

static void listen_to(struct subscriber *s, const char *channel)
{
    redisAsyncCommand(s->listen.ac, on_heard, s, "SUBSCRIBE %s", channel);
}

static void connect_later(struct link *link)
{
    struct subscriber *s = link->subscriber;
    unsigned n = link->failures < 5 ? link->failures : 5;
    int ms = FIRST_RETRY_MS << n;
    link->failures++;
    link->ac = NULL;
    link->ready = false;
    if (link == &s->listen)
        s->listening = false;
    ev_timer_stop(s->loop, &link->timer);
    ev_timer_set(&link->timer, (ms < LAST_RETRY_MS ? ms : LAST_RETRY_MS) / 1000.0, 0);
    ev_timer_start(s->loop, &link->timer);
    set_state(s);
}

static void on_ready(struct link *link)
{
    struct subscriber *s = link->subscriber;
    link->ready = true;
    if (s->config->redis_password[0])
        redisAsyncCommand(link->ac, on_answer, NULL, "AUTH %s", s->config->redis_password);
    if (link == &s->publish) {
        link->failures = 0;
        set_state(s);
        return;
    }
    s->hooks->connected(s->data);
    listen_to(s, s->own_channel);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct link *link = ac->data;
    if (link->ac != ac)
        return;
    if (status == REDIS_OK) {
        on_ready(link);
        return;
    }
    if (link->failures == 0)
        log_event(LOG_WARN, "redis_connect_failed", "connection", link->name, "error", ac->errstr, NULL);
    connect_later(link);
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct link *link = ac->data;
    (void)status;
    if (link->ac != ac)
        return;
    log_event(LOG_WARN, "redis_lost", "connection", link->name, "error", ac->errstr, NULL);
    connect_later(link);
}

static void on_connect_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct link *link = watcher->data;
    const struct redis_server *server = link->subscriber->server;
    redisAsyncContext *ac =
        server->socket[0] ? redisAsyncConnectUnix(server->socket) : redisAsyncConnect(server->host, server->port);
    link->since = clock_elapsed_s();
    if (!ac || ac->err) {
        if (link->failures == 0)
            log_event(LOG_WARN, "redis_connect_failed", "connection", link->name, "error", ac ? ac->errstr : NULL,
                      NULL);
        if (ac)
            redisAsyncFree(ac);
        connect_later(link);
        return;
    }
    ac->data = link;
    link->ac = ac;
    redisLibevAttach(loop, ac);
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
}

/* Drops a connection that stands but does not answer. */
static void drop(struct link *link)
{
    redisAsyncContext *ac = link->ac;
    if (!ac)
        return;
    log_event(LOG_WARN, "redis_silent", "connection", link->name, NULL);
    connect_later(link);
    redisAsyncFree(ac);
}

static void on_beat(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct subscriber *s = watcher->data;
    double late = clock_elapsed_s() - SILENCE_MS / 1000.0;
    if (s->up && s->last_beat < late) {
        drop(&s->publish);
        drop(&s->listen);
    }
    if (!s->publish.ready && s->publish.since < late)
        drop(&s->publish);
    if (!s->listening && s->listen.since < late)
        drop(&s->listen);
    if (s->publish.ready)
        redisAsyncCommand(s->publish.ac, on_answer, NULL, "PUBLISH %s beat", s->own_channel);
}

bool subscriber_up(const struct subscriber *s) { return s->up; }

void subscriber_add(struct subscriber *s, int64_t meeting_id)
{
    char channel[CHANNEL_SIZE];
    channel_of(meeting_id, channel);
    if (s->listen.ready)
        listen_to(s, channel);
    s->asked = true;
}

void subscriber_flush(struct subscriber *s)
{
    bool asked = s->asked;
    s->asked = false;
    if (asked && s->listen.ready)
        redisAsyncHandleWrite(s->listen.ac);
}

void subscriber_remove(struct subscriber *s, int64_t meeting_id)
{
    char channel[CHANNEL_SIZE];
    channel_of(meeting_id, channel);
    if (s->listen.ready)
        redisAsyncCommand(s->listen.ac, NULL, NULL, "UNSUBSCRIBE %s", channel);
}

bool subscriber_publish(struct subscriber *s, int64_t meeting_id, const char *line, size_t len)
{
    char channel[CHANNEL_SIZE];
    channel_of(meeting_id, channel);
    return s->up && redisAsyncCommand(s->publish.ac, on_answer, NULL, "PUBLISH %s %b", channel, line, len) == REDIS_OK;
}

static void link_init(struct link *link, struct subscriber *s, const char *name)
{
    link->subscriber = s;
    link->name = name;
    ev_timer_init(&link->timer, on_connect_timer, 0, 0);
    link->timer.data = link;
    ev_timer_start(s->loop, &link->timer);
}

struct subscriber *subscriber_new(struct ev_loop *loop, const struct config *config, const struct redis_server *server,
                                  const char *relay_id, const struct subscriber_hooks *hooks, void *data)
{
    struct subscriber *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->loop = loop;
    s->config = config;
    s->server = server;
    s->hooks = hooks;
    s->data = data;
    snprintf(s->own_channel, sizeof s->own_channel, OWN_CHANNEL_PREFIX "%s", relay_id);
    link_init(&s->listen, s, "listen");
    link_init(&s->publish, s, "publish");
    ev_timer_init(&s->beat, on_beat, BEAT_MS / 1000.0, BEAT_MS / 1000.0);
    s->beat.data = s;
    ev_timer_start(loop, &s->beat);
    return s;
}

static void link_free(struct link *link)
{
    redisAsyncContext *ac = link->ac;
    ev_timer_stop(link->subscriber->loop, &link->timer);
    link->ac = NULL;
    link->ready = false;
    if (ac)
        redisAsyncFree(ac);
}

void subscriber_free(struct subscriber **subscriber)
{
    struct subscriber *s = *subscriber;
    if (!s)
        return;
    ev_timer_stop(s->loop, &s->beat);
    link_free(&s->listen);
    link_free(&s->publish);
    free(s);
    *subscriber = NULL;
}
