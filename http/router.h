/* One table of routes: method, path pattern, who may call, function. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "core/arena.h"
#include "core/err.h"
#include "http/request.h"

/* A request on its way through a handler: request, response, and the context of the services (handlers/exchange.h). */
struct exchange;

enum access {
    ACCESS_ANYBODY,
    ACCESS_USER,      /* a valid access token of an account */
    ACCESS_MEMBER,    /* the same, or of a guest: of the meeting that the path begins with, where it names one */
    ACCESS_ADMIN,     /* the same, of an administrator */
    ACCESS_FOLLOWER,  /* on the relay's socket only, a relay's or a media node's */
    ACCESS_RELAY,     /* on the relay's socket only, a relay's */
    ACCESS_RELAY_USER /* on the relay's socket only, in the name of a user's connection */
};

struct route {
    const char *method;
    const char *pattern; /* "/api/v1/meetings/:meetingId/join" */
    enum access access;
    int rate; /* class of the rate limit: enum rate_class in service/rate.h */
    enum err (*handle)(struct exchange *x);
};

/* Finds the route and fills request->params. ERR_NOT_FOUND; ERR_METHOD_NOT_ALLOWED with the methods that the path knows
 * in *allow ("GET, POST", in the arena); ERR_BAD_REQUEST where the path is not well-formed. A GET route answers HEAD
 * too. */
MUST_CHECK enum err router_find(const struct route *routes, int count, struct request *request, struct arena *arena,
                                const struct route **route, const char **allow);

#endif
