/* A client's WebSocket (RFC 6455) on a unix socket: connects, shakes hands, sends and receives text. It never waits. */
#ifndef MEDIA_WS_CLIENT_H
#define MEDIA_WS_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/random.h"

struct ws_client;

/* None is called from within a function of this module. */
struct ws_client_hooks {
    void (*opened)(void *data);
    /* a whole message, well-formed UTF-8, no NUL behind it */
    void (*text)(void *data, const char *text, size_t len);
    /* the connection is of no more use, or could not be made: it is to be freed. Comes once, and nothing after it */
    void (*closed)(void *data);
};

/* Connects. protocol is the subprotocol that the server must agree to. hooks and random must outlive it. NULL where
 * there is nobody at that path (errno says why), or no memory. */
struct ws_client *ws_client_new(struct ev_loop *loop, const char *socket_path, const char *protocol,
                                struct random *random, const struct ws_client_hooks *hooks, void *data);

/* Cuts the connection; no hook is called any more. It may be called from within a hook. Clears the pointer; NULL is
 * fine. */
void ws_client_free(struct ws_client **client);

/* Sends a text message, after `opened`. False where memory ran out or too much waits to be sent: the server does not
 * read. */
bool ws_client_send(struct ws_client *client, const char *text, size_t len);

#endif
