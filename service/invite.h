/* Invitations: links that carry the right to come into one meeting, for a time and a number of people, perhaps as
 * co-host. A token is made of the invitation's id and a key that is in no database, so it can be shown again, and
 * nobody can make one from a copy of the database. */
#ifndef SERVICE_INVITE_H
#define SERVICE_INVITE_H

#include "db/invite_dao.h"
#include "service/context.h"

/* Makes one. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED; ERR_CONFLICT: LIMIT_INVITES are
 * there already; ERR_VALIDATION_FAILED: it would have run out. */
MUST_CHECK enum err invite_create(struct context *ctx, int64_t meeting_id, int64_t role, int64_t expires_at_ms,
                                  int64_t max_uses, struct invite *out);

/* Those that were not revoked. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err invite_list(struct context *ctx, int64_t meeting_id, struct invite **items, int *count);

/* Errors as invite_create. Who came by it stays. */
MUST_CHECK enum err invite_revoke(struct context *ctx, int64_t meeting_id, int64_t invite_id);

/* The token of an invitation, in the arena. */
const char *invite_token(struct context *ctx, const struct invite *invite);

/* Whether a token was made for this meeting, good or not any more. */
bool invite_is_for(struct context *ctx, int64_t meeting_id, const char *token);

/* Whether an invitation is good for the caller to come into this meeting now, by its token or its id. Whoever came in
 * by it before counts no more, and may until it is revoked or runs out. ERR_INVITE_INVALID: it is not good; or it makes
 * a co-host, and there are LIMIT_COHOSTS. */
MUST_CHECK enum err invite_check(struct context *ctx, int64_t meeting_id, const char *token, struct invite *out);
MUST_CHECK enum err invite_check_id(struct context *ctx, int64_t meeting_id, int64_t id, struct invite *out);

/* Whether the caller becomes a co-host by it: not a second time, for they were demoted since, or removed. */
bool invite_makes_cohost(const struct invite *invite);

#endif
