/* Client messages: reads them, answers auth and ping itself, passes signals on, and hands all others to the workers.
 * docs/protocol.md is the list of what may come and what is answered. */
#ifndef RELAY_MESSAGE_H
#define RELAY_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct conn;
struct reply;

/* One text message of an open connection. */
void message_take(struct conn *c, const char *text, size_t len);

/* Greets a connection that has signed in. */
void message_hello(struct conn *c);

/* Sends an error; id is -1 and field NULL where there is none. Counts bad messages, and closes with 4400 after too
 * many of them. */
void message_error(struct conn *c, int64_t id, enum err e, const char *field);

/* The same, from a worker's problem document (RFC 9457). */
void message_problem(struct conn *c, int64_t id, const struct reply *reply);

#endif
