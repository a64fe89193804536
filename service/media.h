/* The media seat: how the media of a meeting go, and what one person in it needs for that: the ways through firewalls,
 * STUN servers from the configuration, and TURN servers with credentials of one's own that run out. Over a media node
 * (service/media_node.h) they lead to that instead of to the others; all else the page and the node say to each other.
 */
#ifndef SERVICE_MEDIA_H
#define SERVICE_MEDIA_H

#include "core/turn.h"
#include "db/meeting_dao.h"
#include "db/participant_dao.h"
#include "service/context.h"

/* The name that clients know a mode by. */
const char *media_mode_name(enum media_mode mode);

enum { NO_EPOCH = -1 };

struct media_access {
    enum media_mode mode;
    int64_t epoch;         /* of the meeting's media; NO_EPOCH: of no meeting */
    const char *stun_urls; /* separated by commas; may be empty */
    const char *turn_urls; /* the same; empty: there is no TURN server, and the rest counts for nothing */
    struct turn_credential turn;
    int64_t ttl_s;
    int64_t expires_at_ms;
};

/* For somebody who has a seat in the meeting, from now on: me is their row. ERR_INTERNAL: the credentials could not be
 * made. */
MUST_CHECK enum err media_access(struct context *ctx, const struct meeting *meeting, const struct participant *me,
                                 struct media_access *out);

/* The same for the caller, by the number of the meeting. ERR_NOT_FOUND, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED,
 * ERR_NOT_JOINED. */
MUST_CHECK enum err media_access_in(struct context *ctx, int64_t meeting_id, struct media_access *out);

/* For a caller who may have a seat somewhere or not: the ways through firewalls alone. Whoever is in no meeting gets no
 * TURN credentials, for they carry anybody's traffic; with for_test somebody with an account gets some that run out
 * soon. */
MUST_CHECK enum err media_access_anywhere(struct context *ctx, bool for_test, struct media_access *out);

#endif
