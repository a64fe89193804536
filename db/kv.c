#include "db/kv.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/log.h"
#include "core/redis.h"

enum {
    TIMEOUT_MS = 250,      /* connecting, and each command */
    LEAVE_ALONE_MS = 1000, /* after a failure */
    SCRIPT_WORDS = 24,     /* of a script's call */
    KV_KEY_SIZE = 96,
    KV_SCRIPTS = 4
};

/* One server; the others follow it. */
struct kv {
    struct kv *next;
    struct redis_server server;
    const struct config *config;
    const struct clock *clock;
    redisContext *redis; /* NULL: not connected */
    int64_t retry_at_ms;
    int64_t told_until_ms;     /* the log knows already that Redis is away */
    _Atomic int64_t *errors;   /* may be NULL */
    char shas[KV_SCRIPTS][41]; /* of the scripts below; empty: not loaded yet */
};

struct kv *kv_new(const struct config *config, const struct clock *clock)
{
    struct redis_servers servers;
    struct kv *first = NULL;
    if (!redis_servers_read(config, &servers)) /* config_load has looked at it */
        abort();
    for (int i = servers.count; i-- > 0;) {
        struct kv *kv = calloc(1, sizeof *kv);
        if (!kv)
            abort();
        *kv = (struct kv){.next = first, .server = servers.list[i], .config = config, .clock = clock};
        first = kv;
    }
    return first;
}

/* The server that has a meeting's cache and channel: the key ends in ":<meetingId>". */
static struct kv *server_of(struct kv *kv, const char *key)
{
    int count = 0;
    const char *colon = strrchr(key, ':');
    for (const struct kv *each = kv; each; each = each->next)
        count++;
    for (int i = redis_server_of(colon ? atoll(colon + 1) : 0, count); i > 0; i--)
        kv = kv->next;
    return kv;
}

static void disconnect(struct kv *kv)
{
    if (kv->redis)
        redisFree(kv->redis);
    kv->redis = NULL;
}

void kv_free(struct kv **kv)
{
    while (*kv) {
        struct kv *next = (*kv)->next;
        disconnect(*kv);
        free(*kv);
        *kv = next;
    }
}

void kv_count_errors(struct kv *kv, _Atomic int64_t *counter)
{
    for (; kv; kv = kv->next)
        kv->errors = counter;
}

static void count_error(struct kv *kv, const char *event, const char *message)
{
    if (kv->errors)
        ++*kv->errors;
    int64_t now = clock_now_ms(kv->clock);
    if (now < kv->told_until_ms) /* once a second is enough */
        return;
    log_event(LOG_WARN, event, "message", message, NULL);
    kv->told_until_ms = now + LEAVE_ALONE_MS;
}

static void leave_alone(struct kv *kv)
{
    count_error(kv, "redis_unreachable", kv->redis ? kv->redis->errstr : "no memory");
    disconnect(kv);
    kv->retry_at_ms = clock_now_ms(kv->clock) + LEAVE_ALONE_MS;
}

/* Sends one command over a new connection; whether it was taken. */
static bool greet(redisContext *redis, const char *command, const char *word)
{
    redisReply *reply = redisCommand(redis, command, word);
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return ok;
}

/* A connection to a server; whether it is good; else *out may be NULL. */
static bool open_connection(const struct config *config, const struct redis_server *s, redisContext **out)
{
    struct timeval timeout = {0, TIMEOUT_MS * 1000};
    redisContext *redis = *s->socket ? redisConnectUnixWithTimeout(s->socket, timeout)
                                     : redisConnectWithTimeout(s->host, s->port, timeout);
    *out = redis;
    return redis && !redis->err && redisSetTimeout(redis, timeout) == REDIS_OK &&
           (!*config->redis_password || greet(redis, "AUTH %s", config->redis_password));
}

static bool connected(struct kv *kv)
{
    if (kv->redis)
        return true;
    if (clock_now_ms(kv->clock) < kv->retry_at_ms)
        return false;
    if (!open_connection(kv->config, &kv->server, &kv->redis)) {
        leave_alone(kv);
        return false;
    }
    return true;
}

