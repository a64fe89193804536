#include "db/kv.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/log.h"

enum {
    TIMEOUT_MS = 250,      /* connecting, and each command */
    LEAVE_ALONE_MS = 1000  /* after a failure */
};

struct kv {
    const struct config *config;
    const struct clock *clock;
    redisContext *redis; /* NULL: not connected */
    int64_t retry_at_ms;
    _Atomic int64_t *errors; /* may be NULL */
    char take_sha[41]; /* of the script TAKE; empty: not loaded yet */
};

struct kv *kv_new(const struct config *config, const struct clock *clock)
{
    struct kv *kv = calloc(1, sizeof *kv);
    if (!kv)
        abort();
    kv->config = config;
    kv->clock = clock;
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
    if (!*kv)
        return;
    disconnect(*kv);
    free(*kv);
    *kv = NULL;
}

void kv_count_errors(struct kv *kv, _Atomic int64_t *counter) { kv->errors = counter; }

static void give_up(struct kv *kv)
{
    if (kv->errors)
        ++*kv->errors;
    log_event(LOG_WARN, "redis_unreachable", "message", kv->redis ? kv->redis->errstr : "no memory", NULL);
    disconnect(kv);
    kv->retry_at_ms = clock_now_ms(kv->clock) + LEAVE_ALONE_MS;
}

static bool authenticate(struct kv *kv)
{
    if (!*kv->config->redis_password)
        return true;
    redisReply *reply = redisCommand(kv->redis, "AUTH %s", kv->config->redis_password);
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return ok;
}

static bool connected(struct kv *kv)
{
    if (kv->redis)
        return true;
    if (clock_now_ms(kv->clock) < kv->retry_at_ms)
        return false;
    const struct config *c = kv->config;
    struct timeval timeout = {0, TIMEOUT_MS * 1000};
    kv->redis = *c->redis_socket ? redisConnectUnixWithTimeout(c->redis_socket, timeout)
                                 : redisConnectWithTimeout(c->redis_host, (int)c->redis_port, timeout);
    if (!kv->redis || kv->redis->err || redisSetTimeout(kv->redis, timeout) != REDIS_OK || !authenticate(kv)) {
        give_up(kv);
        return false;
    }
    return true;
}

/* Runs a command given as words; a connection that broke while idle is replaced once. NULL: Redis is away. */
static redisReply *run(struct kv *kv, int count, const char **words, const size_t *lens)
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
    give_up(kv);
    return NULL;
}

/* Whether the reply is one and no error; frees it. */
static bool succeeded(redisReply *reply)
{
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    if (reply && !ok)
        log_event(LOG_WARN, "redis_error", "message", reply->str, NULL);
    freeReplyObject(reply);
    return ok;
}

bool kv_publish(struct kv *kv, const char *channel, const void *message, size_t len)
{
    return succeeded(run(kv, 3, (const char *[]){"PUBLISH", channel, message}, (const size_t[]){7, strlen(channel), len}));
}

bool kv_ping(struct kv *kv) { return succeeded(run(kv, 1, (const char *[]){"PING"}, (const size_t[]){4})); }

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

static redisReply *eval(struct kv *kv, const char *command, const char *script, const struct kv_bucket *buckets, int count)
{
    const char *words[3 + 3 * KV_BUCKETS] = {command, script};
    size_t lens[3 + 3 * KV_BUCKETS];
    char numbers[2 * KV_BUCKETS + 1][24];
    int n = 2;
    snprintf(numbers[0], sizeof numbers[0], "%d", count);
    words[n++] = numbers[0];
    for (int i = 0; i < count; i++)
        words[n++] = buckets[i].key;
    for (int i = 0; i < count; i++) {
        snprintf(numbers[2 * i + 1], sizeof numbers[0], "%lld", (long long)buckets[i].per_minute);
        snprintf(numbers[2 * i + 2], sizeof numbers[0], "%lld", (long long)buckets[i].cost);
        words[n++] = numbers[2 * i + 1];
        words[n++] = numbers[2 * i + 2];
    }
    for (int i = 0; i < n; i++)
        lens[i] = strlen(words[i]);
    return run(kv, n, words, lens);
}

/* The script is sent once and then called by its SHA-1, until a Redis that was started anew does not know it. */
enum kv_answer kv_take(struct kv *kv, const struct kv_bucket *buckets, int count, int64_t *wait_ms)
{
    redisReply *reply = NULL;
    if (*kv->take_sha)
        reply = eval(kv, "EVALSHA", kv->take_sha, buckets, count);
    if (!*kv->take_sha || (reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0)) {
        freeReplyObject(reply);
        reply = run(kv, 3, (const char *[]){"SCRIPT", "LOAD", TAKE}, (const size_t[]){6, 4, sizeof TAKE - 1});
        if (reply && reply->type == REDIS_REPLY_STRING)
            snprintf(kv->take_sha, sizeof kv->take_sha, "%s", reply->str);
        freeReplyObject(reply);
        reply = *kv->take_sha ? eval(kv, "EVALSHA", kv->take_sha, buckets, count) : NULL;
    }
    bool is_number = reply && reply->type == REDIS_REPLY_INTEGER;
    int64_t wait = is_number ? reply->integer : 0;
    if (!succeeded(reply) || !is_number)
        return KV_AWAY;
    if (wait == 0)
        return KV_TAKEN;
    *wait_ms = wait;
    return KV_EMPTY;
}
