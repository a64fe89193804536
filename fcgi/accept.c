#include "fcgi/accept.h"

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/network.h"
#include "core/relay_wire.h"
#include "core/text.h"
#include "handlers/dispatch.h"

static volatile sig_atomic_t stopping;

static void on_sigterm(int signal_number)
{
    (void)signal_number;
    stopping = 1;
    FCGX_ShutdownPending();
}

/* SIGTERM reaches a worker only while it waits for a connection: within a request it would break off a read. */
static void hold_sigterm(int how)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(how, &term, NULL);
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

/* --- time limits: whoever dribbles a body or does not take an answer, through a web server that buffers neither, must
 * not hold a worker. The limits are totals: a byte a second does not extend them. --- */

static int64_t deadline_us(int limit_ms) { return clock_elapsed_us() + limit_ms * INT64_C(1000); }

/* Lets the next read (SO_RCVTIMEO) or write (SO_SNDTIMEO) wait until the deadline at most; false when that has passed.
 */
static bool wait_until(const FCGX_Request *fcgi, int option, int64_t deadline)
{
    int64_t left = deadline - clock_elapsed_us();
    bool in_time = left > 0;
    if (!in_time)
        left = 1000;
    struct timeval timeout = {left / 1000000, left % 1000000};
    setsockopt(fcgi->ipcFd, SOL_SOCKET, option, &timeout, sizeof timeout);
    return in_time;
}

/* Up to length bytes of the body, fewer where it ends or the deadline passes. FCGX_GetStr would wait for all of them,
 * so it is asked only for what has arrived. */
static size_t receive(const FCGX_Request *fcgi, char *to, size_t length, int64_t deadline)
{
    size_t n = 0;
    while (n < length && wait_until(fcgi, SO_RCVTIMEO, deadline)) {
        int c = FCGX_GetChar(fcgi->in);
        if (c == EOF)
            break;
        to[n++] = (char)c;
        size_t here = (size_t)(fcgi->in->stop - fcgi->in->rdNext);
        n += (size_t)FCGX_GetStr(to + n, (int)(here < length - n ? here : length - n), fcgi->in);
    }
    return n;
}

static void discard(const FCGX_Request *fcgi, int64_t deadline)
{
    char trash[4096];
    while (receive(fcgi, trash, sizeof trash, deadline) == sizeof trash)
        continue;
}

static void send_all(const FCGX_Request *fcgi, const char *data, size_t len, int64_t deadline)
{
    enum { PIECE = 8192 }; /* libfcgi's buffer: one system call each */
    while (len && wait_until(fcgi, SO_SNDTIMEO, deadline)) {
        size_t piece = len < PIECE ? len : PIECE;
        if (FCGX_PutStr(data, (int)piece, fcgi->out) < 0)
            break;
        data += piece;
        len -= piece;
    }
    if (len)
        shutdown(fcgi->ipcFd, SHUT_WR); /* libfcgi tries once more when it finishes the request */
}

/* --- a request -------------------------------------------------------------------------------------------- */

static void read_body(const FCGX_Request *fcgi, struct arena *arena, struct request *req, int64_t deadline)
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
    req->body = body;
    req->body_len = receive(fcgi, body, (size_t)length, deadline);
    req->body_late = req->body_len < (size_t)length && clock_elapsed_us() >= deadline;
}

/* A request that the web server itself refuses (headers too long, an unknown method …) is sent here for its answer,
 * without method and body; REDIRECT_STATUS has the status. One that it refuses only because a POST says no length (411)
 * is a POST without a body: RFC 9112 has it so. */
static void read_refusal(const FCGX_Request *fcgi, struct arena *arena, struct request *req)
{
    int64_t status;
    if (req->pool == POOL_RELAY || !text_to_int(param(fcgi, arena, "REDIRECT_STATUS"), &status) || status < 400)
        return;
    if (status == 411)
        req->method = "POST";
    else
        req->refused = (int)status;
}

/* The kernel says who has connected. Of several accounts only those of ECHOMEET_MEDIA_GROUP can open the relay's
 * socket. */
static bool is_of_other_account(const FCGX_Request *fcgi)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fcgi->ipcFd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
        return true;
    return peer.uid != geteuid() && peer.uid != 0;
}

/* What only the relay may say is not even read on the other sockets. */
static void read_relay_params(const FCGX_Request *fcgi, struct arena *arena, struct request *req)
{
    bool relay = req->pool == POOL_RELAY;
    req->of_media_node = relay && is_of_other_account(fcgi);
    req->relay_id = relay ? param(fcgi, arena, RELAY_WIRE_RELAY) : "";
    req->relay_connection = relay ? param(fcgi, arena, RELAY_WIRE_CONNECTION) : "";
    if (!relay || !text_to_int(param(fcgi, arena, RELAY_WIRE_USER), &req->relay_user))
        req->relay_user = 0;
    if (!relay || !text_to_int(param(fcgi, arena, RELAY_WIRE_SESSION), &req->relay_session))
        req->relay_session = 0;
    if (!relay || !text_to_int(param(fcgi, arena, RELAY_WIRE_DEADLINE), &req->deadline_ms))
        req->deadline_ms = 0;
}

