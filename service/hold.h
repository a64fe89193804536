/* Legal holds: an administrator keeps a meeting from retention and from the deletion of accounts. */
#ifndef SERVICE_HOLD_H
#define SERVICE_HOLD_H

#include "db/hold_dao.h"
#include "service/context.h"

/* Holds a meeting from now on; what was removed already stays so. One that is held gets the new reason.
 * ERR_NOT_FOUND. */
MUST_CHECK enum err hold_place(struct context *ctx, int64_t meeting_id, const char *reason, struct hold *out);

/* Deleted accounts that have something in the meeting are made anonymous there afterwards. ERR_NOT_FOUND: it is not
 * held. */
MUST_CHECK enum err hold_lift(struct context *ctx, int64_t meeting_id);

/* ERR_NOT_FOUND: it is not held. */
MUST_CHECK enum err hold_show(struct context *ctx, int64_t meeting_id, struct hold *out);

/* Whether a meeting is held. */
MUST_CHECK enum err hold_is_placed(struct context *ctx, int64_t meeting_id, bool *placed);

#endif
