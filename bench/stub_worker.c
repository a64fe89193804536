/* Stands in for the workers where the relay alone is measured: whoever joins a meeting is in it, at number 0, and
 * nothing else ever happens.
 *
 *     stub_worker SOCKET */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/fcgi.h"

/* Reads a request until the end of its body; answers its REQUEST_URI. False where it is none. */
static bool read_request(int fd, char *uri, size_t size)
{
    struct buf in = {0}, params = {0};
    char piece[65536];
    bool whole = false;
    ssize_t n;
    while (!whole && (n = recv(fd, piece, sizeof piece, 0)) > 0) {
        buf_append(&in, piece, (size_t)n);
        while (in.len >= FCGI_RECORD_HEADER_BYTES) {
            const unsigned char *h = (const unsigned char *)in.data;
            size_t content = (size_t)h[4] << 8 | h[5], total = FCGI_RECORD_HEADER_BYTES + content + h[6];
            if (in.len < total)
                break;
            if (h[1] == FCGI_RECORD_PARAMS)
                buf_append(&params, in.data + FCGI_RECORD_HEADER_BYTES, content);
            whole |= h[1] == FCGI_RECORD_STDIN && content == 0;
            buf_consume(&in, total);
        }
    }
    const char *p = params.data;
    size_t left = params.len;
    struct fcgi_pair pair;
    uri[0] = '\0';
    while (left && fcgi_read_pair(&p, &left, &pair))
        if (pair.name_len == 11 && memcmp(pair.name, "REQUEST_URI", 11) == 0)
            snprintf(uri, size, "%.*s", (int)pair.value_len, pair.value);
    buf_free(&in);
    buf_free(&params);
    return whole;
}

static void answer(int fd, const char *uri)
{
    struct buf text = {0}, out = {0};
    long long meeting;
    char type[32] = "";
    static const unsigned char end[8];
    if (sscanf(uri, "/internal/meetings/%lld/%31[a-z_]", &meeting, type) == 2 && strcmp(type, "join_room") == 0)
        buf_printf(
            &text,
            "Status: 200\r\nContent-Type: application/json\r\nEchomeet-Room: %lld 0 0\r\n\r\n{\"meeting\":{\"id\":%lld},\"seq\":0}",
            meeting, meeting);
    else
        buf_puts(&text, "Status: 200\r\nContent-Type: text/plain\r\n\r\n");
    fcgi_write_record(&out, FCGI_RECORD_STDOUT, text.data, text.len);
    fcgi_write_record(&out, FCGI_RECORD_STDOUT, NULL, 0);
    fcgi_write_record(&out, FCGI_RECORD_END, end, sizeof end);
    if (send(fd, out.data, out.len, MSG_NOSIGNAL) < 0)
        perror("stub_worker: send");
    buf_free(&text);
    buf_free(&out);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2)
        return EXIT_FAILURE;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) {
        perror("stub_worker");
        return EXIT_FAILURE;
    }
    for (;;) {
        char uri[256];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 && errno != EINTR)
            return EXIT_FAILURE;
        if (read_request(fd, uri, sizeof uri))
            answer(fd, uri);
        close(fd);
    }
}
