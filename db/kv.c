#include "db/kv.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
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

static void give_up(struct kv *kv)
{
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

/* Runs a command given as words; a connection that broke while idle is replaced once. */
static bool run(struct kv *kv, int count, const char **words, const size_t *lens)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        bool fresh = !kv->redis;
        if (!connected(kv))
            return false;
        redisReply *reply = redisCommandArgv(kv->redis, count, words, lens);
        if (reply) {
            bool ok = reply->type != REDIS_REPLY_ERROR;
            if (!ok)
                log_event(LOG_WARN, "redis_error", "message", reply->str, NULL);
            freeReplyObject(reply);
            return ok;
        }
        if (fresh)
            break;
        disconnect(kv);
    }
    give_up(kv);
    return false;
}

bool kv_publish(struct kv *kv, const char *channel, const void *message, size_t len)
{
    return run(kv, 3, (const char *[]){"PUBLISH", channel, message}, (const size_t[]){7, __builtin_strlen(channel), len});
}

bool kv_ping(struct kv *kv) { return run(kv, 1, (const char *[]){"PING"}, (const size_t[]){4}); }
