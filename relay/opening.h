/* The HTTP request that opens a connection: who may come in, and what is answered. */
#ifndef RELAY_OPENING_H
#define RELAY_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/token.h"

struct conn;

/* Looks at what has come of the request; does nothing while it is not whole. */
void opening_read(struct conn *c);

/* A socket was accepted: counts it, and refuses it where there are too many in all, or of its network without a token.
 */
void opening_begin(struct conn *c);

/* It shows a good token, its first or another one: it is signed in from now on. */
void opening_signed_in(struct conn *c, const struct token_claims *claims);

/* It ended: it does not count any more among those that have not signed in. */
void opening_done(struct conn *c);

/* It shows a good token: counts it for its account and network. False where one of these has as many as it may. */
MUST_CHECK bool opening_admit(struct conn *c, int64_t user_id);

/* Its descriptor is closed: it counts nowhere any more. */
void opening_closed(struct conn *c);

#endif
