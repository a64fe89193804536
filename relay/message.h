/* Client messages: reads them, answers auth and ping itself, passes signals on, and hands all others to the workers.
 * docs/protocol.md is the list of what may come and what is answered. */
#ifndef RELAY_MESSAGE_H
#define RELAY_MESSAGE_H

#include <stddef.h>

struct conn;

/* One text message of an open connection. */
void message_take(struct conn *c, const char *text, size_t len);

#endif
