/* Coming into a meeting. */
#ifndef SERVICE_JOIN_H
#define SERVICE_JOIN_H

#include "db/message_dao.h"
#include "db/participant_dao.h"
#include "service/room.h"

/* A room as somebody sees it who comes in: all of it as it was after event `seq`, or what they missed. */
struct room_view {
    struct meeting meeting;
    struct participant me;
    int64_t seq;
    int64_t seated_seq; /* join_room: the number of the log when the seat was taken; a later event may have taken it
                           away again */
    bool resumed;       /* events instead of participants and messages */
    struct participant *participants;
    int participant_count;
    struct message *messages;
    int message_count;
    struct room_event *events;
    int event_count;
};

/* Joins by REST. The checks come in this order: ERR_NOT_FOUND, ERR_MEETING_ENDED or ERR_MEETING_CANCELLED, ERR_REMOVED,
 * ERR_WRONG_PASSWORD (never for the host), ERR_ALREADY_JOINED, ERR_MEETING_FULL. The first one in starts the meeting.
 * password may be NULL. */
MUST_CHECK enum err join_meeting(struct call *call, int64_t meeting_id, const char *password, struct room_view *out);

/* Takes a seat for the call's connection: joins where the user is not in yet, else moves the seat to this connection.
 * since_seq: the last event that the client saw, -1: none; more missed than LIMIT_EVENTS_PAGE makes a whole view.
 * Errors as join_meeting, without ERR_ALREADY_JOINED. */
MUST_CHECK enum err join_room(struct call *call, int64_t meeting_id, const char *password, int64_t since_seq,
                              struct room_view *out);

#endif
