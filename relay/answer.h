/* What the relay says to one client: greetings, acks, errors. docs/protocol.md is the list. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include <stdint.h>

#include "core/err.h"
#include "core/skim.h"

struct conn;
struct reply;

/* Greets a connection that has signed in. */
void answer_hello(struct conn *c);

/* {"type":"ack","id":…,"data":…}; an empty slice stands for {}. Nothing where id is -1: the client wants none. */
void answer_ack(struct conn *c, int64_t id, struct slice data);

/* {"type":"pong","id":…}; id is -1 where the client gave none. */
void answer_pong(struct conn *c, int64_t id);

/* Sends an error; id is -1 and field NULL where there is none. Counts bad messages, and closes with 4400 after too
 * many of them. */
void answer_error(struct conn *c, int64_t id, enum err e, const char *field);

/* The same, from a worker's problem document (RFC 9457). */
void answer_problem(struct conn *c, int64_t id, const struct reply *reply);

#endif
