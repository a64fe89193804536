/* Replies that several calls share. */
#ifndef HANDLERS_ROOM_VIEW_H
#define HANDLERS_ROOM_VIEW_H

#include "handlers/exchange.h"
#include "service/join.h"

/* To coming in, the same by REST and WebSocket. */
enum err room_view_write(struct exchange *x, const struct room_view *view);

/* To asking for a list of people: {items}, and {seq}, the event up to which it is true, where that is not negative. */
enum err room_view_write_people(struct exchange *x, const struct participant *items, int count, int64_t seq);

#endif
