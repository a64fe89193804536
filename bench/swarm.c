/* A crowd of WebSocket clients in one process, for tests and measurements with thousands of them. Each client joins a
 * meeting, checks that the events it is shown are numbered without a gap, and, when its connection ends, comes back
 * with `since`.
 *
 *     swarm HOST:PORT KEYFILE [ADDRESSES]
 *
 * KEYFILE is the relay's key file: tokens are made here, the session's id being the user's. With ADDRESSES clients
 * connect from 127.0.0.2 and so many following addresses in turn, since one address has ports for some 28,000 only.
 * Commands come on standard input, a line each; each is answered by one line of JSON:
 *
 *     enter FIRST COUNT MEETING [RCVBUF]   users FIRST… join the meeting (RCVBUF: bytes of their sockets' receive
 * buffers); 0: none move FIRST COUNT MEETING             who is in no meeting yet joins this one await EVENTS answers
 * when so many events have come in all limit N                              so many connections are being opened at
 * once (256) spread MS                            who was cut off comes back within so many milliseconds (2000) chat
 * USER BYTES                      that user sends a message with the time in it pause USER, resume USER stops reading,
 * and goes on stat                                 numbers; latencies are those since the last `stat` seqs for each
 * meeting the lowest and highest number that its members have seen quit */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/token.h"

enum {
    READ_BYTES = 1 << 20,
    CLIENTS_MAX = 100000,
    LATENCIES_MAX = 4 << 20,
    CODES = 5000,
    TOKEN_LIFE_S = 4 * 3600,
    DEFER_US = 20 * 1000
};

enum state { AWAY, CONNECTING, SHAKING, JOINING, INSIDE };

struct client {
    int fd;
    enum state state;
    bool paused, joined_once;
    int64_t user, meeting, last_seq;
    int64_t due_us; /* AWAY: when to connect */
    int rcvbuf;
    struct buf in;
    struct buf out;
    size_t sent;
};

static struct {
    struct sockaddr_in server;
    struct token_keys keys;
    int addresses, next_address;
    int epoll;
    int limit, opening, spread_ms;
    struct client *clients;
    int count;
    int64_t events, bytes, gaps, repeats, snapshots, resumes, refused, errors;
    int64_t codes[CODES];
    uint32_t *latencies;
    int latency_count;
    int64_t await; /* answer when so many events have come; 0: nobody waits */
    bool quit;
} s = {.limit = 256, .spread_ms = 2000};

static char *input;

static void fail(const char *what)
{
    fprintf(stderr, "swarm: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void watch(struct client *c, int op)
{
    bool writes = c->state == CONNECTING || c->sent < c->out.len;
    struct epoll_event e = {.events = (c->paused ? 0u : EPOLLIN) | (writes ? EPOLLOUT : 0u), .data.ptr = c};
    if (epoll_ctl(s.epoll, op, c->fd, &e) != 0)
        fail("epoll_ctl");
}

static void set_state(struct client *c, enum state state)
{
    bool was = c->state != AWAY && c->state != INSIDE, is = state != AWAY && state != INSIDE;
    s.opening += is - was;
    c->state = state;
}

static void cut_off(struct client *c, int code)
{
    s.codes[code >= 0 && code < CODES ? code : 0]++;
    close(c->fd);
    buf_free(&c->in);
    buf_free(&c->out);
    c->sent = 0;
    c->paused = false;
    set_state(c, AWAY);
    c->due_us = clock_elapsed_us() + DEFER_US + (int64_t)(rand() % (s.spread_ms + 1)) * 1000;
}

static void flush(struct client *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
        if (n < 0)
            break; /* a broken connection is told by reading */
        c->sent += (size_t)n;
    }
    if (c->sent == c->out.len) {
        buf_free(&c->out);
        c->sent = 0;
    }
    watch(c, EPOLL_CTL_MOD);
}

/* A client's frame; its mask is zero. */
static void send_frame(struct client *c, int opcode, const char *text, size_t len)
{
    unsigned char h[14] = {(unsigned char)(0x80 | opcode), 0x80};
    size_t n = 2;
    if (len < 126) {
        h[1] |= (unsigned char)len;
    } else {
        h[1] |= 126;
        h[2] = (unsigned char)(len >> 8);
        h[3] = (unsigned char)len;
        n = 4;
    }
    buf_append(&c->out, h, n + 4);
    buf_append(&c->out, text, len);
    flush(c);
}

static void connect_one(struct client *c)
{
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        fail("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->rcvbuf)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &c->rcvbuf, sizeof c->rcvbuf);
    if (s.addresses) {
        struct sockaddr_in from = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(s.next_address++ % s.addresses))};
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0)
            fail("bind");
    }
    set_state(c, CONNECTING);
    if (connect(c->fd, (struct sockaddr *)&s.server, sizeof s.server) != 0 && errno != EINPROGRESS) {
        s.refused++;
        cut_off(c, 0);
        return;
    }
    watch(c, EPOLL_CTL_ADD);
}

