/* The messages of one connection that go to the workers: those that wait, in order, and the one whose call is in
 * flight. Only the data: request.c makes the calls. */
#ifndef RELAY_CALL_QUEUE_H
#define RELAY_CALL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/skim.h"

enum {
    REQUEST_TYPE_CHARS = 32,
    REQUEST_MEETING_CHARS = 64, /* of a meeting's number or code, as the client writes it */
    REQUEST_MEETING_SIZE = 3 * REQUEST_MEETING_CHARS + 1
};

struct rpc;

struct request {
    struct request *next;
    int64_t id; /* the client's, -1: it gave none */
    bool joins;
    char type[REQUEST_TYPE_CHARS + 1];
    char meeting[REQUEST_MEETING_SIZE]; /* as it stands in the call's path; set when the call is made */
    size_t len;
    char data[]; /* JSON */
};

/* Start with all zero. */
struct call_queue {
    struct request *first, *last; /* waiting */
    struct request *current;      /* whose call is in flight */
    struct rpc *rpc;
    uint8_t count; /* waiting */
};

static inline bool call_queue_full(const struct call_queue *q) { return q->count >= LIMIT_CALL_QUEUE; }
static inline bool call_queue_idle(const struct call_queue *q) { return !q->current && !q->first; }

/* Appends a message; everything is copied. The queue must not be full. False when memory runs out. */
bool call_queue_add(struct call_queue *q, struct slice type, int64_t id, struct slice data);

/* Takes out the first one that waits, which the caller has to free; NULL where none does. */
struct request *call_queue_pop(struct call_queue *q);

/* Forgets what waits; the call in flight goes on. */
void call_queue_drop(struct call_queue *q);

/* Forgets everything, the call in flight too. */
void call_queue_free(struct call_queue *q);

#endif
