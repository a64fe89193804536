/* The host's seat: a column of the meeting's row, so there is exactly one host by construction. */
#ifndef SERVICE_HOST_H
#define SERVICE_HOST_H

#include "service/room.h"

/* Hands the host's seat to somebody who is in; by the host. The creator takes it back the same way. ERR_FORBIDDEN,
 * ERR_NOT_FOUND. */
MUST_CHECK enum err host_set(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* Inside a room_change: the host is not in any more. By the meeting's policy somebody else gets the seat, or it stays
 * the host's and the others are told what comes of that; so it does where only guests are left, or nobody, and is
 * handed over later. */
MUST_CHECK enum err host_gone(struct room_change *room);

/* Inside a room_change that may have changed the policy, or after which somebody is in: a seat that was kept for a host
 * who is gone is handed over, where that is the policy and there is an heir now. */
MUST_CHECK enum err host_hand_over_kept(struct room_change *room);

#endif
