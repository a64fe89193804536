/* The lobby: people who wait to be let into a meeting. They have a row like everybody else, with status waiting, and
 * their connection waits in the room's lobby: it gets only what names them. Those who run the meeting see them. */
#ifndef SERVICE_LOBBY_H
#define SERVICE_LOBBY_H

#include "db/participant_dao.h"
#include "service/room.h"

/* Who waits, the longest first, and the number of the log at that state. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err lobby_list(struct context *ctx, int64_t meeting_id, struct participant **items, int *count,
                               int64_t *seq);

/* Lets somebody in, at once and with the connection they wait with. ERR_NOT_FOUND (nobody like that waits),
 * ERR_FORBIDDEN, ERR_MEETING_FULL, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED. */
MUST_CHECK enum err lobby_admit(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* Lets everybody in who waits, as far as there are seats. Errors as lobby_admit. */
MUST_CHECK enum err lobby_admit_all(struct context *ctx, int64_t meeting_id);

/* Sends somebody away who waits; they may ask again. Errors as lobby_admit. */
MUST_CHECK enum err lobby_refuse(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* Puts somebody who is in back into the lobby; never those who pass it. ERR_NOT_FOUND, ERR_FORBIDDEN, … */
MUST_CHECK enum err lobby_send_back(struct context *ctx, int64_t meeting_id, int64_t user_id);

/* Lets in who waits for nobody any more: the host has come, or the settings have changed. */
MUST_CHECK enum err lobby_open(struct context *ctx, int64_t meeting_id);

/* Inside a room_change: one step of lobby_open, at most LIMIT_ADMITTED people. */
MUST_CHECK enum err lobby_open_step(struct room_change *room);

/* Inside a room_change: somebody comes to the lobby. row_exists: they have been there before. */
MUST_CHECK enum err lobby_enter(struct room_change *room, const struct join_row *row, bool row_exists);

/* Inside a room_change: the waiting of p ends without having come in. */
MUST_CHECK enum err lobby_vacate(struct room_change *room, const struct participant *p, enum participant_status status,
                                 const char *reason, int close_code);

#endif
