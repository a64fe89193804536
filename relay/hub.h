/* Rooms: which connections are in which, and who gets which event. A room exists here while a connection of this relay
 * is in it. Its events come from the follower (roomlog/follower.h), strictly by number, once for each member; who it
 * concerns is sent it. Only a reply's header and an event's effect move connections. */
#ifndef RELAY_HUB_H
#define RELAY_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct conn;
struct hub;
struct relay;

/* NULL when memory runs out. */
struct hub *hub_new(struct relay *relay);
void hub_free(struct hub **hub);

/* The connection is in this room from now on. It took its seat with the event join_seq, so that later ones have their
 * effect on it, and was shown the events up to seq; later ones are sent. waiting: it is in the lobby and gets
 * only events that name its user. False when memory runs out. */
bool hub_join(struct conn *c, int64_t meeting_id, int64_t join_seq, int64_t seq, bool waiting);

/* The connection is in no room any more. Does nothing where it was in none. */
void hub_leave(struct conn *c);

/* Hands what has no number (the frame's JSON, one line) to a user in the room of c, here or at another relay, or to
 * everybody else in that room (to: 0). ERR_UNAVAILABLE where the one user is not here and Redis is away, or is here and
 * too much waits for them already; of everybody those who are here and read have it then. */
MUST_CHECK enum err hub_signal(struct conn *c, int64_t to, const char *json, size_t len);

/* Hands it to the media node that has the room of c, wherever that is; whether there is one nobody knows here.
 * ERR_UNAVAILABLE where Redis is away. */
MUST_CHECK enum err hub_signal_node(struct conn *c, const char *json);

/* To be called before the turn's output is written: who has a join's ack misses no signal that is sent after it. */
void hub_flush(struct hub *hub);

/* Ends the rooms that nobody is in any more. */
void hub_end_turn(struct hub *hub);

#endif
