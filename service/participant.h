/* The people in a meeting: leaving, roles, removal, media, raised hands. Coming in is in join.h. */
#ifndef SERVICE_PARTICIPANT_H
#define SERVICE_PARTICIPANT_H

#include <stdbool.h>

#include "db/participant_dao.h"
#include "service/room.h"

/* Leaves. The last one out ends the meeting (*meeting_ended); a host who leaves hands over to the longest-present
 * co-host, else the longest-present participant. ERR_NOT_FOUND, ERR_NOT_JOINED. */
MUST_CHECK enum err participant_leave(struct call *call, int64_t meeting_id, bool *meeting_ended);

/* Takes somebody who is in out of the meeting, for all those ways out: inside a room_change.
 * reason is what user_left says; close_code what their connection is closed with. */
MUST_CHECK enum err participant_vacate(struct room_change *room, int64_t user_id, enum participant_status status,
                                       const char *reason, int close_code);

/* Takes somebody whose account was disabled out of all meetings. */
MUST_CHECK enum err participant_leave_everywhere(struct call *call, int64_t user_id);

/* Who may see the people of a meeting sees those who are in it, longest present first. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err participant_list(struct call *call, int64_t meeting_id, struct participant **items, int *count);

/* ERR_FORBIDDEN unless the caller is or was in the meeting (and was not removed). */
MUST_CHECK enum err participant_check_took_part(struct call *call, int64_t meeting_id);

/* Makes somebody a co-host or a plain participant; by the host. ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_CONFLICT (they are
 * the host). */
MUST_CHECK enum err participant_set_role(struct call *call, int64_t meeting_id, int64_t user_id,
                                         enum participant_role role, struct participant *out);

/* Hands the host's seat to somebody who is in; by the host. ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_host(struct call *call, int64_t meeting_id, int64_t user_id);

/* Removes somebody for good; by the host or a co-host, never the host. ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_remove(struct call *call, int64_t meeting_id, int64_t user_id);

/* The caller's own media: 1 on, 0 off, -1 as it is. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_set_media(struct call *call, int64_t meeting_id, int audio, int video, int screen,
                                          struct participant *out);

/* The caller's own hand. Raising it twice keeps its place. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_set_hand(struct call *call, int64_t meeting_id, bool raised, struct participant *out);

/* Somebody who is in. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_find_joined(struct call *call, int64_t meeting_id, int64_t user_id,
                                            struct participant *out);

#endif