/* Runs a command given as words; a connection that broke while idle is replaced once. NULL: Redis is away. */
static redisReply *run_command(struct kv *kv, int count, const char **words, const size_t *lens)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        bool fresh = !kv->redis;
        if (!connected(kv))
            return NULL;
        redisReply *reply = redisCommandArgv(kv->redis, count, words, lens);
        if (reply)
            return reply;
        if (fresh)
            break;
        disconnect(kv);
    }
    leave_alone(kv);
    return NULL;
}

/* Whether the reply is one and no error; frees it. */
static bool succeeded(struct kv *kv, redisReply *reply)
{
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    if (reply && !ok)
        count_error(kv, "redis_error", reply->str);
    freeReplyObject(reply);
    return ok;
}

bool kv_works(struct kv *kv)
{
    bool ok = true;
    for (; kv; kv = kv->next)
        ok &= succeeded(kv, run_command(kv, 5, (const char *[]){"SET", "echomeet:health", "1", "PX", "1000"},
                                        (const size_t[]){3, 15, 1, 2, 4}));
    return ok;
}

/* --- scripts: what must happen in Redis at once --- */

/* What is cached under a key K lies under "K:v"; "K:g" counts changes, "K:n" those that are under way. */

/* A Redis may refuse to write (its disk or memory is full) and still publish. So what must happen does as far as it
 * goes, forgetting first, which a full memory allows, and the refusal is answered at the end. */
#define TRY \
    "local refusal = 0 " \
    "local function try(...) local r = redis.pcall(...) if type(r) == 'table' and r.err then refusal = r end end "

/* KEYS: g, n, v. ARGV: time a hold lasts in ms. */
static const char HOLD[] = TRY "try('DEL', KEYS[3]) try('INCR', KEYS[1]) try('INCR', KEYS[2]) "
                               "try('PEXPIRE', KEYS[1], ARGV[1]) try('PEXPIRE', KEYS[2], ARGV[1]) return refusal";

/* KEYS: g, n, v. ARGV: time that g is kept in ms, channel, messages. */
static const char RELEASE[] = TRY
    "for i = 3, #ARGV do redis.call('PUBLISH', ARGV[2], ARGV[i]) end "
    "try('DEL', KEYS[3]) try('INCR', KEYS[1]) try('PEXPIRE', KEYS[1], ARGV[1]) "
    "if tonumber(redis.call('GET', KEYS[2]) or 0) > 1 then try('DECR', KEYS[2]) else try('DEL', KEYS[2]) end return refusal";

/* KEYS: g, n, v. ARGV: the ticket, the value, its time to live in ms. */
static const char PUT[] =
    "if redis.call('EXISTS', KEYS[2]) == 0 and (redis.call('GET', KEYS[1]) or '0') == ARGV[1] then "
    "redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3]) end return 0";

/* KEYS: the buckets. ARGV: per minute and cost of each. Answers 0 where all were taken from, else milliseconds to wait.
 * A bucket is a hash: t tokens in thousandths, at the time of the last look in ms, by the clock of Redis. */
static const char TAKE[] =
    "local now = redis.call('TIME') now = now[1] * 1000 + math.floor(now[2] / 1000) "
    "local left, wait = {}, 0 "
    "for i, key in ipairs(KEYS) do "
    "  local rate, cost = tonumber(ARGV[2 * i - 1]), math.max(tonumber(ARGV[2 * i]), 1) * 1000 "
    "  local b = redis.call('HMGET', key, 't', 'at') "
    "  local t = math.min(rate * 1000, tonumber(b[1] or rate * 1000) + math.max(0, now - tonumber(b[2] or now)) * rate / 60) "
    "  if t < cost then wait = math.max(wait, math.ceil((cost - t) * 60 / rate)) end "
    "  left[i] = t - tonumber(ARGV[2 * i]) * 1000 "
    "end "
    "if wait > 0 then return wait end "
    "for i, key in ipairs(KEYS) do "
    "  if tonumber(ARGV[2 * i]) > 0 then "
    "    redis.call('HSET', key, 't', left[i], 'at', now) redis.call('PEXPIRE', key, 61000) "
    "  end "
    "end "
    "return 0";

enum script { SCRIPT_HOLD, SCRIPT_RELEASE, SCRIPT_PUT, SCRIPT_TAKE };

static const char *const scripts[KV_SCRIPTS] = {HOLD, RELEASE, PUT, TAKE};

