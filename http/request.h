/* An HTTP request as plain data. Everything lives in the request's arena. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

/* Which of the pool's sockets a request came in by; the last two have none. */
enum pool { POOL_API, POOL_SIGNIN, POOL_RELAY, POOL_HOUSEKEEPING, POOL_JOBS, POOL_COUNT };

struct request {
    enum pool pool;
    const char *id; /* request id: the web server's X-Request-Id where it may be used, else made up */
    const char *method;
    const char *path;            /* of REQUEST_URI, still percent-encoded, without the query */
    const char *query;           /* what follows "?", still percent-encoded; empty where there is none */
    const char *content_type;    /* "" where there is none */
    const char *authorization;   /* header Authorization, "" where there is none */
    const char *cookie;          /* header Cookie, "" where there is none */
    const char *accept_language; /* header Accept-Language, "" where there is none */
    const char *user_agent;      /* header User-Agent, "" where there is none */
    const char *address;         /* of whoever connected: the client, or the last proxy */
    const char *forwarded_for;   /* X-Forwarded-For; empty where there is none */
    bool https;                  /* the client came by TLS */
    const char *body;            /* NUL-terminated */
    size_t body_len;
    bool body_too_large; /* over LIMIT_BODY_BYTES: it was not read */
    bool body_late;      /* it had not arrived in time, and the rest of it was not waited for */
    int refused; /* the HTTP status for which the web server refused it, method and body being lost; 0: it did not */

    /* on the relay's socket only: who has connected runs under another account than we do, which is what media nodes
     * may, and relays do not */
    bool of_media_node;

    /* on the relay's socket only, set by the relay: whom it speaks for */
    int64_t relay_session;
    int64_t relay_user;
    const char *relay_connection; /* "" where there is none */
    const char *relay_id;         /* "" where there is none */
    int64_t deadline_ms;          /* when the relay stops waiting, ms since 1970; 0: unknown */

    /* filled by the router: the decoded ":name" parts of the path, in order */
    const char *params[LIMIT_PATH_PARAMS];
};

#endif
