/* The messages of a connection that go to the workers: one call at a time, in order, the others in a short queue. The
 * reply becomes the client's ack or error, and its header moves the connection into or out of a room. */
#ifndef RELAY_REQUEST_H
#define RELAY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/skim.h"

struct rpc;
struct conn;
struct request;

struct requests {
    struct request *first, *last; /* waiting */
    struct request *current;      /* whose call is in flight */
    struct rpc *call;
    uint8_t count; /* waiting */
};

enum { REQUEST_TYPE_CHARS = 32 };

static inline bool requests_full(const struct requests *r) { return r->count >= LIMIT_CALL_QUEUE; }
static inline bool requests_idle(const struct requests *r) { return !r->current && !r->first; }

/* Queues a message; id is -1 where the client gave none. The queue must not be full. False when memory runs out. */
bool request_add(struct conn *c, struct slice type, int64_t id, struct slice data);

/* Forgets what waits; the call in flight goes on. */
void requests_drop(struct requests *r);

/* Forgets everything, the call in flight too. */
void requests_free(struct requests *r);

/* To be called when the connection is not open any more: reports the seat as left alone, once its calls are answered.
 */
void request_settle(struct conn *c);

#endif
