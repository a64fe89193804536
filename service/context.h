/* The context of one call into the services: in whose name, with which memory, and what to tell the caller where it
 * fails. */
#ifndef SERVICE_CONTEXT_H
#define SERVICE_CONTEXT_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/fault.h"
#include "core/ids.h"
#include "core/locale.h"
#include "service/app.h"

struct context {
    struct app *app;
    struct arena *arena;    /* everything that a service answers lives here */
    const char *request_id; /* goes into logs and events */
    const char *address;    /* the client's IP address */
    const char *user_agent; /* what the client calls itself; empty where it says nothing fit to store */
    int64_t user_id;        /* who calls; 0: nobody is signed in */
    int64_t session_id;     /* the caller's sign-in; 0: none */
    int64_t guest_of;       /* the one meeting that the caller may do something in; 0: an account */
    const char *relay;      /* the relay that speaks for a connection; NULL: a REST call */
    const char *connection; /* that connection's name; NULL: a REST call */
    int64_t deadline_ms;    /* nobody waits for the answer any more then; 0: somebody always does */
    enum locale locale;     /* of texts for people */
    bool wake_jobs;         /* jobs were added: job_wake() is to be called after the commit */
    struct fault fault;     /* filled beside an error where there is more to say */
};

static inline int64_t context_now_ms(const struct context *ctx) { return clock_now_ms(&ctx->app->clock); }

/* Whether nobody waits any more. A change that begins to count only now would come behind those that were asked for
 * since because this one seemed lost. */
static inline bool context_is_late(const struct context *ctx)
{
    return ctx->deadline_ms && context_now_ms(ctx) >= ctx->deadline_ms;
}

/* The network that the call comes from (core/network.h), as text in the arena: by it limits count and bans hold. Empty
 * where no client made the call. */
const char *context_network(const struct context *ctx);

/* Whether an address is in the client's network. */
bool context_is_near(const struct context *ctx, const char *address);

/* ERR_DB_NO_ROW means "there is none" here: turns it into `instead`. */
static inline enum err context_no_row(enum err e, enum err instead) { return e == ERR_DB_NO_ROW ? instead : e; }

#endif
