/* How meetings expire: the ends that come by themselves. Housekeeping looks at a meeting when it is due; whoever
 * changes a meeting plans that anew (service/room.c). Any number of programs may do it at once, and after all were
 * down: each step is taken once, under the lock of the meeting's row, by whoever comes first. */
#ifndef SERVICE_EXPIRY_H
#define SERVICE_EXPIRY_H

#include "service/room.h"

/* Looks at meetings that are due, at most LIMIT_DUE_MEETINGS; *count says for how many that worked. One that fails is
 * logged and put off for LIMIT_DUE_AGAIN_MS; the others have their turn, unless the database is away. */
MUST_CHECK enum err expiry_tick(struct context *ctx, int *count);

/* Inside a room_change: nobody is in any more. The meeting ends, or stays open as long as its host wanted, or it is
 * scheduled again where it was to be kept and its time has not come yet. */
MUST_CHECK enum err expiry_emptied(struct room_change *room);

#endif