/* Keys and arguments of a script, after the two words EVALSHA and its name. */
struct script_call {
    const char *words[SCRIPT_WORDS];
    size_t lens[SCRIPT_WORDS];
    int count;
    char numbers[SCRIPT_WORDS][24];
};

static void add_bytes(struct script_call *c, const void *bytes, size_t len)
{
    c->words[c->count] = bytes;
    c->lens[c->count++] = len;
}

static void add_text(struct script_call *c, const char *text) { add_bytes(c, text, strlen(text)); }

static void add_number(struct script_call *c, int64_t number)
{
    snprintf(c->numbers[c->count], sizeof c->numbers[0], "%lld", (long long)number);
    add_text(c, c->numbers[c->count]);
}

/* A script is sent once and then called by its SHA-1, until a Redis that was started anew does not know it. NULL: Redis
 * is away. */
static redisReply *run_script(struct kv *kv, enum script script, struct script_call *c)
{
    char *sha = kv->shas[script];
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!*sha) {
            redisReply *loaded = run_command(kv, 3, (const char *[]){"SCRIPT", "LOAD", scripts[script]},
                                             (const size_t[]){6, 4, strlen(scripts[script])});
            if (loaded && loaded->type == REDIS_REPLY_STRING)
                snprintf(sha, sizeof kv->shas[script], "%s", loaded->str);
            if (!succeeded(kv, loaded))
                return NULL;
        }
        c->words[0] = "EVALSHA";
        c->lens[0] = 7;
        c->words[1] = sha;
        c->lens[1] = strlen(sha);
        redisReply *reply = run_command(kv, c->count, c->words, c->lens);
        if (!reply || reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, "NOSCRIPT", 8) != 0)
            return reply;
        freeReplyObject(reply);
        *sha = '\0';
    }
    return NULL;
}

/* The three keys of what is cached. */
struct cache_keys {
    char g[KV_KEY_SIZE], n[KV_KEY_SIZE], v[KV_KEY_SIZE];
};

static void cache_keys(struct cache_keys *keys, const char *key)
{
    snprintf(keys->g, sizeof keys->g, "%s:g", key);
    snprintf(keys->n, sizeof keys->n, "%s:n", key);
    snprintf(keys->v, sizeof keys->v, "%s:v", key);
}

static void cache_call(struct script_call *c, struct cache_keys *keys, const char *key)
{
    cache_keys(keys, key);
    c->count = 2;
    add_text(c, "3");
    add_text(c, keys->g);
    add_text(c, keys->n);
    add_text(c, keys->v);
}

void *kv_cache_get(struct kv *kv, struct arena *arena, const char *key, size_t *len, struct kv_ticket *ticket)
{
    struct cache_keys keys;
    cache_keys(&keys, key);
    *ticket = (struct kv_ticket){false, 0};
    kv = server_of(kv, key);
    redisReply *reply = run_command(kv, 4, (const char *[]){"MGET", keys.v, keys.g, keys.n},
                                    (const size_t[]){4, strlen(keys.v), strlen(keys.g), strlen(keys.n)});
    void *value = NULL;
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3) {
        const redisReply *v = reply->element[0], *g = reply->element[1];
        ticket->good = reply->element[2]->type == REDIS_REPLY_NIL;
        ticket->generation = g->type == REDIS_REPLY_STRING ? atoll(g->str) : 0;
        if (v->type == REDIS_REPLY_STRING) {
            value = arena_strndup(arena, v->str, v->len);
            *len = v->len;
        }
    }
    succeeded(kv, reply);
    return value;
}

void kv_cache_put(struct kv *kv, const char *key, struct kv_ticket ticket, const void *value, size_t len)
{
    struct script_call c;
    struct cache_keys keys;
    if (!ticket.good)
        return;
    cache_call(&c, &keys, key);
    add_number(&c, ticket.generation);
    add_bytes(&c, value, len);
    add_number(&c, KV_CACHE_MS);
    kv = server_of(kv, key);
    succeeded(kv, run_script(kv, SCRIPT_PUT, &c));
}

/* A change is told to Redis also within the time that it is left alone after a failure: it may be back already for
 * another worker, which would go on showing what it cached. */
static void insist(struct kv *kv) { kv->retry_at_ms = 0; }

