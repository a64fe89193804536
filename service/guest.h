/* Guests: people without an account, by name, for one meeting. */
#ifndef SERVICE_GUEST_H
#define SERVICE_GUEST_H

#include "db/user_dao.h"
#include "service/context.h"

/* A guest with the token that speaks for them in this one meeting. */
struct guest {
    struct user user;
    const char *access_token;
    int64_t access_expires_in_s;
};

/* Makes a guest, who then joins like anybody else. For a meeting that allows guests, or with a good invitation (may be
 * NULL). ERR_NOT_FOUND, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED, ERR_INVITE_INVALID,
 * ERR_GUESTS_NOT_ALLOWED, ERR_MEETING_FULL, ERR_RATE_LIMITED. */
MUST_CHECK enum err guest_create(struct context *ctx, int64_t meeting_id, const char *display_name, const char *invite,
                                 const char *locale, struct guest *out);

/* Whether a guest could be made now; the errors of guest_create(). */
MUST_CHECK enum err guest_check(struct context *ctx, int64_t meeting_id, const char *invite);

#endif
