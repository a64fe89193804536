#include "core/ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { FIN = 0x80, RSV = 0x70, OPCODE = 0x0f, MASK = 0x80, LENGTH = 0x7f, CONTROL = 0x08 };

static enum ws_event fail(struct ws_item *out, int code)
{
    *out = (struct ws_item){.code = code};
    return WS_FAIL;
}

static unsigned opcode_of(const struct ws_parser *p) { return p->header[0] & OPCODE; }

static bool is_control(const struct ws_parser *p) { return p->header[0] & CONTROL; }

bool ws_code_ok(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* What the first two bytes must obey. The close code of the fault, or 0. */
static int check_start(const struct ws_parser *p)
{
    unsigned opcode = opcode_of(p), length = p->header[1] & LENGTH;
    if ((p->header[0] & RSV) || !(p->header[1] & MASK) != p->from_server)
        return WS_CODE_PROTOCOL;
    if (is_control(p)) {
        bool known = opcode == WS_OP_CLOSE || opcode == WS_OP_PING || opcode == WS_OP_PONG;
        return known && (p->header[0] & FIN) && length <= WS_CONTROL_MAX ? 0 : WS_CODE_PROTOCOL;
    }
    if (opcode == WS_OP_BINARY && !p->in_message)
        return WS_CODE_UNSUPPORTED;
    if (opcode > WS_OP_BINARY || (opcode == WS_OP_CONTINUATION) != p->in_message)
        return WS_CODE_PROTOCOL;
    return 0;
}

static uint64_t big_endian(const unsigned char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* Reads the length from a complete header. The close code of the fault, or 0. */
static int check_length(const struct ws_parser *p, size_t max_bytes, uint64_t *left)
{
    unsigned length = p->header[1] & LENGTH;
    uint64_t n = length;
    if (length == 126)
        n = big_endian(p->header + 2, 2);
    else if (length == 127)
        n = big_endian(p->header + 2, 8);
    /* the shortest form is the only one allowed; the top bit of 64 must be clear */
    if ((length == 126 && n < 126) || (length == 127 && (n <= 0xffff || n >> 63)))
        return WS_CODE_PROTOCOL;
    if (!is_control(p) && n > max_bytes - p->message.len)
        return WS_CODE_TOO_BIG;
    *left = n;
    return 0;
}

static size_t header_size(const struct ws_parser *p)
{
    unsigned length = p->header[1] & LENGTH;
    return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (p->from_server ? 0u : WS_MASK_BYTES);
}

/* Collects the header byte by byte. WS_MORE: not complete. WS_TEXT: complete. */
static enum ws_event read_header(struct ws_parser *p, size_t max_bytes, char **data, size_t *len, struct ws_item *out)
{
    while (*len) {
        p->header[p->have++] = (unsigned char)*(*data)++;
        (*len)--;
        if (p->have < 2)
            continue;
        int code = p->have == 2 ? check_start(p) : 0;
        if (!code && p->have == header_size(p)) {
            code = check_length(p, max_bytes, &p->left);
            if (!code) {
                if (!p->from_server) /* the mask's place from now on */
                    memmove(p->header + 2, p->header + p->have - WS_MASK_BYTES, WS_MASK_BYTES);
                p->in_payload = true;
                p->mask_at = 0;
                p->have = 0;
                return WS_TEXT;
            }
        }
        if (code)
            return fail(out, code);
    }
    return WS_MORE;
}

static void unmask(struct ws_parser *p, char *data, size_t n)
{
    unsigned char mask[8];
    for (unsigned i = 0; i < 8; i++)
        mask[i] = p->header[2 + (p->mask_at + i) % 4];
    uint64_t wide, word;
    memcpy(&wide, mask, 8);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, data + i, 8);
        word ^= wide;
        memcpy(data + i, &word, 8);
    }
    for (; i < n; i++)
        data[i] = (char)(data[i] ^ mask[i % 8]);
    p->mask_at = (uint8_t)((p->mask_at + n) % 4);
}

/* The first byte of a character: how many must follow, and the range of the next, which rules out overlong forms,
 * surrogates and what lies above U+10FFFF (RFC 3629). */
static bool utf8_lead(struct ws_parser *p, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return false;
    p->utf8_need = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    p->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    p->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

/* A character may be split between pieces and fragments: the state goes on. */
static bool utf8_check(struct ws_parser *p, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        if (p->utf8_need == 0) {
            uint64_t word;
            while (i + 8 <= n && (memcpy(&word, data + i, 8), !(word & 0x8080808080808080u)))
                i += 8;
            if (i == n)
                break;
            c = (unsigned char)data[i];
            if (c >= 0x80 && !utf8_lead(p, c))
                return false;
            continue;
        }
        if (c < p->utf8_low || c > p->utf8_high)
            return false;
        p->utf8_need--;
        p->utf8_low = 0x80;
        p->utf8_high = 0xbf;
    }
    return true;
}

