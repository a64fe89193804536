/* Rate limits: token buckets in Redis, all that a request needs in one round trip. While Redis is away, requests pass;
 * sign-ins are then counted within each worker. */
#ifndef SERVICE_RATE_H
#define SERVICE_RATE_H

#include "service/context.h"

enum rate_class { RATE_NONE, RATE_READ, RATE_WRITE, RATE_CHAT };

/* Counts a request of the caller's user. ERR_RATE_LIMITED, with the seconds to wait in the caller's fault. */
MUST_CHECK enum err rate_check(struct context *ctx, enum rate_class rate);

/* Counts a sign-in to an account from the caller's network; account NULL: a new one. known says by what the account
 * knows the caller (a device, a network), who is counted apart then; NULL: a stranger. All strangers count together, so
 * that a guesser gains nothing by many networks, and cannot keep the owner out. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_sign_in(struct context *ctx, const char *account, const char *known);

/* Counts that somebody who is signed in says their password once more, by that sign-in alone. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_password(struct context *ctx);

/* Counts the use of a refresh token, by its sign-in and by the caller's network; session_id 0: no good one, which
 * counts by network alone, and there not against those that are good. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_refresh(struct context *ctx, int64_t session_id);

/* Counts a look at whether guests can come in, from the caller's network. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_guest_look(struct context *ctx);

/* Counts a new guest from the caller's network. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_guest(struct context *ctx);

/* Whether one more meeting's code may be tried by the caller's account, where there is one, and from its network; a
 * wrong one is counted with it. Right ones are never counted. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_code(struct context *ctx, bool wrong);

/* Whether one more guess of this meeting's password may be made, and counting a wrong one: by the caller's network, and
 * by the meeting, whoever guesses. known: the caller was in the meeting before, and is counted by account in the
 * meeting's place. Right ones are never counted. ERR_RATE_LIMITED. */
MUST_CHECK enum err rate_check_guess(struct context *ctx, int64_t meeting_id, bool known);
void rate_count_wrong_guess(struct context *ctx, int64_t meeting_id, bool known);

#endif
