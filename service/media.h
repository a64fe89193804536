/* What a browser needs so that its media find their way through firewalls: STUN servers from the configuration, and
 * TURN servers with credentials of its own that run out. */
#ifndef SERVICE_MEDIA_H
#define SERVICE_MEDIA_H

#include "core/turn.h"
#include "service/context.h"

struct media_access {
    const char *stun_urls; /* separated by commas; may be empty */
    const char *turn_urls; /* the same; empty: there is no TURN server, and the rest counts for nothing */
    struct turn_credential turn;
    int64_t ttl_s;
    int64_t expires_at_ms;
};

/* For the caller, who has a seat, from now on. */
MUST_CHECK enum err media_access(struct context *ctx, struct media_access *out);

/* For a caller who may have a seat or not. Whoever is in no meeting gets no TURN credentials, for they carry anybody's
 * traffic; with for_test somebody with an account gets some that run out soon. */
MUST_CHECK enum err media_access_anywhere(struct context *ctx, bool for_test, struct media_access *out);

#endif
