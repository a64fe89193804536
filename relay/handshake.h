/* The opening handshake (RFC 6455 section 4.2): reads the HTTP request of a client, and says what to answer.
 * Owns no socket. Who may come in is decided by the caller: this only reads. */
#ifndef RELAY_HANDSHAKE_H
#define RELAY_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/token.h"
#include "core/ws.h"

enum { HANDSHAKE_BYTES = 8 * 1024, HANDSHAKE_TEXT = 256 };

#define HANDSHAKE_PROTOCOL "echomeet.v1"

struct handshake {
    size_t consumed;                /* bytes of the request; what follows are frames */
    char key[WS_KEY_CHARS + 1];     /* Sec-WebSocket-Key */
    char token[TOKEN_TEXT_MAX + 1]; /* from a subprotocol or the address; empty where none came */
    bool metrics;                   /* no handshake: GET /metrics, of which only forwarded_for is read */
    bool protocol;                  /* the client offered HANDSHAKE_PROTOCOL */
    char origin[HANDSHAKE_TEXT];    /* empty: not a browser */
    char host[HANDSHAKE_TEXT];
    char forwarded_for[HANDSHAKE_BYTES]; /* X-Forwarded-For, several joined by commas; empty where there is none */
};

/* Reads a request from the bytes that have come so far. 0: it is whole and in order, *out is filled. -1: more bytes
 * are needed. Otherwise the HTTP status to refuse it with: 400, 404, 405, 426, 431. */
int handshake_read(const char *data, size_t len, struct handshake *out);

/* Whether a page of this origin may connect: none given; the same host name as that of the address; or listed in
 * `allowed` (separated by commas, "*": any). */
bool handshake_origin_ok(const struct handshake *h, const char *allowed);

/* Appends "101 Switching Protocols". */
void handshake_accept(struct buf *out, const struct handshake *h);

/* Appends an answer with this status and a short text. */
void handshake_refuse(struct buf *out, int status);

#endif
