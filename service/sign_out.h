/* The connections of sign-ins that have ended. Each end notes in its own transaction that there may be some; they are
 * closed after it, and what was not done then is done by housekeeping. */
#ifndef SERVICE_SIGN_OUT_H
#define SERVICE_SIGN_OUT_H

#include "service/context.h"

/* Closes the connections in rooms and lobbies of the user's sign-ins that have ended; those of other sign-ins go on.
 * What does not work out is logged and left for housekeeping. */
void sign_out_close(struct context *ctx, int64_t user_id);

/* The same for whatever was left, at most LIMIT_DUE_MEETINGS sign-ins; *count says for how many that worked. For
 * housekeeping. */
MUST_CHECK enum err sign_out_sweep(struct context *ctx, int *count);

#endif
