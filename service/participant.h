/* The people in a meeting: finding them, their roles, media, hands and names. Coming in is in join.h, going out in
 * leave.h, the host's seat in host.h. */
#ifndef SERVICE_PARTICIPANT_H
#define SERVICE_PARTICIPANT_H

#include <stdbool.h>

#include "db/participant_dao.h"
#include "service/room.h"

/* ERR_FORBIDDEN unless the caller is or was in the meeting, ERR_REMOVED where they were removed. Who is out reads up to
 * me->until_seq and me->until_message. */
MUST_CHECK enum err participant_check_took_part(struct context *ctx, int64_t meeting_id, struct participant *me);

/* Somebody's own row, also of one who waits. ERR_NOT_FOUND. */
MUST_CHECK enum err participant_show(struct context *ctx, int64_t meeting_id, int64_t user_id, struct participant *out);

/* Makes somebody a co-host or a plain participant; by the host. ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_CONFLICT (they are
 * the host). */
MUST_CHECK enum err participant_set_role(struct context *ctx, int64_t meeting_id, int64_t user_id,
                                         enum participant_role role, struct participant *out);

/* Somebody's media: 1 on, 0 off, -1 as it is. Others than oneself can only be switched off. ERR_NOT_JOINED,
 * ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_media(struct context *ctx, int64_t meeting_id, int64_t user_id, int audio,
                                          int video, int screen, struct participant *out);

/* Somebody's hand; others' can only be lowered. Raising it twice keeps its place. ERR_NOT_JOINED, ERR_FORBIDDEN,
 * ERR_NOT_FOUND. */
MUST_CHECK enum err participant_set_hand(struct context *ctx, int64_t meeting_id, int64_t user_id, bool raised,
                                         struct participant *out);

/* Somebody's name in this meeting. ERR_NOT_JOINED, ERR_FORBIDDEN, ERR_NOT_FOUND. */
MUST_CHECK enum err participant_rename(struct context *ctx, int64_t meeting_id, int64_t user_id,
                                       const char *display_name, struct participant *out);

/* The role of a row for people: "cohost" or "participant". */
const char *participant_role_name(int64_t role);

/* Whether a seat given up for this reason may be resumed: only that of a connection that broke. */
bool participant_may_resume(const char *reason);

#endif
