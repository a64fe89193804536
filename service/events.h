/* The room's log as its members read it. */
#ifndef SERVICE_EVENTS_H
#define SERVICE_EVENTS_H

#include "db/event_dao.h"
#include "service/context.h"

/* A page of the log after a number, as far as it concerns the caller, who is or was in the meeting; and the number of
 * the room's last event. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_REMOVED. */
MUST_CHECK enum err events_list(struct context *ctx, int64_t meeting_id, int64_t after_seq, struct room_event **items,
                                int *count, int64_t *last_seq);

#endif
