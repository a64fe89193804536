/* Presence: which connection owns a seat, what happens when it breaks, and the seats of relays that died. */
#ifndef SERVICE_PRESENCE_H
#define SERVICE_PRESENCE_H

#include "db/participant_dao.h"
#include "service/room.h"

/* What a relay says of a connection that has ended. Nothing happens where another connection owns the seat by now. */
struct presence_report {
    int number; /* the caller's */
    int64_t meeting_id;
    int64_t user_id;
    const char *connection;
    bool expired; /* false: the connection broke, the others see that the user is away; true: the seat was kept long
                     enough, the user leaves if that connection is still broken */
    bool done;    /* out: it was looked at */
    bool failed;  /* out: it could not be worked on, and is to be said again */
};

/* Works on reports, one room after the other; those of a room that stand together in their order. */
void presence_report(struct context *ctx, struct presence_report *reports, int count);

/* Inside a room_change: tells that somebody's connection is there, or away. Of who waits nobody else knows whether they
 * are there, so they alone are told. */
MUST_CHECK enum err presence_add_changed(struct room_change *room, const struct participant *p, bool online,
                                         struct effect effect);

/* Inside a room_change: closes the connection that owns a seat, or a place in the lobby. The others see the user away,
 * and the place is kept as for a connection that broke. */
MUST_CHECK enum err presence_close(struct room_change *room, const struct participant *p, int close_code);

/* A relay's heartbeat. Renews its lease; sweeps the seats of relays whose lease ran out, provided that the calling
 * relay itself was heard of without a break for as long as a lease lasts (else it was the database that was away, and
 * the others had no chance to renew). *ahead: those of its rooms whose log goes on after what the relay has. */
MUST_CHECK enum err presence_sync(struct context *ctx, const struct room_position *rooms, int count,
                                  struct room_position **ahead, int *ahead_count);

/* Gives up seats, and places in the lobby, that no connection has come to for as long as the administrator wants; at
 * most LIMIT_DUE_MEETINGS. *count says for how many that worked; one that fails is logged. For housekeeping. */
MUST_CHECK enum err presence_sweep_unconnected(struct context *ctx, int *count);

#endif
