/* Going out of a meeting, in all its ways, or giving up waiting for it. */
#ifndef SERVICE_LEAVE_H
#define SERVICE_LEAVE_H

#include <stdbool.h>

#include "db/participant_dao.h"
#include "service/room.h"

/* Leaves. The last one out ends the meeting (*meeting_ended); a host who leaves hands over to the longest-present
 * co-host, else the longest-present participant. ERR_NOT_FOUND, ERR_NOT_JOINED. */
MUST_CHECK enum err leave_meeting(struct context *ctx, int64_t meeting_id, bool *meeting_ended);

/* Takes somebody who is in, or waits, out of the meeting, for all those ways out: inside a room_change. reason is what
 * user_left or lobby_left says; close_code what their connection is closed with. */
MUST_CHECK enum err leave_vacate(struct room_change *room, const struct participant *p, enum participant_status status,
                                 const char *reason, int close_code);

/* Takes somebody whose account was disabled out of all meetings. */
MUST_CHECK enum err leave_all_meetings(struct context *ctx, int64_t user_id);

#endif
