#include "relay/handshake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct text {
    const char *at;
    size_t len;
};

static bool is(struct text t, const char *word) { return strlen(word) == t.len && strncasecmp(t.at, word, t.len) == 0; }

static struct text trim(struct text t)
{
    while (t.len && (t.at[0] == ' ' || t.at[0] == '\t'))
        t.at++, t.len--;
    while (t.len && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t'))
        t.len--;
    return t;
}

/* Cuts the part up to `mark` off the front of *rest. False where *rest was empty. */
static bool cut(struct text *rest, char mark, struct text *part)
{
    if (!rest->at)
        return false;
    const char *at = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    *part = (struct text){rest->at, at ? (size_t)(at - rest->at) : rest->len};
    if (at)
        *rest = (struct text){at + 1, rest->len - part->len - 1};
    else
        *rest = (struct text){NULL, 0};
    return true;
}

/* False where it does not fit. */
static bool copy(char *out, size_t size, struct text t)
{
    if (t.len >= size)
        return false;
    memcpy(out, t.at, t.len);
    out[t.len] = '\0';
    return true;
}

/* A list of words, separated by commas, holds `word`. */
static bool lists(struct text list, const char *word)
{
    struct text part;
    while (cut(&list, ',', &part))
        if (is(trim(part), word))
            return true;
    return false;
}

/* "echomeet.v1, bearer.<token>" */
static bool read_protocols(struct text list, struct handshake *h)
{
    static const char prefix[] = "bearer.";
    const size_t n = sizeof prefix - 1;
    struct text part;
    while (cut(&list, ',', &part)) {
        part = trim(part);
        if (is(part, HANDSHAKE_PROTOCOL))
            h->protocol = true;
        else if (part.len > n && memcmp(part.at, prefix, n) == 0 &&
                 !copy(h->token, sizeof h->token, (struct text){part.at + n, part.len - n}))
            return false;
    }
    return true;
}

static bool read_query(struct text query, struct handshake *h)
{
    struct text part;
    while (cut(&query, '&', &part))
        if (part.len > 6 && memcmp(part.at, "token=", 6) == 0)
            return copy(h->token, sizeof h->token, (struct text){part.at + 6, part.len - 6});
    return true;
}

/* "GET /ws?token=… HTTP/1.1". The status to refuse with, or 0. */
static int read_request_line(struct text line, struct handshake *h)
{
    struct text method, target, path, version = {0};
    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) || !cut(&line, ' ', &version) || line.at)
        return 400;
    if (version.len != 8 || memcmp(version.at, "HTTP/1.", 7) != 0 || target.len == 0 || target.at[0] != '/')
        return 400;
    cut(&target, '?', &path);
    h->metrics = is(path, "/metrics");
    if (!is(path, "/ws") && !is(path, "/") && !h->metrics)
        return 404;
    if (!is(method, "GET"))
        return 405;
    if (version.at[7] < '1')
        return 400;
    return target.at && !read_query(target, h) ? 400 : 0;
}

/* What of the headers matters beyond their values. */
struct seen {
    bool upgrade;
    bool connection;
    bool version;
    bool bad;
};

static bool key_ok(struct text key)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.len == WS_KEY_CHARS && key.at[22] == '=' && key.at[23] == '=' &&
           strspn(key.at, alphabet) == WS_KEY_CHARS - 2;
}

static void read_header(struct text name, struct text value, struct handshake *h, struct seen *seen)
{
    if (is(name, "upgrade")) {
        seen->upgrade = lists(value, "websocket");
    } else if (is(name, "connection")) {
        seen->connection |= lists(value, "upgrade");
    } else if (is(name, "sec-websocket-version")) {
        seen->version = is(value, "13");
    } else if (is(name, "sec-websocket-key")) {
        seen->bad |= h->key[0] || !key_ok(value) || !copy(h->key, sizeof h->key, value);
    } else if (is(name, "sec-websocket-protocol")) {
        seen->bad |= !read_protocols(value, h);
    } else if (is(name, "host")) {
        seen->bad |= h->host[0] || !copy(h->host, sizeof h->host, value);
    } else if (is(name, "origin")) {
        seen->bad |= !copy(h->origin, sizeof h->origin, value);
    } else if (is(name, "x-forwarded-for")) {
        /* shorter than the lines that it comes from, so it fits */
        size_t n = strlen(h->forwarded_for);
        snprintf(h->forwarded_for + n, sizeof h->forwarded_for - n, "%s%.*s", n ? "," : "", (int)value.len, value.at);
    }
}

/* The lines behind the first one. */
static int read_headers(struct text lines, struct handshake *h)
{
    struct seen seen = {0};
    struct text line, name;
    while (cut(&lines, '\n', &line)) {
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        if (!cut(&line, ':', &name) || !line.at || name.len == 0 || trim(name).len != name.len)
            return 400;
        read_header(name, trim(line), h, &seen);
    }
    if (seen.bad || !h->host[0])
        return 400;
    if (h->metrics)
        return 0;
    if (!seen.upgrade || !seen.connection || !seen.version)
        return 426;
    return h->key[0] ? 0 : 400;
}

int handshake_read(const char *data, size_t len, struct handshake *out)
{
    const char *end = len ? memmem(data, len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return len >= HANDSHAKE_BYTES ? 431 : -1;
    size_t size = (size_t)(end - data);
    if (size + 4 > HANDSHAKE_BYTES)
        return 431;
    if (memchr(data, '\0', size))
        return 400;
    struct handshake h = {.consumed = size + 4};
    struct text rest = {data, size}, line;
    cut(&rest, '\n', &line);
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    int status = read_request_line(line, &h);
    if (!status)
        status = read_headers(rest, &h);
    if (!status)
        *out = h;
    return status;
}

/* The name in "scheme://name:port" or "name:port". */
static struct text host_name(const char *text)
{
    const char *scheme = strstr(text, "://");
    const char *at = scheme ? scheme + 3 : text;
    const char *end = *at == '[' ? strchr(at, ']') : strpbrk(at, ":/");
    return (struct text){at, end ? (size_t)(end - at) : strlen(at)};
}

bool handshake_origin_ok(const struct handshake *h, const char *allowed)
{
    if (!h->origin[0])
        return true;
    struct text list = {allowed, strlen(allowed)}, part;
    while (cut(&list, ',', &part)) {
        part = trim(part);
        if (is(part, "*") || is(part, h->origin))
            return true;
    }
    struct text page = host_name(h->origin), host = host_name(h->host);
    return page.len && page.len == host.len && strncasecmp(page.at, host.at, page.len) == 0;
}

void handshake_accept(struct buf *out, const struct handshake *h)
{
    char accept[WS_ACCEPT_CHARS + 1];
    ws_accept(h->key, accept);
    buf_puts(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    buf_printf(out, "Sec-WebSocket-Accept: %s\r\n", accept);
    if (h->protocol)
        buf_puts(out, "Sec-WebSocket-Protocol: " HANDSHAKE_PROTOCOL "\r\n");
    buf_puts(out, "\r\n");
}

static const char *reason(int status)
{
    switch (status) {
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Bad Request";
    }
}

void handshake_refuse(struct buf *out, int status)
{
    const char *text = reason(status);
    buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: text/plain\r\n", status, text);
    if (status == 401)
        buf_puts(out, "WWW-Authenticate: Bearer\r\n");
    if (status == 405)
        buf_puts(out, "Allow: GET\r\n");
    if (status == 426)
        buf_puts(out, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    buf_printf(out, "Content-Length: %zu\r\n\r\n%s\n", strlen(text) + 1, text);
}
