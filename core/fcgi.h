/* The FastCGI 1.0 wire format: records and name-value pairs, as bytes. It owns no socket. A client writes a whole
 * request into a buffer and feeds what it receives to a reader, in pieces of any size. One connection carries one
 * request (FCGI_KEEP_CONN is off), its request id is always 1. */
#ifndef CORE_FCGI_H
#define CORE_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum { FCGI_RECORD_HEADER_BYTES = 8, FCGI_RECORD_CONTENT_MAX = 65535, FCGI_REQUEST_ID = 1 };

enum fcgi_record {
    FCGI_RECORD_BEGIN = 1,
    FCGI_RECORD_ABORT = 2,
    FCGI_RECORD_END = 3,
    FCGI_RECORD_PARAMS = 4,
    FCGI_RECORD_STDIN = 5,
    FCGI_RECORD_STDOUT = 6,
    FCGI_RECORD_STDERR = 7
};

struct fcgi_param {
    const char *name;
    const char *value;
};

/* Appends a request: BEGIN_REQUEST (responder), the parameters, the body, each stream with its end. */
void fcgi_write_request(struct buf *out, const struct fcgi_param *params, size_t count, const void *body,
                        size_t body_len);

/* Appends one record of at most FCGI_RECORD_CONTENT_MAX bytes, padded to a multiple of eight. */
void fcgi_write_record(struct buf *out, enum fcgi_record type, const void *content, size_t len);

/* Appends one name-value pair. */
void fcgi_write_pair(struct buf *out, const char *name, const char *value);

/* Views into the bytes that were read, not NUL-terminated. */
struct fcgi_pair {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* Reads one pair and moves *data and *len behind it. False at the end and where the bytes are no whole pair;
 * *len is 0 at the end only. */
bool fcgi_read_pair(const char **data, size_t *len, struct fcgi_pair *out);

/* Reads an application's answer. Start with all zero. */
struct fcgi_reader {
    unsigned char header[FCGI_RECORD_HEADER_BYTES];
    unsigned have;        /* bytes of the header that have come */
    unsigned content;     /* bytes of the record's content still to come */
    unsigned padding;     /* bytes of padding still to come */
    unsigned char end[8]; /* content of END_REQUEST */
    unsigned end_have;
};

enum fcgi_event {
    FCGI_EVENT_MORE,   /* all bytes are used up */
    FCGI_EVENT_STDOUT, /* a piece of output */
    FCGI_EVENT_STDERR, /* a piece of diagnostics */
    FCGI_EVENT_END,    /* the answer is complete; protocol_status is 0 where the request was worked on */
    FCGI_EVENT_BROKEN  /* this is not FastCGI, or not our request; close the connection */
};

struct fcgi_piece {
    const char *data; /* a view into the bytes given */
    size_t len;
    int protocol_status; /* FCGI_EVENT_END: 0 complete, 1 cannot multiplex, 2 overloaded, 3 unknown role */
};

/* Takes bytes from *data and moves it on; call it until it says MORE, END or BROKEN. */
enum fcgi_event fcgi_read(struct fcgi_reader *r, const char **data, size_t *len, struct fcgi_piece *out);

#endif
