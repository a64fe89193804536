#include "fcgi/accept.h"

#include <fcgiapp.h>
#include <signal.h>
#include <string.h>

#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "handlers/dispatch.h"

static volatile sig_atomic_t stopping;

static void on_sigterm(int signal_number)
{
    (void)signal_number;
    stopping = 1;
    FCGX_ShutdownPending();
}

/* sa_flags without SA_RESTART: an idle worker's accept() must come back, or it would never notice */
static void handle_signals(void)
{
    struct sigaction term = {.sa_handler = on_sigterm}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* A parameter copied into the arena: libfcgi's own memory goes with the request. */
static const char *param(const FCGX_Request *fcgi, struct arena *arena, const char *name)
{
    const char *value = FCGX_GetParam(name, fcgi->envp);
    return value ? arena_strdup(arena, value) : "";
}

static void read_body(const FCGX_Request *fcgi, struct arena *arena, struct request *req)
{
    int64_t length;
    req->body = "";
    if (!text_to_int(param(fcgi, arena, "CONTENT_LENGTH"), &length) || length == 0)
        return;
    if (length > LIMIT_BODY_BYTES) {
        req->body_too_large = true;
        return;
    }
    char *body = arena_alloc(arena, (size_t)length + 1);
    int n = FCGX_GetStr(body, (int)length, fcgi->in);
    req->body = body;
    req->body_len = n > 0 ? (size_t)n : 0;
}

/* What only the relay may say is not even read on the other sockets. */
static void read_relay_params(const FCGX_Request *fcgi, struct arena *arena, struct request *req)
{
    bool relay = req->pool == POOL_RELAY;
    req->relay_id = relay ? param(fcgi, arena, "ECHOMEET_RELAY") : "";
    req->relay_connection = relay ? param(fcgi, arena, "ECHOMEET_CONNECTION") : "";
    if (!relay || !text_to_int(param(fcgi, arena, "ECHOMEET_USER"), &req->relay_user))
        req->relay_user = 0;
    if (!relay || !text_to_int(param(fcgi, arena, "ECHOMEET_SESSION"), &req->relay_session))
        req->relay_session = 0;
    if (!relay || !text_to_int(param(fcgi, arena, "ECHOMEET_DEADLINE"), &req->deadline_ms))
        req->deadline_ms = 0;
}

static const char *request_id(const FCGX_Request *fcgi, struct app *app, struct arena *arena, enum pool pool)
{
    const char *id = param(fcgi, arena, pool == POOL_RELAY ? "ECHOMEET_REQUEST_ID" : "HTTP_X_REQUEST_ID");
    if (ids_request_ok(id))
        return id;
    char made[IDS_REQUEST_CHARS + 1];
    ids_request(&app->random, made);
    return arena_strdup(arena, made);
}

/* REQUEST_URI and not PATH_INFO: lighttpd and Apache differ in the latter. */
static void read_request(const FCGX_Request *fcgi, struct app *app, struct arena *arena, enum pool pool,
                         struct request *req)
{
    *req = (struct request){.pool = pool};
    req->id = request_id(fcgi, app, arena, pool);
    req->method = param(fcgi, arena, "REQUEST_METHOD");
    const char *uri = param(fcgi, arena, "REQUEST_URI");
    size_t path_len = strcspn(uri, "?");
    req->path = arena_strndup(arena, uri, path_len);
    req->query = uri[path_len] == '?' ? uri + path_len + 1 : "";
    req->content_type = param(fcgi, arena, "CONTENT_TYPE");
    req->authorization = param(fcgi, arena, "HTTP_AUTHORIZATION");
    req->cookie = param(fcgi, arena, "HTTP_COOKIE");
    req->accept_language = param(fcgi, arena, "HTTP_ACCEPT_LANGUAGE");
    req->user_agent = param(fcgi, arena, "HTTP_USER_AGENT");
    req->address = param(fcgi, arena, "REMOTE_ADDR");
    req->forwarded_for = param(fcgi, arena, "HTTP_X_FORWARDED_FOR");
    req->https = strcmp(param(fcgi, arena, "HTTPS"), "on") == 0 ||
                 strcmp(param(fcgi, arena, "REQUEST_SCHEME"), "https") == 0 ||
                 strcmp(param(fcgi, arena, "HTTP_X_FORWARDED_PROTO"), "https") == 0;
    read_relay_params(fcgi, arena, req);
    read_body(fcgi, arena, req);
}

static void write_response(FCGX_Request *fcgi, const struct request *req, const struct response *res)
{
    struct buf head = {0};
    buf_printf(&head, "Status: %d\r\nX-Request-Id: %s\r\nCache-Control: no-store\r\n", res->status, req->id);
    if (res->content_type)
        buf_printf(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n", res->content_type, res->body.len);
    buf_append(&head, res->headers.data, res->headers.len);
    buf_puts(&head, "\r\n");
    if (head.data)
        FCGX_PutStr(head.data, (int)head.len, fcgi->out);
    if (res->body.len && strcmp(req->method, "HEAD") != 0)
        FCGX_PutStr(res->body.data, (int)res->body.len, fcgi->out);
    buf_free(&head);
}

/* libfcgi would wait after the answer until the web server has closed too, so that what that one still sends does not
 * break the connection under the answer. Where the request was read to its end there is nothing to wait for. (A
 * "detached" request is closed at once; it has no other effect.) */
static void close_at_once(FCGX_Request *fcgi, const struct request *req)
{
    if (!req->body_too_large && FCGX_GetChar(fcgi->in) == EOF)
        FCGX_Detach(fcgi);
}

void accept_loop(struct app *app, enum pool pool, int listen_fd, struct score *score)
{
    FCGX_Request fcgi;
    struct arena *arena = arena_new();
    struct response res = {0};
    app->score = score;
    handle_signals();
    if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        log_event(LOG_ERROR, "fastcgi_init_failed", NULL);
        stopping = 1;
    }
    while (!stopping && FCGX_Accept_r(&fcgi) == 0) {
        struct request req;
        read_request(&fcgi, app, arena, pool, &req);
        log_request(req.id);
        score_begin(score, clock_now_ms(&app->clock), req.id);
        dispatch(app, arena, &req, &res);
        write_response(&fcgi, &req, &res);
        close_at_once(&fcgi, &req);
        FCGX_Finish_r(&fcgi);
        score_end(score);
        log_request(NULL);
        response_clear(&res);
        arena_reset(arena);
    }
    FCGX_Free(&fcgi, 1);
    response_free(&res);
    arena_free(&arena);
}
