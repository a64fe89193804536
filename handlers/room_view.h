/* The reply to coming in, the same by REST and WebSocket. */
#ifndef HANDLERS_ROOM_VIEW_H
#define HANDLERS_ROOM_VIEW_H

#include "handlers/exchange.h"
#include "service/join.h"

enum err room_view_write(struct exchange *x, const struct room_view *view);

#endif
