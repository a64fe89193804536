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
    int64_t join_seq; /* by WebSocket: the number of the log when the seat was taken; a later event may have taken it
                           away again */
    bool waiting;     /* they wait in the lobby: only meeting and me are filled */
    bool resumed;     /* events instead of participants and messages */
    int64_t unread_count; /* messages after me.last_read_id */
    struct participant *participants;
    int participant_count;
    struct message *messages;
    int message_count;
    struct room_event *events;
    int event_count;
};

/* What somebody shows to get in; each may be NULL. An invitation stands in the place of the password. */
struct join_credentials {
    const char *password;
    const char *invite;
    const char *seat; /* by WebSocket: the client's own name of the seat */
    bool resumes;     /* by WebSocket: the client believes to own that seat, and wants no other */
};

/* Joins by REST. The checks come in this order: ERR_NOT_FOUND, ERR_MEETING_ENDED or ERR_MEETING_CANCELLED, ERR_REMOVED,
 * ERR_INVITE_INVALID or ERR_GUESTS_NOT_ALLOWED, ERR_MEETING_LOCKED, ERR_WRONG_PASSWORD, ERR_ALREADY_JOINED,
 * ERR_MEETING_FULL. Host, creator and co-hosts pass locks, passwords and the lobby; others may find themselves in the
 * lobby (out->waiting). The first one in starts the meeting. */
MUST_CHECK enum err join_by_rest(struct context *ctx, int64_t meeting_id, struct join_credentials credentials,
                                 struct room_view *out);

/* Takes a seat for the caller's connection: joins where the user is not in yet, else moves the seat to this connection.
 * A resume takes no seat but that of its name: ERR_TAKEN_OVER where another join of the user has it, ERR_LEFT where it
 * was given up, unless for a connection that broke. since_seq: the last event that the client saw, -1: none; more
 * missed than LIMIT_EVENTS_PAGE or LIMIT_RESUME_MIB makes a whole view. Errors as join_by_rest, without
 * ERR_ALREADY_JOINED. */
MUST_CHECK enum err join_by_websocket(struct context *ctx, int64_t meeting_id, struct join_credentials credentials,
                                      int64_t since_seq, struct room_view *out);

#endif
