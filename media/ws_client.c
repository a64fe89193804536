#include "media/ws_client.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/ws.h"

enum {
    READ_BYTES = 64 * 1024,
    HEAD_BYTES = 8 * 1024,            /* of the answer to the handshake */
    MESSAGE_BYTES = 4 * 1024 * 1024,  /* one message; Janus lists all that it has in one */
    WAITING_BYTES = 16 * 1024 * 1024, /* to be sent; then the server does not read */
    NONCE_BYTES = 16
};

struct ws_client {
    struct ev_loop *loop;
    const struct ws_client_hooks *hooks;
    void *data;
    struct random *random;
    const char *protocol;
    ev_io io;
    struct buf out;  /* what waits to be sent */
    struct buf head; /* the answer to the handshake, as far as it has come */
    struct ws_parser parser;
    char key[WS_KEY_CHARS + 1];
    bool open;    /* the handshake is done */
    bool in_hook; /* somebody above us in the stack still uses this */
    bool gone;    /* freed in a hook */
};

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    return fd;
}

static void watch(struct ws_client *c, int events)
{
    if (ev_is_active(&c->io) && c->io.events == events)
        return;
    ev_io_stop(c->loop, &c->io);
    ev_io_set(&c->io, c->io.fd, events);
    ev_io_start(c->loop, &c->io);
}

static void release(struct ws_client *c)
{
    close(c->io.fd);
    buf_free(&c->out);
    buf_free(&c->head);
    ws_free(&c->parser);
    free(c);
}

static void close_for_good(struct ws_client *c)
{
    ev_io_stop(c->loop, &c->io);
    if (!c->gone)
        c->hooks->closed(c->data);
}

/* Sends what the socket takes. False where the connection is broken. */
static bool flush(struct ws_client *c)
{
    while (c->out.len) {
        ssize_t n = send(c->io.fd, c->out.data, c->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        buf_consume(&c->out, (size_t)n);
    }
    buf_free(&c->out);
    return true;
}

static void frame(struct ws_client *c, enum ws_opcode opcode, const char *data, size_t len)
{
    unsigned char mask[WS_MASK_BYTES];
    random_fill(c->random, mask, sizeof mask);
    ws_append_masked(&c->out, opcode, data, len, mask);
}

/* The value of a header in a complete head, or false. */
static bool header(const struct buf *head, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head->data, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        const char *at = line + n + 1;
        at += strspn(at, " \t");
        snprintf(value, size, "%.*s", (int)strcspn(at, "\r\n"), at);
        return true;
    }
    return false;
}

static bool head_ok(const struct ws_client *c)
{
    char expected[WS_ACCEPT_CHARS + 1], accept[64], protocol[64];
    ws_accept(c->key, expected);
    return strncmp(c->head.data, "HTTP/1.1 101", 12) == 0 &&
           header(&c->head, "Sec-WebSocket-Accept", accept, sizeof accept) && strcmp(accept, expected) == 0 &&
           header(&c->head, "Sec-WebSocket-Protocol", protocol, sizeof protocol) && strcmp(protocol, c->protocol) == 0;
}

/* The answer to the handshake; moves *data behind it. False where it is refused. */
static bool take_head(struct ws_client *c, const char **data, size_t *len)
{
    while (*len && !c->open) {
        buf_putc(&c->head, *(*data)++);
        (*len)--;
        if (c->head.failed || c->head.len > HEAD_BYTES)
            return false;
        if (c->head.len < 4 || memcmp(c->head.data + c->head.len - 4, "\r\n\r\n", 4) != 0)
            continue;
        if (!head_ok(c))
            return false;
        c->open = true;
        buf_free(&c->head);
        c->hooks->opened(c->data);
    }
    return true;
}

/* Frames. False where the connection is over. */
static bool take_frames(struct ws_client *c, char *data, size_t len)
{
    while (!c->gone) {
        struct ws_item item;
        switch (ws_read(&c->parser, MESSAGE_BYTES, &data, &len, &item)) {
        case WS_MORE: return true;
        case WS_TEXT: c->hooks->text(c->data, item.data, item.len); break;
        case WS_PING: frame(c, WS_OP_PONG, item.data, item.len); break;
        case WS_PONG: break;
        case WS_CLOSE:
        case WS_FAIL: return false;
        }
    }
    return true;
}

static bool receive(struct ws_client *c)
{
    char bytes[READ_BYTES], *data = bytes;
    ssize_t n = recv(c->io.fd, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    size_t len = (size_t)n;
    return take_head(c, (const char **)&data, &len) && (!c->open || take_frames(c, data, len));
}

static void on_io(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)loop;
    struct ws_client *c = watcher->data;
    c->in_hook = true;
    bool ok = !(revents & EV_READ) || receive(c);
    ok = c->gone || (ok && flush(c) && !c->out.failed);
    if (!ok)
        close_for_good(c);
    else if (!c->gone)
        watch(c, c->out.len ? EV_READ | EV_WRITE : EV_READ);
    c->in_hook = false;
    if (c->gone)
        release(c);
}

static void shake_hands(struct ws_client *c)
{
    unsigned char nonce[NONCE_BYTES];
    random_fill(c->random, nonce, sizeof nonce);
    EVP_EncodeBlock((unsigned char *)c->key, nonce, sizeof nonce);
    buf_printf(&c->out,
               "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
               c->key, c->protocol);
}

struct ws_client *ws_client_new(struct ev_loop *loop, const char *socket_path, const char *protocol,
                                struct random *random, const struct ws_client_hooks *hooks, void *data)
{
    int fd = connect_unix(socket_path);
    struct ws_client *c = fd < 0 ? NULL : calloc(1, sizeof *c);
    if (!c) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    c->loop = loop;
    c->hooks = hooks;
    c->data = data;
    c->random = random;
    c->protocol = protocol;
    c->parser.from_server = true;
    shake_hands(c);
    ev_io_init(&c->io, on_io, fd, EV_READ | EV_WRITE);
    c->io.data = c;
    ev_io_start(loop, &c->io);
    return c;
}

void ws_client_free(struct ws_client **client)
{
    struct ws_client *c = *client;
    *client = NULL;
    if (!c)
        return;
    ev_io_stop(c->loop, &c->io);
    c->gone = true;
    if (!c->in_hook)
        release(c);
}

bool ws_client_send(struct ws_client *c, const char *text, size_t len)
{
    frame(c, WS_OP_TEXT, text, len);
    if (!c->in_hook && !c->out.failed)
        watch(c, EV_READ | EV_WRITE);
    return !c->out.failed && c->out.len <= WAITING_BYTES;
}
