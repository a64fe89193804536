/* Calls to the workers: a FastCGI client that never waits. One connection a call; a bounded number in flight, the rest
 * in a queue, in order; each with a deadline. A call is tried again only where nothing of it was executed, that is,
 * where the workers' socket could not be connected. */
#ifndef ROOMLOG_BACKEND_H
#define ROOMLOG_BACKEND_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/random.h"
#include "core/skim.h"

struct backend;
struct rpc;

/* What became of a call. */
enum call_result {
    CALL_OK,          /* 2xx */
    CALL_REFUSED,     /* 3xx, 4xx: the rules say no */
    CALL_FAILED,      /* 5xx, or an answer without sense */
    CALL_UNAVAILABLE, /* no worker could be reached */
    CALL_UNKNOWN,     /* the worker died in the middle */
    CALL_TIMEOUT,
    CALL_RESULTS
};

/* Hears of each call that was answered or given up, before its callback; for statistics. seconds: since it began. */
typedef void backend_count_fn(void *data, enum call_result result, double seconds);

/* relay_id names the program to the workers. count_data is handed to count. random, clock, relay_id and count_data
 * must outlive it; *clock is set to the workers' time with each answer. NULL when memory runs out. */
struct backend *backend_new(struct ev_loop *loop, const char *socket_path, const char *relay_id, struct random *random,
                            struct clock *clock, backend_count_fn *count, void *count_data);

/* Ends every call without an answer. */
void backend_free(struct backend **backend);

/* Everything is copied. */
struct call_request {
    const char *method;
    const char *path; /* with the query */
    const char *type; /* content type; NULL: application/json */
    const char *body;
    size_t body_len;
    int64_t user_id;        /* 0: the call is the relay's own */
    int64_t session_id;     /* the sign-in of the user's token; 0: a guest's has none */
    const char *connection; /* the connection's name, or NULL */
    const char *address;    /* the client's address, or NULL */
};

/* The answer. Views are valid while the callback runs. */
struct reply {
    /* ERR_OK: the worker answered, whatever the status. ERR_UNAVAILABLE: it could not be reached, nothing was executed.
     * ERR_OUTCOME_UNKNOWN, ERR_TIMEOUT: no answer came; it may have been executed. ERR_INTERNAL: no sense in the
     * answer. */
    enum err err;
    int status;        /* HTTP status */
    struct slice room; /* header Echomeet-Room; .at is NULL where there is none */
    int retry_after_s; /* header Retry-After; 0 where there is none */
    int64_t time_ms;   /* header Echomeet-Time: the worker's clock; 0 where there is none */
    struct slice body;
    const char *request_id;
};

typedef void backend_fn(void *data, const struct reply *reply);

/* Starts a call. The callback runs exactly once, never from within this function, unless the call is cancelled.
 * NULL when memory runs out: then it never runs. */
struct rpc *backend_call(struct backend *backend, const struct call_request *request, backend_fn *fn, void *data);

/* Forgets a call; it may be executed nevertheless. Clears the pointer; NULL is fine. */
void backend_cancel(struct rpc **call);

/* Whether a reply is one that the call succeeded with. */
static inline bool reply_ok(const struct reply *r) { return r->err == ERR_OK && r->status >= 200 && r->status < 300; }

#endif
