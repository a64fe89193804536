/* WebSocket frames (RFC 6455) as bytes: a parser for what comes, writers for what goes, for a server and for a client.
 * It owns no socket: whoever has one feeds it what was received, in pieces of any size, and closes.
 * No extension is spoken; binary messages are not taken. */
#ifndef CORE_WS_H
#define CORE_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum ws_opcode {
    WS_OP_CONTINUATION = 0x0,
    WS_OP_TEXT = 0x1,
    WS_OP_BINARY = 0x2,
    WS_OP_CLOSE = 0x8,
    WS_OP_PING = 0x9,
    WS_OP_PONG = 0xa
};

/* Close codes: RFC 6455 section 7.4, and EchoMeet's own (docs/protocol.md). */
enum ws_code {
    WS_CODE_NORMAL = 1000,
    WS_CODE_GOING_AWAY = 1001,
    WS_CODE_PROTOCOL = 1002,
    WS_CODE_UNSUPPORTED = 1003,
    WS_CODE_NONE = 1005, /* never on the wire: a close frame without a code */
    WS_CODE_NOT_UTF8 = 1007,
    WS_CODE_TOO_BIG = 1009,
    WS_CODE_INTERNAL = 1011,
    WS_CODE_RESTART = 1012,
    WS_CODE_BAD_MESSAGES = 4400,
    WS_CODE_UNAUTHORIZED = 4401,
    WS_CODE_TOO_SLOW = 4408,
    WS_CODE_TOO_MANY = 4429 /* messages, or sockets */
};

enum { WS_HEADER_MAX = 10, WS_MASK_BYTES = 4, WS_CONTROL_MAX = 125, WS_KEY_CHARS = 24, WS_ACCEPT_CHARS = 28 };

enum ws_event {
    WS_MORE, /* all bytes are used up */
    WS_TEXT, /* a whole message, well-formed UTF-8 */
    WS_PING, /* to be answered with a pong of the same data */
    WS_PONG,
    WS_CLOSE, /* the other side closes: code, or WS_CODE_NONE; what follows is not to be read */
    WS_FAIL   /* the bytes are against RFC 6455 or our limits: close with `code`; the parser is of no more use */
};

struct ws_item {
    char *data; /* text, or the payload of ping, pong; not NUL-terminated; valid until the next ws_read */
    size_t len;
    int code;
};

/* Start with all zero; `from_server` is then set by a client. Holds memory only while a frame or message is incomplete.
 */
struct ws_parser {
    bool from_server;   /* frames have no mask (a client's must have one) */
    uint64_t left;      /* payload bytes of the current frame still to come */
    struct buf message; /* fragments of a message so far */
    struct buf control; /* a control frame's payload so far */
    unsigned char header[14];
    uint8_t have;    /* bytes of the header that have come */
    uint8_t mask_at; /* which byte of the mask is next */
    bool in_payload;
    bool in_message;   /* a data frame without FIN came */
    bool used;         /* the last item lies in message or control, and is freed by the next call */
    uint8_t utf8_need; /* continuation bytes that must follow */
    uint8_t utf8_low;  /* least and highest value of the next one */
    uint8_t utf8_high;
};

/* Takes bytes from *data (it unmasks them in place) and moves it on. Call it until it says MORE, CLOSE or FAIL.
 * Messages over max_bytes fail with 1009, as soon as a header says so. When memory runs out it fails with 1011. */
enum ws_event ws_read(struct ws_parser *p, size_t max_bytes, char **data, size_t *len, struct ws_item *out);

/* Gives back what the parser holds. */
void ws_free(struct ws_parser *p);

/* Writes the header of an unmasked, unfragmented frame, as servers send it; answers its length. */
size_t ws_header(unsigned char out[static WS_HEADER_MAX], enum ws_opcode opcode, size_t len);

/* Appends an unfragmented frame as clients send it, masked. The mask is drawn anew for each frame. */
void ws_append_masked(struct buf *out, enum ws_opcode opcode, const char *data, size_t len,
                      const unsigned char mask[static WS_MASK_BYTES]);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2). `key` has WS_KEY_CHARS characters. */
void ws_accept(const char *key, char out[static WS_ACCEPT_CHARS + 1]);

/* Whether a close frame may carry this code (RFC 6455 section 7.4, and the codes that IANA lists since). */
bool ws_code_ok(int code);

#endif
