/* The messages of a connection that go to the workers: one call at a time, in order, the others in a short queue. The
 * reply becomes the client's ack or error, and its header moves the connection into or out of a room. */
#ifndef RELAY_REQUEST_H
#define RELAY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/skim.h"

struct conn;

/* Queues a message; id is -1 where the client gave none. The queue must not be full. False when memory runs out. */
bool request_add(struct conn *c, struct slice type, int64_t id, struct slice data);

/* To be called when the connection is not open any more: reports the seat as left alone, once its calls are answered.
 */
void request_settle(struct conn *c);

#endif
