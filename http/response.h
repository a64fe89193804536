/* An HTTP response as plain data. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "core/buf.h"
#include "core/fault.h"
#include "core/json.h"

struct response {
    int status;
    const char *content_type; /* static text; NULL: no body */
    struct buf headers;       /* further header lines, each ended by CRLF */
    struct buf body;
};

/* Makes it empty again and keeps its memory. */
void response_clear(struct response *res);
void response_free(struct response *res);

/* Adds a header line. Line ends in the value are left out. */
void response_header(struct response *res, const char *name, const char *value);

/* Starts a JSON body. */
struct json response_json(struct response *res, int status);

/* Replaces whatever stands there by a problem (RFC 9457) with the members code and requestId, and field where one is at
 * fault. */
void response_problem(struct response *res, enum err e, const struct fault *fault, const char *request_id);

#endif