static void shake_hands(struct client *c)
{
    int64_t now_s = time(NULL);
    struct token_claims claims = {
        .user_id = c->user, .session_id = c->user, .expires_at_s = now_s + TOKEN_LIFE_S, .issued_at_s = now_s};
    char *token;
    if (token_sign(&s.keys, &claims, &token) != ERR_OK)
        fail("token_sign");
    buf_printf(
        &c->out,
        "GET /ws HTTP/1.1\r\nHost: swarm\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: echomeet.v1, bearer.%s\r\n\r\n",
        token);
    free(token);
    set_state(c, SHAKING);
    flush(c);
}

static void join(struct client *c)
{
    if (!c->meeting) {
        set_state(c, INSIDE);
        return;
    }
    char text[128];
    int n = c->joined_once
                ? snprintf(text, sizeof text,
                           "{\"id\":1,\"type\":\"join_room\",\"data\":{\"meetingId\":%lld,\"since\":%lld}}",
                           (long long)c->meeting, (long long)c->last_seq)
                : snprintf(text, sizeof text, "{\"id\":1,\"type\":\"join_room\",\"data\":{\"meetingId\":%lld}}",
                           (long long)c->meeting);
    set_state(c, JOINING);
    send_frame(c, 1, text, (size_t)n);
}

