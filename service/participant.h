/* The people in a meeting: leaving, roles, removal, media, raised hands. Coming in is in join.h. */
#ifndef SERVICE_PARTICIPANT_H
#define SERVICE_PARTICIPANT_H

#include <stdbool.h>

#include "db/participant_dao.h"
#include "service/room.h"

/* Leaves. The last one out ends the meeting (*meeting_ended); a host who leaves hands over to the longest-present
 * co-host, else the longest-present participant. ERR_NOT_FOUND, ERR_NOT_JOINED. */
MUST_CHECK enum err participant_leave(struct call *call, int64_t meeting_id, bool *meeting_ended);

/* Takes somebody who is in, or waits, out of the meeting, for all those ways out: inside a room_change. reason is what
 * user_left or lobby_left says; close_code what their connection is closed with. */
MUST_CHECK enum err participant_vacate(struct room_change *room, const struct participant *p,
                                       enum participant_status status, const char *reason, int close_code);

/* Inside a room_change: nobody is in any more. The meeting ends, or stays open as long as its host wanted. */
MUST_CHECK enum err participant_emptied(struct room_change *room);

/* Takes somebody whose account was disabled out of all meetings. */
MUST_CHECK enum err participant_leave_everywhere(struct call *call, int64_t user_id);

/* Who may see the people of a meeting sees those who are in it, longest present first. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err participant_list(struct call *call, int64_t meeting_id, struct participant **items, int *count);

/* ERR_FORBIDDEN unless the caller is or was in the meeting (and was not removed). */
MUST_CHECK enum err participant_check_took_part(struct call *call, int64_t meeting_id);

/* Somebody's own row, also of one who waits. ERR_NOT_FOUND. */
MUST_CHECK enum err participant_show(struct call *call, int64_t meeting_id, int64_t user_id, struct participant *out);

/* Makes somebody a co-host or a plain participant; by the host. ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_CONFLICT (they are
 * the host). */
MUST_CHECK enum err participant_set_role(struct call *call, int64_t meeting_id, int64_t user_id,
                                         enum participant_role role, struct participant *out);

/* Hands the host's seat to somebody who is in; by the host. The creator takes it back the same way. ERR_FORBIDDEN,
 * ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_host(struct call *call, int64_t meeting_id, int64_t user_id);

/* Somebody's media: 1 on, 0 off, -1 as it is. Others than oneself can only be switched off. ERR_NOT_JOINED,
 * ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_media(struct call *call, int64_t meeting_id, int64_t user_id, int audio, int video,
                                          int screen, struct participant *out);

/* Somebody's hand; others' can only be lowered. Raising it twice keeps its place. ERR_NOT_JOINED, ERR_FORBIDDEN,
 * ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_hand(struct call *call, int64_t meeting_id, int64_t user_id, bool raised,
                                         struct participant *out);

/* Somebody's name in this meeting. ERR_NOT_JOINED, ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_rename(struct call *call, int64_t meeting_id, int64_t user_id, const char *display_name,
                                       struct participant *out);

/* Somebody who is in. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_find_joined(struct call *call, int64_t meeting_id, int64_t user_id,
                                            struct participant *out);

/* Somebody who is in or waits. ERR_NOT_JOINED. */
MUST_CHECK enum err participant_find_present(struct call *call, int64_t meeting_id, int64_t user_id,
                                             struct participant *out);

/* The person that an action is about, who must be in. ERR_NOT_FOUND. */
MUST_CHECK enum err participant_find_target(struct room_change *room, int64_t user_id, struct participant *out);

/* Begins an event's data with whom it is about; and names who did it, where that was somebody else. */
struct json participant_data(struct buf *data, int64_t user_id);
void participant_data_by(struct json *j, const struct room_change *room, int64_t user_id);

/* Adds an event about somebody for everybody, and frees its data. */
void participant_event(struct room_change *room, const char *type, int64_t user_id, struct buf *data);

#endif
