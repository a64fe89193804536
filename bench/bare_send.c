/* The least that sending to many sockets can cost: takes connections like a relay, and then calls send() once for each.
 *
 *     bare_send PORT
 *
 * Commands on standard input, each answered by a line of JSON: "frame TEXT" sets the frame (a "#" in it becomes the
 * number of the event), "send COUNT FIRST MEMBERS" sends the next event to COUNT rooms of MEMBERS sockets each, from
 * the FIRST socket on; "count" tells how many sockets there are. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"

enum { SOCKETS = 20000 };

struct socket_state {
    int fd;
    bool shaken;
    bool welcome;
    long seq;
};

static struct socket_state sockets[SOCKETS];
static int count;
static char frame[8192];

static void send_text(int fd, const char *text)
{
    size_t len = strlen(text);
    unsigned char head[4] = {0x81, (unsigned char)(len < 126 ? len : 126), (unsigned char)(len >> 8),
                             (unsigned char)len};
    char whole[16384];
    size_t n = len < 126 ? 2 : 4;
    memcpy(whole, head, n);
    memcpy(whole + n, text, len);
    if (send(fd, whole, n + len, MSG_NOSIGNAL) != (ssize_t)(n + len))
        perror("bare_send: send");
}

static void on_readable(struct socket_state *s, int epoll)
{
    char piece[8192];
    ssize_t n = recv(s->fd, piece, sizeof piece, 0);
    if (n <= 0) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
    } else if (!s->shaken) {
        s->shaken = true;
        static const char head[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
        if (send(s->fd, head, sizeof head - 1, MSG_NOSIGNAL) < 0)
            perror("bare_send: send");
        send_text(s->fd, "{\"type\":\"hello\",\"data\":{}}");
    } else if (!s->welcome) {
        s->welcome = true;
        send_text(s->fd, "{\"type\":\"ack\",\"id\":1,\"data\":{\"meeting\":{},\"seq\":0}}");
    }
}

/* One event, encoded once, to `members` sockets. */
static void send_event(int first, int members)
{
    char text[8300], whole[8400];
    const char *mark = strchr(frame, '#');
    snprintf(text, sizeof text, "%.*s%ld%s", (int)(mark - frame), frame, sockets[first].seq + 1, mark + 1);
    size_t len = strlen(text), n = len < 126 ? 2 : 4;
    memcpy(
        whole,
        (unsigned char[]){0x81, (unsigned char)(len < 126 ? len : 126), (unsigned char)(len >> 8), (unsigned char)len},
        n);
    memcpy(whole + n, text, len);
    for (int i = first; i < first + members && i < count; i++) {
        sockets[i].seq++;
        while (send(sockets[i].fd, whole, n + len, MSG_NOSIGNAL) != (ssize_t)(n + len))
            if (errno != EAGAIN) {
                perror("bare_send: send");
                return;
            }
    }
}

static void command(char *line)
{
    int rooms, first, members;
    if (sscanf(line, "send %d %d %d", &rooms, &first, &members) == 3)
        for (int i = 0; i < rooms; i++)
            send_event(first + i * members, members);
    else if (strncmp(line, "frame ", 6) == 0)
        snprintf(frame, sizeof frame, "%s", line + 6);
    else if (strcmp(line, "count") != 0)
        exit(EXIT_SUCCESS);
    printf("{\"count\":%d}\n", count);
    fflush(stdout);
}

static void on_stdin(void)
{
    static struct buf lines;
    char piece[8192];
    ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
    if (n <= 0)
        exit(EXIT_SUCCESS);
    buf_append(&lines, piece, (size_t)n);
    for (char *nl; lines.len && (nl = memchr(lines.data, '\n', lines.len));) {
        *nl = '\0';
        command(lines.data);
        buf_consume(&lines, (size_t)(nl + 1 - lines.data));
    }
}

static void on_accept(int listener, int epoll)
{
    int one = 1, fd;
    while (count < SOCKETS && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        sockets[count].fd = fd;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &sockets[count++]};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        epoll = epoll_create1(EPOLL_CLOEXEC);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    address.sin_port = htons((uint16_t)(argc == 2 ? atoi(argv[1]) : 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) {
        perror("bare_send");
        return EXIT_FAILURE;
    }
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = NULL},
                       accepts = {.events = EPOLLIN, .data.ptr = sockets + SOCKETS};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepts);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (!events[i].data.ptr)
                on_stdin();
            else if (events[i].data.ptr == sockets + SOCKETS)
                on_accept(listener, epoll);
            else
                on_readable(events[i].data.ptr, epoll);
        }
    }
}