static int64_t number_behind(const char *text, size_t len, const char *key)
{
    const char *at = memmem(text, len, key, strlen(key));
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void take_event(struct client *c, int64_t seq)
{
    s.events++;
    if (seq <= c->last_seq)
        s.repeats++;
    else if (seq != c->last_seq + 1)
        s.gaps++;
    c->last_seq = seq;
}

/* The ack of a join: the whole room, or the events that were missed. The room's own number stands last. */
static void on_joined(struct client *c, const char *text, size_t len)
{
    const char *tail = len > 64 ? text + len - 64 : text;
    int64_t seq = number_behind(tail, (size_t)(text + len - tail), ",\"seq\":");
    if (seq < 0)
        seq = 0;
    if (memmem(text, len, "\"resumed\":true", 14)) {
        char key[64];
        snprintf(key, sizeof key, "\"meetingId\":%lld,\"seq\":", (long long)c->meeting);
        const char *p = text, *end = text + len;
        while ((p = memmem(p, (size_t)(end - p), key, strlen(key)))) {
            p += strlen(key);
            take_event(c, strtoll(p, NULL, 10));
        }
        s.gaps += seq != c->last_seq;
        s.resumes++;
    } else {
        s.snapshots++;
    }
    c->last_seq = seq;
    c->joined_once = true;
    set_state(c, INSIDE);
}

static void on_event(struct client *c, const char *text, size_t len)
{
    size_t head = len < 200 ? len : 200;
    int64_t seq = number_behind(text, head, "\"seq\":");
    if (seq < 0)
        return;
    take_event(c, seq);
    int64_t sent_us = number_behind(text, len, "\"t=");
    if (sent_us > 0 && s.latency_count < LATENCIES_MAX)
        s.latencies[s.latency_count++] = (uint32_t)(clock_elapsed_us() - sent_us);
}

static bool begins(const char *text, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* False where the connection is gone. */
static bool on_frame(struct client *c, int opcode, const char *text, size_t len)
{
    if (opcode == 9) {
        send_frame(c, 10, text, len);
    } else if (opcode == 8) {
        cut_off(c, len >= 2 ? (unsigned char)text[0] << 8 | (unsigned char)text[1] : 1005);
        return false;
    } else if (begins(text, len, "{\"type\":\"hello\"")) {
        join(c);
    } else if (c->state == JOINING && begins(text, len, "{\"type\":\"ack\",\"id\":1,")) {
        on_joined(c, text, len);
    } else if (begins(text, len, "{\"type\":\"error\"")) {
        s.errors++;
        if (c->state == JOINING) {
            cut_off(c, 1);
            return false;
        }
    } else if (opcode == 1) {
        on_event(c, text, len);
    }
    return true;
}

/* Takes what is complete off the front; answers how many bytes that was, or -1 where the connection is gone. */
static ssize_t take(struct client *c, const char *data, size_t len)
{
    size_t at = 0;
    if (c->state == SHAKING) {
        const char *end = memmem(data, len, "\r\n\r\n", 4);
        if (!end)
            return 0;
        if (!begins(data, len, "HTTP/1.1 101")) {
            s.refused++;
            cut_off(c, (int)strtol(data + 9, NULL, 10));
            return -1;
        }
        at = (size_t)(end + 4 - data);
        set_state(c, JOINING);
    }
    while (len - at >= 2) {
        const unsigned char *h = (const unsigned char *)data + at;
        size_t n = h[1] & 0x7f, head = n == 126 ? 4 : n == 127 ? 10 : 2;
        if (len - at < head)
            break;
        if (n >= 126) {
            n = 0;
            for (size_t i = 2; i < head; i++)
                n = n << 8 | h[i];
        }
        if (len - at - head < n)
            break;
        if (!on_frame(c, h[0] & 15, data + at + head, n))
            return -1;
        at += head + n;
    }
    return (ssize_t)at;
}

static void on_readable(struct client *c)
{
    ssize_t n = recv(c->fd, input, READ_BYTES, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        cut_off(c, 1006);
        return;
    }
    s.bytes += n;
    if (c->in.len == 0) {
        ssize_t used = take(c, input, (size_t)n);
        if (used >= 0 && used < n)
            buf_append(&c->in, input + used, (size_t)(n - used));
        return;
    }
    buf_append(&c->in, input, (size_t)n);
    ssize_t used = take(c, c->in.data, c->in.len);
    if (used > 0)
        buf_consume(&c->in, (size_t)used);
    if (used >= 0 && c->in.len == 0)
        buf_free(&c->in);
}

static void on_client(struct client *c, uint32_t events)
{
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error) {
            s.refused++;
            cut_off(c, 0);
        } else {
            shake_hands(c);
        }
        return;
    }
    if (events & EPOLLOUT)
        flush(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        on_readable(c);
}

static void connect_due(void)
{
    int64_t now = clock_elapsed_us();
    for (int i = 0; i < s.count && s.opening < s.limit; i++)
        if (s.clients[i].state == AWAY && s.clients[i].due_us <= now)
            connect_one(&s.clients[i]);
}

/* --- commands ------------------------------------------------------------------------------------------------ */

static struct client *by_user(long long user)
{
    for (int i = 0; i < s.count; i++)
        if (s.clients[i].user == user)
            return &s.clients[i];
    return NULL;
}

static void enter(long long first, long long count, long long meeting, int rcvbuf)
{
    for (long long i = 0; i < count && s.count < CLIENTS_MAX; i++)
        s.clients[s.count++] = (struct client){.user = first + i, .meeting = meeting, .rcvbuf = rcvbuf};
    printf("{}\n");
}

static void move(long long first, long long count, long long meeting)
{
    for (int i = 0; i < s.count; i++)
        if (s.clients[i].user >= first && s.clients[i].user < first + count && s.clients[i].state == INSIDE) {
            s.clients[i].meeting = meeting;
            join(&s.clients[i]);
        }
    printf("{}\n");
}

static void chat(struct client *c, long long size)
{
    static long long number;
    struct buf text = {0};
    buf_printf(&text, "{\"type\":\"chat_message\",\"data\":{\"clientId\":\"%lld-%lld\",\"text\":\"t=%lld ",
               (long long)c->user, ++number, (long long)clock_elapsed_us());
    for (long long i = 0; i + 4 <= size; i += 4)
        buf_puts(&text, "\xf0\x9f\x98\x80");
    buf_puts(&text, "\"}}");
    send_frame(c, 1, text.data, text.len);
    buf_free(&text);
    printf("{}\n");
}

static int compare_latency(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile(double part)
{
    return s.latency_count ? s.latencies[(int)((s.latency_count - 1) * part)] / 1000.0 : 0;
}

static void stat_line(void)
{
    int inside = 0;
    const char *comma = "";
    for (int i = 0; i < s.count; i++)
        inside += s.clients[i].state == INSIDE;
    qsort(s.latencies, (size_t)s.latency_count, sizeof *s.latencies, compare_latency);
    printf(
        "{\"clients\":%d,\"inside\":%d,\"opening\":%d,\"events\":%lld,\"bytes\":%lld,\"gaps\":%lld,\"repeats\":%lld,"
        "\"snapshots\":%lld,\"resumes\":%lld,\"refused\":%lld,\"errors\":%lld,\"latency\":{\"count\":%d,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},"
        "\"codes\":{",
        s.count, inside, s.opening, (long long)s.events, (long long)s.bytes, (long long)s.gaps, (long long)s.repeats,
        (long long)s.snapshots, (long long)s.resumes, (long long)s.refused, (long long)s.errors, s.latency_count,
        percentile(0.5), percentile(0.99), percentile(1));
    for (int i = 0; i < CODES; i++)
        if (s.codes[i]) {
            printf("%s\"%d\":%lld", comma, i, (long long)s.codes[i]);
            comma = ",";
        }
    printf("}}\n");
    s.latency_count = 0;
}

static int compare_meeting(const void *a, const void *b)
{
    const struct client *x = *(struct client *const *)a, *y = *(struct client *const *)b;
    if (x->meeting != y->meeting)
        return x->meeting < y->meeting ? -1 : 1;
    return (x->last_seq > y->last_seq) - (x->last_seq < y->last_seq);
}

static void seqs(void)
{
    struct client **sorted = calloc((size_t)s.count + 1, sizeof *sorted);
    const char *comma = "";
    for (int i = 0; i < s.count; i++)
        sorted[i] = &s.clients[i];
    qsort(sorted, (size_t)s.count, sizeof *sorted, compare_meeting);
    printf("{");
    for (int i = 0, first = 0; i < s.count; i++)
        if (i + 1 == s.count || sorted[i + 1]->meeting != sorted[i]->meeting) {
            printf("%s\"%lld\":[%lld,%lld]", comma, (long long)sorted[i]->meeting, (long long)sorted[first]->last_seq,
                   (long long)sorted[i]->last_seq);
            comma = ",";
            first = i + 1;
        }
    printf("}\n");
    free(sorted);
}

static void command(const char *line)
{
    long long a = 0, b = 0, c = 0;
    int rcvbuf = 0;
    struct client *client = NULL;
    char word[16] = "";
    sscanf(line, "%15s %lld %lld %lld %d", word, &a, &b, &c, &rcvbuf);
    bool names_client = strcmp(word, "chat") == 0 || strcmp(word, "pause") == 0 || strcmp(word, "resume") == 0;
    if (names_client && (!(client = by_user(a)) || client->state == AWAY)) {
        printf("{\"error\":\"no such client is connected\"}\n");
    } else if (strcmp(word, "enter") == 0) {
        enter(a, b, c, rcvbuf);
    } else if (strcmp(word, "move") == 0) {
        move(a, b, c);
    } else if (strcmp(word, "await") == 0) {
        s.await = a;
    } else if (strcmp(word, "chat") == 0) {
        chat(client, b);
    } else if (client) {
        client->paused = strcmp(word, "pause") == 0;
        watch(client, EPOLL_CTL_MOD);
        printf("{}\n");
    } else if (strcmp(word, "limit") == 0 || strcmp(word, "spread") == 0) {
        *(word[0] == 'l' ? &s.limit : &s.spread_ms) = (int)a;
        printf("{}\n");
    } else if (strcmp(word, "stat") == 0) {
        stat_line();
    } else if (strcmp(word, "seqs") == 0) {
        seqs();
    } else {
        s.quit = true;
    }
    fflush(stdout);
}

static void on_stdin(void)
{
    static struct buf lines;
    char piece[4096];
    ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        s.quit = true;
        return;
    }
    buf_append(&lines, piece, (size_t)n);
    for (char *nl; lines.len && (nl = memchr(lines.data, '\n', lines.len));) {
        *nl = '\0';
        command(lines.data);
        buf_consume(&lines, (size_t)(nl + 1 - lines.data));
    }
}

static void set_up(char **argv)
{
    char host[64];
    int port;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (sscanf(argv[1], "%63[^:]:%d", host, &port) != 2 || inet_pton(AF_INET, host, &s.server.sin_addr) != 1)
        fail("HOST:PORT is wrong");
    s.server.sin_family = AF_INET;
    s.server.sin_port = htons((uint16_t)port);
    if (token_keys_load(argv[2], "echomeet", &s.keys) != ERR_OK)
        fail("the key file cannot be read");
    s.addresses = argv[3] ? atoi(argv[3]) : 0;
    s.clients = calloc(CLIENTS_MAX, sizeof *s.clients);
    s.latencies = calloc(LATENCIES_MAX, sizeof *s.latencies);
    input = malloc(READ_BYTES);
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (s.epoll < 0 || !s.clients || !s.latencies || !input || epoll_ctl(s.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &e) != 0)
        fail("cannot start");
}

int main(int argc, char **argv)
{
    if (argc < 3)
        fail("usage: swarm HOST:PORT KEYFILE [ADDRESSES]");
    set_up(argv);
    while (!s.quit) {
        struct epoll_event events[512];
        connect_due();
        int n = epoll_wait(s.epoll, events, 512, 10);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (!c)
                on_stdin();
            else if (c->state != AWAY) /* an earlier event of this round may have ended it */
                on_client(c, events[i].events);
        }
        if (s.await && s.events >= s.await) {
            s.await = 0;
            printf("{\"events\":%lld}\n", (long long)s.events);
            fflush(stdout);
        }
    }
    return EXIT_SUCCESS;
}
