/* One connection to Redis, for what may be lost: news of events, cached reads, counters. Redis away is no error of a
 * request: the truth is in MySQL and the relays compare. After a failure Redis is left alone for a moment, so that it
 * costs no request its time. */
#ifndef DB_KV_H
#define DB_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/config.h"

struct kv;

/* Connects at the first use. config and clock must outlive it. */
struct kv *kv_new(const struct config *config, const struct clock *clock);
void kv_free(struct kv **kv);

/* Counts commands that Redis did not take into counter, which must outlive the connection. */
void kv_count_errors(struct kv *kv, _Atomic int64_t *counter);

/* --- news and cache ---
 *
 * What is cached under a key is held back while somebody changes it:
 *
 *     kv_cache_hold            nothing may be put from now on, what is there is forgotten
 *     (the change is committed, or not)
 *     kv_cache_release         readers may put again what they read after this
 *
 * A reader that began before a change cannot put what it read after the change: the ticket that it got with its miss is
 * no longer good. So nobody who reads after their own change was answered finds an older state, whatever others do
 * meanwhile. Where Redis refuses to write nothing new is cached, and what is there may be found for KV_CACHE_MS more. A
 * hold whose holder died ends by itself after KV_HOLD_MS. */

enum { KV_HOLD_MS = 60 * 1000, KV_CACHE_MS = 5 * 1000 /* what was put is forgotten after this time */ };

/* What a miss leaves for a later put. */
struct kv_ticket {
    bool good; /* false: Redis is away, or the key is held */
    long long generation;
};

/* A key ends in ":<meetingId>": it and the channel of that meeting lie on one of the servers, see core/redis.h. */

/* A copy of what is cached, in the arena, or NULL and a ticket. */
void *kv_cache_get(struct kv *kv, struct arena *arena, const char *key, size_t *len, struct kv_ticket *ticket);
void kv_cache_put(struct kv *kv, const char *key, struct kv_ticket ticket, const void *value, size_t len);

void kv_cache_hold(struct kv *kv, const char *key);

/* A message for a channel. */
struct kv_message {
    const char *text;
    size_t len;
};

/* Ends a hold and publishes messages in their order, all in one round trip. They are published as well where Redis
 * refuses to write (its disk or memory is full). False where it is away. */
bool kv_cache_release(struct kv *kv, const char *key, const char *channel, const struct kv_message *messages,
                      int count);

/* --- waking somebody --- */

/* Workers for jobs listen here (service/job.h). */
#define KV_JOBS_CHANNEL "echomeet:jobs"

/* Publishes a message on the first server; it may get lost. */
void kv_publish(struct kv *kv, const char *channel, const char *text);

/* Somebody who listens to a channel of the first server, over a connection of its own. */
struct kv_listener;

/* Connects at the first wait. config, clock and channel must outlive it. */
struct kv_listener *kv_listener_new(const struct config *config, const struct clock *clock, const char *channel);
void kv_listener_free(struct kv_listener **listener);

/* Waits until something came on the channel, or may have come unheard (the connection was made just now), until
 * other_fd can be read, or for timeout_ms. */
void kv_listener_wait(struct kv_listener *listener, int64_t timeout_ms, int other_fd);

/* --- limits --- */

/* A token bucket (capacity tokens, refilled evenly within a minute) that is kept under a key and forgotten when it is
 * full again. */
struct kv_bucket {
    const char *key;
    int64_t per_minute; /* capacity, and tokens refilled in a minute */
    int64_t cost;       /* tokens taken; 0: only looks whether there is one */
};

enum { KV_BUCKETS = 4 };

enum kv_answer { KV_TAKEN, KV_EMPTY, KV_AWAY };

/* Takes from all of count buckets, or from none where one has too few (KV_EMPTY: *wait_ms until it has enough), in one
 * round trip. KV_AWAY: Redis does not answer, or refuses to count. */
enum kv_answer kv_take(struct kv *kv, const struct kv_bucket *buckets, int count, int64_t *wait_ms);

/* Whether Redis takes what is written: all servers of it. One at its limit of memory, or whose snapshot failed, does
 * not.
 */
bool kv_works(struct kv *kv);

#endif
