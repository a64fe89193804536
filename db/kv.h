/* One connection to Redis, for what may be lost: news of events, counters. Redis away is no error of a request: the truth is in
 * MySQL and the relays compare. After a failure Redis is left alone for a moment, so that it costs no request its time. */
#ifndef DB_KV_H
#define DB_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"
#include "core/config.h"

struct kv;

/* Connects at the first use. config and clock must outlive it. */
struct kv *kv_new(const struct config *config, const struct clock *clock);
void kv_free(struct kv **kv);

/* Counts commands that Redis did not take into counter, which must outlive the connection. */
void kv_count_errors(struct kv *kv, _Atomic int64_t *counter);

/* PUBLISH; false where Redis did not take it. */
bool kv_publish(struct kv *kv, const char *channel, const void *message, size_t len);

/* A token bucket (capacity tokens, refilled evenly within a minute) that is kept under a key and forgotten when it is full again. */
struct kv_bucket {
    const char *key;
    int64_t per_minute; /* capacity, and tokens refilled in a minute */
    int64_t cost;       /* tokens taken; 0: only looks whether there is one */
};

enum { KV_BUCKETS = 4 };

enum kv_answer { KV_TAKEN, KV_EMPTY, KV_AWAY };

/* Takes from all of count buckets, or from none where one has too few (KV_EMPTY: *wait_ms until it has enough), in one round
 * trip. KV_AWAY: Redis does not answer. */
enum kv_answer kv_take(struct kv *kv, const struct kv_bucket *buckets, int count, int64_t *wait_ms);

/* Whether Redis answers. */
bool kv_ping(struct kv *kv);

#endif