static const char *request_id(const FCGX_Request *fcgi, struct app *app, struct arena *arena, enum pool pool)
{
    const char *id = param(fcgi, arena, pool == POOL_RELAY ? RELAY_WIRE_REQUEST_ID : "HTTP_X_REQUEST_ID");
    if (ids_request_ok(id))
        return id;
    char made[IDS_REQUEST_CHARS + 1];
    ids_request(&app->random, made);
    return arena_strdup(arena, made);
}

/* TLS ends at the web server, or at a proxy in front of it, which says so. */
static bool came_by_tls(const FCGX_Request *fcgi, const struct app *app, struct arena *arena, const char *peer)
{
    struct address address;
    if (strcmp(param(fcgi, arena, "HTTPS"), "on") == 0 || strcmp(param(fcgi, arena, "REQUEST_SCHEME"), "https") == 0)
        return true;
    return address_parse(peer, &address) && networks_have(&app->config->proxies, &address) &&
           strcmp(param(fcgi, arena, "HTTP_X_FORWARDED_PROTO"), "https") == 0;
}

/* REQUEST_URI and not PATH_INFO: lighttpd and Apache differ in the latter. */
static void read_request(const FCGX_Request *fcgi, struct app *app, struct arena *arena, enum pool pool,
                         struct request *req, int64_t deadline)
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
    req->https = came_by_tls(fcgi, app, arena, req->address);
    read_relay_params(fcgi, arena, req);
    read_refusal(fcgi, arena, req);
    read_body(fcgi, arena, req, deadline);
    discard(fcgi, deadline); /* a body too large, and the mark of its end */
}

static void write_response(const struct app *app, const FCGX_Request *fcgi, const struct request *req,
                           const struct response *res)
{
    int64_t deadline = deadline_us(LIMIT_SEND_MS);
    struct buf head = {0};
    buf_printf(&head, "Status: %d\r\nX-Request-Id: %s\r\nCache-Control: no-store\r\n", res->status, req->id);
    if (req->pool == POOL_RELAY) /* whose deadlines are in our time */
        buf_printf(&head, RELAY_WIRE_TIME ": %lld\r\n", (long long)clock_now_ms(&app->clock));
    if (res->content_type)
        buf_printf(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n", res->content_type, res->body.len);
    buf_append(&head, res->headers.data, res->headers.len);
    buf_puts(&head, "\r\n");
    send_all(fcgi, head.data, head.len, deadline);
    if (strcmp(req->method, "HEAD") != 0)
        send_all(fcgi, res->body.data, res->body.len, deadline);
    buf_free(&head);
}

/* libfcgi would wait after the answer until the web server has closed too, so that what that one still sends does not
 * break the connection under the answer. But the request was read to its end, or its time is over: there is nothing to
 * wait for. (A "detached" request is closed at once; it has no other effect.) */
static void finish(FCGX_Request *fcgi)
{
    FCGX_Detach(fcgi);
    fcgi->keepConnection = 0;
    FCGX_Finish_r(fcgi);
}

/* libfcgi accepts no connection itself, or its first read could wait for ever: it is handed one as if kept from an
 * earlier request. Where no request comes it tries its own listening socket, has none, and says so. */
static bool accept_connection(FCGX_Request *fcgi, int listen_fd)
{
    hold_sigterm(SIG_UNBLOCK);
    int fd = stopping ? -1 : accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC), why = errno;
    hold_sigterm(SIG_BLOCK);
    errno = why;
    if (fd < 0)
        return false;
    fcgi->ipcFd = fd;
    fcgi->keepConnection = 1;
    return true;
}

static void serve(struct app *app, struct arena *arena, FCGX_Request *fcgi, enum pool pool, struct score *score,
                  struct response *res)
{
    struct request req;
    int64_t deadline = deadline_us(LIMIT_RECEIVE_MS), begin_ms = clock_now_ms(&app->clock);
    score_begin(score, begin_ms, "");
    wait_until(fcgi, SO_RCVTIMEO, deadline);
    if (FCGX_Accept_r(fcgi) == 0) {
        read_request(fcgi, app, arena, pool, &req, deadline);
        log_request(req.id);
        score_begin(score, begin_ms, req.id);
        dispatch(app, arena, &req, res);
        write_response(app, fcgi, &req, res);
        finish(fcgi);
        log_request(NULL);
        response_clear(res);
        arena_reset(arena);
    }
    score_end(score);
}

void accept_loop(struct app *app, enum pool pool, int listen_fd, struct score *score)
{
    FCGX_Request fcgi;
    struct arena *arena = arena_new();
    struct response res = {0};
    app->score = score;
    handle_signals();
    if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        log_event(LOG_ERROR, "fastcgi_init_failed", NULL);
        stopping = 1;
    }
    while (!stopping) {
        if (accept_connection(&fcgi, listen_fd))
            serve(app, arena, &fcgi, pool, score, &res);
        else if (!stopping && errno != EINTR && errno != ECONNABORTED)
            break;
    }
    FCGX_Free(&fcgi, 1);
    response_free(&res);
    arena_free(&arena);
}
