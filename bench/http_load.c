/* GETs one address over so many kept-open connections, for so many requests.
 *
 *     http_load HOST:PORT PATH TOKEN CONNECTIONS REQUESTS
 *     http_load HOST:PORT PATH @FILE CONNECTIONS SECONDS     POSTs FILE as JSON instead, for a time
 *     http_load HOST:PORT PATH TOKEN CONNECTIONS -SECONDS    GETs for a time
 *
 * Prints {"requests":n,"seconds":s,"wrong":n,"p50":ms,"p99":ms}; wrong: answers other than 2xx. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"

enum { LATENCIES = 4 << 20 };

struct client {
    int fd;
    struct buf in;
    int64_t began_us;
    bool waits; /* for an answer */
};

static struct sockaddr_in server;
static struct buf request;
static uint32_t *latencies;
static long sent, done, wrong, wanted;
static int64_t until_us;

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static bool more(void) { return until_us ? clock_elapsed_us() < until_us : sent < wanted; }

static void ask(struct client *c)
{
    c->began_us = clock_elapsed_us();
    c->waits = true;
    sent++;
    if (send(c->fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        fail("send");
}

static void open_client(struct client *c, int epoll)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
        fail("connect");
}

/* The whole answer's length, 0 while that is not known. */
static size_t answer_length(const struct buf *in, bool *closes)
{
    const char *end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    const char *length = strcasestr(in->data, "\r\ncontent-length:");
    const char *close_header = strcasestr(in->data, "\r\nconnection: close");
    *closes = close_header && close_header < end;
    return (size_t)(end + 4 - in->data) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

static void on_readable(struct client *c, int epoll)
{
    char piece[65536];
    bool closes = false;
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);
    if (n == 0 && !c->waits) { /* it had nothing more to ask, and the web server does not wait for ever */
        close(c->fd);
        return;
    }
    if (n <= 0)
        fail("recv");
    buf_append(&c->in, piece, (size_t)n);
    size_t len = answer_length(&c->in, &closes);
    if (len == 0 || c->in.len < len)
        return;
    if (done < LATENCIES)
        latencies[done] = (uint32_t)(clock_elapsed_us() - c->began_us);
    done++;
    c->waits = false;
    wrong += c->in.data[9] != '2';
    buf_clear(&c->in);
    if (closes) { /* lighttpd closes after so many requests */
        close(c->fd);
        open_client(c, epoll);
    }
    if (more())
        ask(c);
}

static void make_request(char **argv)
{
    if (argv[3][0] != '@') {
        buf_printf(&request, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n", argv[2], argv[3]);
        return;
    }
    char body[4096];
    FILE *f = fopen(argv[3] + 1, "rb");
    if (!f)
        fail(argv[3]);
    size_t len = fread(body, 1, sizeof body, f);
    fclose(f);
    buf_printf(&request,
               "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               argv[2], len);
    buf_append(&request, body, len);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    char host[64];
    int port;
    if (argc != 6 || sscanf(argv[1], "%63[^:]:%d", host, &port) != 2 || inet_pton(AF_INET, host, &server.sin_addr) != 1)
        fail("http_load HOST:PORT PATH TOKEN CONNECTIONS REQUESTS");
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)port);
    make_request(argv);
    int connections = atoi(argv[4]), epoll = epoll_create1(EPOLL_CLOEXEC);
    long amount = atol(argv[5]);
    int64_t began = clock_elapsed_us();
    bool timed = argv[3][0] == '@' || amount < 0;
    wanted = amount;
    until_us = timed ? began + labs(amount) * 1000000 : 0;
    latencies = calloc(LATENCIES, sizeof *latencies);
    struct client *clients = calloc((size_t)connections, sizeof *clients);
    for (int i = 0; i < connections; i++) {
        open_client(&clients[i], epoll);
        ask(&clients[i]);
    }
    while (done < sent) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++)
            on_readable(events[i].data.ptr, epoll);
    }
    double seconds = (double)(clock_elapsed_us() - began) / 1e6;
    long known = done < LATENCIES ? done : LATENCIES;
    qsort(latencies, (size_t)known, sizeof *latencies, compare);
    printf("{\"requests\":%ld,\"seconds\":%.6f,\"wrong\":%ld,\"p50\":%.3f,\"p99\":%.3f}\n", done, seconds, wrong,
           latencies[known / 2] / 1000.0, latencies[known * 99 / 100] / 1000.0);
    return EXIT_SUCCESS;
}
