#include "core/fcgi.h"

#include <string.h>

enum { VERSION = 1, ROLE_RESPONDER = 1, LONG_LENGTH = 0x80 };

void fcgi_write_record(struct buf *out, enum fcgi_record type, const void *content, size_t len)
{
    static const char zeros[8];
    size_t padding = (8 - len % 8) % 8;
    const unsigned char header[FCGI_RECORD_HEADER_BYTES] = {VERSION,
                                                            (unsigned char)type,
                                                            0,
                                                            FCGI_REQUEST_ID,
                                                            (unsigned char)(len >> 8),
                                                            (unsigned char)len,
                                                            (unsigned char)padding,
                                                            0};
    buf_append(out, header, sizeof header);
    buf_append(out, content, len);
    buf_append(out, zeros, padding);
}

/* A stream is cut into records; an empty record ends it. */
static void write_stream(struct buf *out, enum fcgi_record type, const char *content, size_t len)
{
    while (len) {
        size_t n = len < FCGI_RECORD_CONTENT_MAX ? len : FCGI_RECORD_CONTENT_MAX;
        fcgi_write_record(out, type, content, n);
        content += n;
        len -= n;
    }
    fcgi_write_record(out, type, NULL, 0);
}

static void write_length(struct buf *out, size_t len)
{
    if (len < LONG_LENGTH) {
        buf_putc(out, (char)len);
        return;
    }
    const unsigned char four[4] = {(unsigned char)(LONG_LENGTH | (len >> 24)), (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 8), (unsigned char)len};
    buf_append(out, four, sizeof four);
}

void fcgi_write_pair(struct buf *out, const char *name, const char *value)
{
    write_length(out, strlen(name));
    write_length(out, strlen(value));
    buf_puts(out, name);
    buf_puts(out, value);
}

void fcgi_write_request(struct buf *out, const struct fcgi_param *params, size_t count, const void *body,
                        size_t body_len)
{
    static const unsigned char begin[8] = {0, ROLE_RESPONDER, 0 /* flags: do not keep the connection */};
    struct buf pairs = {0};
    for (size_t i = 0; i < count; i++)
        fcgi_write_pair(&pairs, params[i].name, params[i].value);
    fcgi_write_record(out, FCGI_RECORD_BEGIN, begin, sizeof begin);
    write_stream(out, FCGI_RECORD_PARAMS, pairs.data, pairs.len);
    write_stream(out, FCGI_RECORD_STDIN, body, body_len);
    if (pairs.failed)
        out->failed = true;
    buf_free(&pairs);
}

static bool read_length(const unsigned char **p, const unsigned char *end, size_t *out)
{
    if (*p == end)
        return false;
    if (**p < LONG_LENGTH) {
        *out = *(*p)++;
        return true;
    }
    if (end - *p < 4)
        return false;
    *out = (size_t)((*p)[0] & 0x7f) << 24 | (size_t)(*p)[1] << 16 | (size_t)(*p)[2] << 8 | (*p)[3];
    *p += 4;
    return true;
}

bool fcgi_read_pair(const char **data, size_t *len, struct fcgi_pair *out)
{
    const unsigned char *p = (const unsigned char *)*data, *end = p + *len;
    size_t name_len, value_len;
    if (!read_length(&p, end, &name_len) || !read_length(&p, end, &value_len))
        return false;
    if ((size_t)(end - p) < name_len || (size_t)(end - p) - name_len < value_len)
        return false;
    *out = (struct fcgi_pair){(const char *)p, name_len, (const char *)p + name_len, value_len};
    *data = out->value + value_len;
    *len = (size_t)((const char *)end - *data);
    return true;
}

/* False where the record cannot belong to the answer to our request. */
static bool header_ok(const struct fcgi_reader *r, unsigned content)
{
    unsigned type = r->header[1], id = (unsigned)r->header[2] << 8 | r->header[3];
    if (r->header[0] != VERSION || id != FCGI_REQUEST_ID)
        return false;
    if (type == FCGI_RECORD_END)
        return content == sizeof r->end;
    return type == FCGI_RECORD_STDOUT || type == FCGI_RECORD_STDERR;
}

static void advance(const char **data, size_t *len, size_t n)
{
    *data += n;
    *len -= n;
}

/* Fills the header. False where more bytes are needed. */
static bool read_header(struct fcgi_reader *r, const char **data, size_t *len)
{
    size_t n = FCGI_RECORD_HEADER_BYTES - r->have;
    n = n < *len ? n : *len;
    if (n)
        memcpy(r->header + r->have, *data, n);
    r->have += (unsigned)n;
    advance(data, len, n);
    return r->have == FCGI_RECORD_HEADER_BYTES;
}

/* Takes what there is of the content; one event for each piece. */
static enum fcgi_event read_content(struct fcgi_reader *r, const char **data, size_t *len, struct fcgi_piece *out)
{
    size_t n = r->content < *len ? r->content : *len;
    *out = (struct fcgi_piece){*data, n, 0};
    advance(data, len, n);
    r->content -= (unsigned)n;
    if (r->header[1] == FCGI_RECORD_STDOUT)
        return FCGI_EVENT_STDOUT;
    if (r->header[1] == FCGI_RECORD_STDERR)
        return FCGI_EVENT_STDERR;
    memcpy(r->end + r->end_have, out->data, n);
    r->end_have += (unsigned)n;
    if (r->end_have < sizeof r->end)
        return FCGI_EVENT_MORE;
    *out = (struct fcgi_piece){.protocol_status = r->end[4]};
    return FCGI_EVENT_END;
}

enum fcgi_event fcgi_read(struct fcgi_reader *r, const char **data, size_t *len, struct fcgi_piece *out)
{
    while (*len) {
        if (r->have < FCGI_RECORD_HEADER_BYTES) {
            if (!read_header(r, data, len))
                break;
            r->content = (unsigned)r->header[4] << 8 | r->header[5];
            r->padding = r->header[6];
            if (!header_ok(r, r->content))
                return FCGI_EVENT_BROKEN;
        }
        if (r->content && *len) {
            enum fcgi_event event = read_content(r, data, len, out);
            if (event != FCGI_EVENT_MORE)
                return event;
            continue;
        }
        size_t n = r->padding < *len ? r->padding : *len;
        advance(data, len, n);
        r->padding -= (unsigned)n;
        if (r->content == 0 && r->padding == 0)
            r->have = 0;
    }
    return FCGI_EVENT_MORE;
}