/* The reason of a close frame is text of its own, checked apart from a message that it may interrupt. */
static bool reason_ok(const char *data, size_t n)
{
    struct ws_parser own = {0};
    return utf8_check(&own, data, n) && own.utf8_need == 0;
}

static enum ws_event control_done(const struct ws_parser *p, struct ws_item *out)
{
    if (opcode_of(p) == WS_OP_PING)
        return WS_PING;
    if (opcode_of(p) == WS_OP_PONG)
        return WS_PONG;
    out->code = WS_CODE_NONE;
    if (out->len == 0)
        return WS_CLOSE;
    if (out->len == 1)
        return fail(out, WS_CODE_PROTOCOL);
    int code = (int)big_endian((const unsigned char *)out->data, 2);
    if (!ws_code_ok(code))
        return fail(out, WS_CODE_PROTOCOL);
    if (!reason_ok(out->data + 2, out->len - 2))
        return fail(out, WS_CODE_NOT_UTF8);
    out->code = code;
    return WS_CLOSE;
}

/* A frame's payload is complete; `piece` is its last part, in the caller's memory. */
static enum ws_event frame_done(struct ws_parser *p, char *piece, size_t n, struct ws_item *out)
{
    struct buf *b = is_control(p) ? &p->control : &p->message;
    bool more = !is_control(p) && !(p->header[0] & FIN);
    p->in_payload = false;
    if (b->len || more) {
        buf_append(b, piece, n);
        if (b->failed)
            return fail(out, WS_CODE_INTERNAL);
        piece = b->data;
        n = b->len;
    }
    if (!is_control(p))
        p->in_message = more;
    if (more)
        return WS_MORE;
    *out = (struct ws_item){.data = piece, .len = n};
    p->used = true;
    if (is_control(p))
        return control_done(p, out);
    return p->utf8_need ? fail(out, WS_CODE_NOT_UTF8) : WS_TEXT;
}

static enum ws_event read_payload(struct ws_parser *p, char **data, size_t *len, struct ws_item *out)
{
    size_t n = *len < p->left ? *len : (size_t)p->left;
    char *piece = *data;
    *data += n;
    *len -= n;
    p->left -= n;
    if (!p->from_server)
        unmask(p, piece, n);
    if (!is_control(p) && !utf8_check(p, piece, n))
        return fail(out, WS_CODE_NOT_UTF8);
    if (p->left == 0)
        return frame_done(p, piece, n, out);
    struct buf *b = is_control(p) ? &p->control : &p->message;
    buf_append(b, piece, n);
    return b->failed ? fail(out, WS_CODE_INTERNAL) : WS_MORE;
}

enum ws_event ws_read(struct ws_parser *p, size_t max_bytes, char **data, size_t *len, struct ws_item *out)
{
    if (p->used) {
        p->used = false;
        buf_free(&p->control);
        if (!p->in_message)
            buf_free(&p->message);
    }
    for (;;) {
        enum ws_event event = WS_TEXT;
        if (!p->in_payload)
            event = read_header(p, max_bytes, data, len, out);
        if (event != WS_TEXT)
            return event;
        if (*len == 0 && p->left)
            return WS_MORE;
        event = read_payload(p, data, len, out);
        if (event != WS_MORE)
            return event;
    }
}

void ws_free(struct ws_parser *p)
{
    buf_free(&p->message);
    buf_free(&p->control);
}

size_t ws_header(unsigned char out[static WS_HEADER_MAX], enum ws_opcode opcode, size_t len)
{
    out[0] = (unsigned char)(FIN | opcode);
    if (len < 126) {
        out[1] = (unsigned char)len;
        return 2;
    }
    size_t n = len <= 0xffff ? 2 : 8;
    out[1] = n == 2 ? 126 : 127;
    for (size_t i = 0; i < n; i++)
        out[2 + i] = (unsigned char)(len >> (8 * (n - 1 - i)));
    return 2 + n;
}

void ws_append_masked(struct buf *out, enum ws_opcode opcode, const char *data, size_t len,
                      const unsigned char mask[static WS_MASK_BYTES])
{
    unsigned char header[WS_HEADER_MAX];
    size_t n = ws_header(header, opcode, len);
    header[1] |= MASK;
    if (!buf_reserve(out, n + WS_MASK_BYTES + len))
        return;
    buf_append(out, header, n);
    buf_append(out, mask, WS_MASK_BYTES);
    char *at = out->data + out->len;
    buf_append(out, data, len);
    for (size_t i = 0; i < len; i++)
        at[i] = (char)(at[i] ^ mask[i % WS_MASK_BYTES]);
}

#define KEY_SUFFIX "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

void ws_accept(const char *key, char out[static WS_ACCEPT_CHARS + 1])
{
    char text[WS_KEY_CHARS + sizeof KEY_SUFFIX];
    unsigned char digest[SHA_DIGEST_LENGTH];
    memcpy(text, key, WS_KEY_CHARS);
    memcpy(text + WS_KEY_CHARS, KEY_SUFFIX, sizeof KEY_SUFFIX);
    SHA1((const unsigned char *)text, sizeof text - 1, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}
