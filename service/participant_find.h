/* Finding people of a meeting. */
#ifndef SERVICE_PARTICIPANT_FIND_H
#define SERVICE_PARTICIPANT_FIND_H

#include "db/participant_dao.h"
#include "service/room.h"

/* Somebody who is in. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_find_joined(struct context *ctx, int64_t meeting_id, int64_t user_id,
                                            struct participant *out);

/* Somebody who is in or waits. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_find_present(struct context *ctx, int64_t meeting_id, int64_t user_id,
                                             struct participant *out);

/* The person that an action is about, who must be in. ERR_NOT_FOUND. */
MUST_CHECK enum err participant_find_target(struct room_change *room, int64_t user_id, struct participant *out);

/* Whether a meeting may have one more co-host, those counted who are out for the moment. It stays true under the lock
 * of the meeting's row alone. */
MUST_CHECK enum err participant_cohost_fits(struct context *ctx, int64_t meeting_id, bool *fits);

#endif