void kv_cache_hold(struct kv *kv, const char *key)
{
    kv = server_of(kv, key);
    insist(kv);
    struct script_call c;
    struct cache_keys keys;
    cache_call(&c, &keys, key);
    add_number(&c, KV_HOLD_MS);
    succeeded(kv, run_script(kv, SCRIPT_HOLD, &c));
}

bool kv_cache_release(struct kv *kv, const char *key, const char *channel, const struct kv_message *messages, int count)
{
    kv = server_of(kv, key);
    insist(kv);
    struct script_call c;
    struct cache_keys keys;
    cache_call(&c, &keys, key);
    add_number(&c, KV_HOLD_MS);
    add_text(&c, channel);
    for (int i = 0; i < count && c.count < SCRIPT_WORDS; i++)
        add_bytes(&c, messages[i].text, messages[i].len);
    redisReply *reply = run_script(kv, SCRIPT_RELEASE, &c);
    bool published = reply; /* whatever else was refused */
    succeeded(kv, reply);
    return published;
}

enum kv_answer kv_take(struct kv *kv, const struct kv_bucket *buckets, int count, int64_t *wait_ms)
{
    struct script_call c = {.count = 2};
    add_number(&c, count);
    for (int i = 0; i < count; i++)
        add_text(&c, buckets[i].key);
    for (int i = 0; i < count; i++) {
        add_number(&c, buckets[i].per_minute);
        add_number(&c, buckets[i].cost);
    }
    redisReply *reply = run_script(kv, SCRIPT_TAKE, &c);
    bool is_number = reply && reply->type == REDIS_REPLY_INTEGER;
    int64_t wait = is_number ? reply->integer : 0;
    if (!succeeded(kv, reply) || !is_number)
        return KV_AWAY;
    if (wait == 0)
        return KV_TAKEN;
    *wait_ms = wait;
    return KV_EMPTY;
}

/* --- waking somebody --- */

void kv_publish(struct kv *kv, const char *channel, const char *text)
{
    insist(kv);
    succeeded(kv, run_command(kv, 3, (const char *[]){"PUBLISH", channel, text},
                              (const size_t[]){7, strlen(channel), strlen(text)}));
}

struct kv_listener {
    struct redis_server server;
    const struct config *config;
    const struct clock *clock;
    const char *channel;
    redisContext *redis; /* NULL: not connected */
    int64_t retry_at_ms;
};

struct kv_listener *kv_listener_new(const struct config *config, const struct clock *clock, const char *channel)
{
    struct redis_servers servers;
    struct kv_listener *l = calloc(1, sizeof *l);
    if (!l || !redis_servers_read(config, &servers))
        abort();
    *l = (struct kv_listener){.server = servers.list[0], .config = config, .clock = clock, .channel = channel};
    return l;
}

static void hang_up(struct kv_listener *l)
{
    if (l->redis)
        redisFree(l->redis);
    l->redis = NULL;
    l->retry_at_ms = clock_now_ms(l->clock) + LEAVE_ALONE_MS;
}

void kv_listener_free(struct kv_listener **listener)
{
    if (*listener)
        hang_up(*listener);
    free(*listener);
    *listener = NULL;
}

/* Whether it was connected just now. */
static bool call_up(struct kv_listener *l)
{
    if (l->redis || clock_now_ms(l->clock) < l->retry_at_ms)
        return false;
    bool ok = open_connection(l->config, &l->server, &l->redis) && greet(l->redis, "SUBSCRIBE %s", l->channel);
    if (!ok)
        hang_up(l);
    return ok;
}

/* Reads away what has come: that something came is all that counts. */
static void hear(struct kv_listener *l)
{
    void *reply = NULL;
    bool ok = redisBufferRead(l->redis) == REDIS_OK;
    while (ok && redisGetReplyFromReader(l->redis, &reply) == REDIS_OK && reply)
        freeReplyObject(reply);
    if (!ok || l->redis->err)
        hang_up(l);
}

void kv_listener_wait(struct kv_listener *l, int64_t timeout_ms, int other_fd)
{
    if (call_up(l))
        return;
    struct pollfd fds[] = {{.fd = other_fd, .events = POLLIN}, {.fd = l->redis ? l->redis->fd : -1, .events = POLLIN}};
    if (poll(fds, 2, (int)timeout_ms) > 0 && fds[1].revents)
        hear(l);
}
