/* Who may do what in a meeting, by the table in service/permission.def. */
#ifndef SERVICE_PERMISSION_H
#define SERVICE_PERMISSION_H

#include "core/json.h"
#include "db/participant_dao.h"
#include "service/room.h"

enum permission {
#define PERMISSION(name, wire, host, cohost, participant, guest, setting) PERMISSION_##name,
#include "service/permission.def"
#undef PERMISSION
    PERMISSION_COUNT
};

/* Whether somebody of this role (enum participant_role) has it in a meeting with these settings. */
bool permission_has(enum permission permission, int64_t role, bool is_guest, int64_t settings);

/* Inside a room_change, for what runs the meeting: the caller must have this permission, then the meeting must not be
 * over. The host has theirs without being in; everybody else must be in, or, where the meeting is over, have been.
 * ERR_FORBIDDEN; ERR_MEETING_ENDED, ERR_MEETING_CANCELLED. */
MUST_CHECK enum err permission_check(struct room_change *room, enum permission permission);

/* Inside a room_change, for what people do who are in: the meeting must not be over, the caller must be in (*me) and
 * have this permission. ERR_MEETING_ENDED, ERR_MEETING_CANCELLED; ERR_NOT_JOINED; ERR_FORBIDDEN. */
MUST_CHECK enum err permission_check_seated(struct room_change *room, enum permission permission,
                                            struct participant *me);

/* For reading, also when the meeting is over: the caller has this permission and is, or was, in it, or is its host.
 * ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err permission_check_reader(struct context *ctx, int64_t meeting_id, enum permission permission);

/* What each role has under these settings: {"host": ["chat", …], "cohost": …, "participant": …, "guest": …} */
void permission_serialize(struct json *j, const char *key, int64_t settings);

#endif
