/* One connection to Redis, for what may be lost: news of events. Redis away is no error of a request: the truth is in
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

/* PUBLISH; false where Redis did not take it. */
bool kv_publish(struct kv *kv, const char *channel, const void *message, size_t len);

/* Whether Redis answers. */
bool kv_ping(struct kv *kv);

#endif
