/* One Redis server, as the relay uses it: one connection that listens to the channels of its rooms, one that publishes
 * signals. Both are made again when they break. Redis is up when a message that we publish comes back to us: a server
 * that hangs is away like one that is gone. */
#ifndef ROOMLOG_SUBSCRIBER_H
#define ROOMLOG_SUBSCRIBER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/redis.h"

struct subscriber;

/* None is called from within a function of this module, but `state` from subscriber_flush. */
struct subscriber_hooks {
    /* a message of a room's channel; a NUL stands behind it */
    void (*message)(void *data, const char *line, size_t len);
    /* the channel of this meeting is listened to from now on */
    void (*confirmed)(void *data, int64_t meeting_id);
    /* a new connection: subscriber_add every room */
    void (*connected)(void *data);
    /* Redis is up (every channel is listened to again) or away */
    void (*state)(void *data, bool up);
};

/* Connects at once and for ever. config, server, relay_id and hooks must outlive it. NULL when memory runs out. */
struct subscriber *subscriber_new(struct ev_loop *loop, const struct config *config, const struct redis_server *server,
                                  const char *relay_id, const struct subscriber_hooks *hooks, void *data);
void subscriber_free(struct subscriber **subscriber);

bool subscriber_up(const struct subscriber *subscriber);

/* Listens to a meeting's channel, or does so no more. Without a connection they do nothing: `connected` comes later. */
void subscriber_add(struct subscriber *subscriber, int64_t meeting_id);
void subscriber_remove(struct subscriber *subscriber, int64_t meeting_id);

/* Hands what was asked for to the server's socket now, not when the loop comes to it. Not from within a hook. */
void subscriber_flush(struct subscriber *subscriber);

/* Publishes on a meeting's channel. False where Redis is away. */
bool subscriber_publish(struct subscriber *subscriber, int64_t meeting_id, const char *line, size_t len);

#endif
