#include "handlers/dispatch.h"

#include <string.h>
#include <strings.h>

#include "core/log.h"
#include "core/network.h"
#include "core/text.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/account.h"
#include "service/auth.h"
#include "service/job.h"
#include "service/rate.h"

/* Whose meeting a guest's path names is looked at where the path is (exchange_meeting). */
static enum err authenticate_bearer(struct exchange *x, enum access access)
{
    const char *authorization = x->req->authorization;
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return ERR_UNAUTHORIZED;
    enum err e = auth_check_access(&x->ctx, authorization + 7);
    if (e)
        return e;
    if (access == ACCESS_ADMIN)
        return account_check_admin(&x->ctx);
    return x->ctx.guest_of && access != ACCESS_MEMBER ? ERR_FORBIDDEN : ERR_OK;
}

static enum err authenticate(struct exchange *x, enum access access)
{
    const struct request *req = x->req;
    bool for_relays = access == ACCESS_RELAY || access == ACCESS_RELAY_USER;
    if ((for_relays || access == ACCESS_FOLLOWER) != (req->pool == POOL_RELAY) || (for_relays && req->of_media_node))
        return ERR_NOT_FOUND;
    switch (access) {
    case ACCESS_ANYBODY: return ERR_OK;
    case ACCESS_USER:
    case ACCESS_ADMIN:
    case ACCESS_MEMBER: return authenticate_bearer(x, access);
    case ACCESS_FOLLOWER:
    case ACCESS_RELAY: x->ctx.relay = req->relay_id; return *req->relay_id ? ERR_OK : ERR_BAD_REQUEST;
    case ACCESS_RELAY_USER:
        x->ctx.relay = req->relay_id;
        x->ctx.connection = req->relay_connection;
        x->ctx.user_id = req->relay_user;
        x->ctx.session_id = req->relay_session;
        return *req->relay_id && *req->relay_connection && req->relay_user > 0 ? ERR_OK : ERR_BAD_REQUEST;
    }
    return ERR_INTERNAL;
}

/* What the web server refused, in our own words. */
static enum err refusal(int status)
{
    switch (status) {
    case 403: return ERR_FORBIDDEN;
    case 404: return ERR_NOT_FOUND;
    case 408: return ERR_REQUEST_TIMEOUT;
    case 413: return ERR_PAYLOAD_TOO_LARGE;
    case 414:
    case 431: return ERR_HEADERS_TOO_LARGE;
    case 500: return ERR_INTERNAL; /* a worker that ended in the middle of it */
    case 501: return ERR_NOT_IMPLEMENTED;
    case 504: return ERR_TIMEOUT;
    case 505: return ERR_BAD_REQUEST; /* another HTTP */
    default: return status < 500 ? ERR_BAD_REQUEST : ERR_UNAVAILABLE;
    }
}

static enum err dispatch_route(struct exchange *x, int *row)
{
    if (x->req->refused)
        return refusal(x->req->refused);
    const struct route *route;
    const char *allow;
    enum err e = router_find(routes, route_count, x->req, x->ctx.arena, &route, &allow);
    if (!e)
        *row = (int)(route - routes);
    if (e == ERR_METHOD_NOT_ALLOWED)
        response_header(x->res, "Allow", allow);
    if (e)
        return e;
    if (x->req->body_too_large)
        return ERR_PAYLOAD_TOO_LARGE;
    if (x->req->body_late)
        return ERR_REQUEST_TIMEOUT;
    e = authenticate(x, route->access);
    if (!e && context_is_late(&x->ctx))
        e = ERR_TIMEOUT; /* it waited too long for its turn */
    if (!e && x->ctx.session_id)
        e = auth_check_session(&x->ctx);
    if (!e) /* what is left of a sign-in that has ended takes nothing from those that go on */
        e = rate_check(&x->ctx, route->rate);
    return e ? e : route->handle(x);
}

/* Empty where the web server gave none. */
static const char *client_address(const struct app *app, struct arena *arena, const struct request *req)
{
    char text[ADDRESS_TEXT];
    struct address address;
    if (!address_parse(req->address, &address))
        return "";
    address = network_client(&app->config->proxies, address, req->forwarded_for);
    address_write(&address, text);
    return arena_strdup(arena, text);
}

void dispatch(struct app *app, struct arena *arena, struct request *req, struct response *res)
{
    response_clear(res);
    struct exchange x = {.req = req, .res = res};
    x.ctx = (struct context){.app = app,
                             .arena = arena,
                             .request_id = req->id,
                             .address = client_address(app, arena, req),
                             .user_agent =
                                 text_is_ascii(req->user_agent) ? arena_printf(arena, "%.200s", req->user_agent) : "",
                             .deadline_ms = req->deadline_ms,
                             .locale = locale_accepted(req->accept_language)};
    int64_t begin_us = clock_elapsed_us();
    int row = SCORE_ROUTES - 1;
    enum err e = dispatch_route(&x, &row);
    job_wake(&x.ctx);
    if (!e && res->body.failed)
        e = ERR_INTERNAL;
    if (e) {
        struct buf allow = res->headers; /* an Allow header outlives the problem */
        res->headers = (struct buf){0};
        response_problem(res, err_by_code(err_code(e)), &x.ctx.fault,
                         req->id); /* the database's own kinds under their public title */
        if (e == ERR_METHOD_NOT_ALLOWED)
            buf_append(&res->headers, allow.data, allow.len);
        buf_free(&allow);
    }
    if (app->scoreboard)
        scoreboard_count(app->scoreboard, row, res->status, clock_elapsed_us() - begin_us);
    enum log_level level = res->status >= 500 ? LOG_WARN : LOG_DEBUG;
    log_event(level, "request", "method", req->method, "path", req->path, "status", LOG_INT(res->status), "code",
              err_code(e), "user", LOG_INT(x.ctx.user_id), NULL);
}
