/* The detail of a meeting (its row and everybody who is or was in it) in Redis, so that those who look at a meeting do
 * not ask the database each time. Whoever changes what it shows holds it back from before the transaction until after
 * the commit; see db/kv.h. */
#ifndef SERVICE_MEETING_CACHE_H
#define SERVICE_MEETING_CACHE_H

#include <stdbool.h>

#include "db/meeting_dao.h"
#include "db/participant_dao.h"
#include "service/context.h"

/* True where it was found; else a ticket for meeting_cache_put. */
bool meeting_cache_get(struct context *ctx, int64_t meeting_id, struct meeting *meeting, struct participant **people,
                       int *count, struct kv_ticket *ticket);
void meeting_cache_put(struct context *ctx, struct kv_ticket ticket, const struct meeting *meeting,
                       const struct participant *people, int count);

void meeting_cache_hold(struct context *ctx, int64_t meeting_id);

/* Ends a hold, whether the change was made or not, and publishes messages on a channel in the same round trip. False
 * where Redis is away. */
bool meeting_cache_publish(struct context *ctx, int64_t meeting_id, const char *channel,
                           const struct kv_message *messages, int count);

#endif
