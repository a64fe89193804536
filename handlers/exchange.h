/* A request on its way through a handler: what came in, what goes out, and the context of the services.
 * A handler reads its input, makes one service call, writes the reply; where it answers an error, the dispatcher
 * writes the problem. */
#ifndef HANDLERS_EXCHANGE_H
#define HANDLERS_EXCHANGE_H

#include "http/fields.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "service/context.h"

struct exchange {
    struct request *req;
    struct response *res;
    struct context ctx;
};

/* Reads the JSON body by a table of fields. ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON,
 * ERR_VALIDATION_FAILED. */
MUST_CHECK enum err exchange_body(struct exchange *x, const struct field *fields, int count, void *out);

/* Reads the query string by a table of fields. */
MUST_CHECK enum err exchange_query(struct exchange *x, const struct field *fields, int count, void *out);

/* For routes that take neither: a table is not needed. */
#define FIELD_COUNT(fields) ((int)(sizeof(fields) / sizeof *(fields)))

/* The number that the part of the path with this index names, the first being 0. ERR_NOT_FOUND: it is no number. */
MUST_CHECK enum err exchange_number(const struct exchange *x, int index, int64_t *number);

/* The meeting that the first part of the path names, as meeting_resolve. ERR_NOT_FOUND; ERR_FORBIDDEN: the caller is
 * the guest of another one. */
MUST_CHECK enum err exchange_meeting(struct exchange *x, int64_t *meeting_id);

/* The same for somebody who may have an invitation to it; NULL: none. */
MUST_CHECK enum err exchange_meeting_invited(struct exchange *x, const char *invite, int64_t *meeting_id);

/* The meeting as exchange_meeting, and the query's `after`, the number behind which a page begins; 0 where it is not
 * given. Errors of exchange_meeting and exchange_query. */
MUST_CHECK enum err exchange_meeting_after(struct exchange *x, int64_t *meeting_id, int64_t *after);

/* The user that the second part of the path names; "me" is the caller. ERR_NOT_FOUND. */
MUST_CHECK enum err exchange_user(struct exchange *x, int64_t *user_id);

/* A boolean input as the services take it: 1, 0, or -1 where it was not given. */
static inline int exchange_tristate(struct in_bool in) { return in.given ? in.value : -1; }

#endif
