/* Presence: which connection owns a seat, what happens when it breaks, and the seats of relays that died. */
#ifndef SERVICE_PRESENCE_H
#define SERVICE_PRESENCE_H

#include "service/room.h"

/* The call's connection broke: the others see that the user is away, the seat is kept. Nothing happens where another
 * connection owns the seat by now. */
MUST_CHECK enum err presence_lost(struct call *call, int64_t meeting_id);

/* The seat was kept long enough: the user leaves, where that same connection still owns the seat and is still broken.
 */
MUST_CHECK enum err presence_expired(struct call *call, int64_t meeting_id);

/* A relay's sign of life. Renews its lease; sweeps the seats of relays whose lease ran out, provided that the calling
 * relay itself was heard of without a break for as long as a lease lasts (else it was the database that was away, and
 * the others had no chance to renew). *ahead: those of its rooms whose log goes on after what the relay has. */
MUST_CHECK enum err presence_sync(struct call *call, const struct room_position *rooms, int count,
                                  struct room_position **ahead, int *ahead_count);

#endif
