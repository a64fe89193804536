/* What those who run a meeting do to the people in it. What is about one person's media, hand or name is in
 * participant.h, since everybody does that to themselves. */
#ifndef SERVICE_MODERATION_H
#define SERVICE_MODERATION_H

#include "db/participant_dao.h"
#include "service/room.h"

/* All of them: ERR_NOT_FOUND (no such meeting, or that person is not in it), ERR_FORBIDDEN, ERR_MEETING_ENDED,
 * ERR_MEETING_CANCELLED. */

/* Switches off every microphone but those of the host and the co-hosts. */
MUST_CHECK enum err moderation_mute_all(struct context *ctx, int64_t meeting_id);

/* Asks somebody to switch their microphone on: they alone are told. */
MUST_CHECK enum err moderation_ask_unmute(struct context *ctx, int64_t meeting_id, int64_t user_id);

MUST_CHECK enum err moderation_lower_hands(struct context *ctx, int64_t meeting_id);

/* Removes somebody, in or not, for good. Never the host. With ban_network, whoever is new and comes from the network
 * that they came from last waits in the lobby until somebody who may admits them, whether the meeting has one or not.
 */
MUST_CHECK enum err moderation_remove(struct context *ctx, int64_t meeting_id, int64_t user_id, bool ban_network);

/* Lets them come back, and their network. ERR_NOT_FOUND: they were not removed. */
MUST_CHECK enum err moderation_lift_ban(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* Who was removed, at most LIMIT_PARTICIPANTS. */
MUST_CHECK enum err moderation_removed(struct context *ctx, int64_t meeting_id, struct participant **items, int *count);

#endif
