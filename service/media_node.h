/* Media nodes: which of them carries the media of a meeting. docs/architecture.md, "Media nodes", says when a meeting
 * moves. Each move gives it a new epoch, which only rises: whoever holds a lower one, page or node, is out of date. So
 * no two nodes ever carry one meeting for anybody. */
#ifndef SERVICE_MEDIA_NODE_H
#define SERVICE_MEDIA_NODE_H

#include "core/media_wire.h"
#include "db/media_node_dao.h"
#include "db/participant_dao.h"
#include "service/room.h"

/* ---- moving a meeting ---- */

/* Whether a meeting has its media in mesh, and its people or its host want a media node. */
bool media_node_is_wanted(const struct context *ctx, const struct meeting_state *meeting);

/* Inside a room_change: gives the meeting to the node that has most room, with a new epoch, and tells everybody. Where
 * none has room it stays with its own node if that lives, else it goes on in mesh; a meeting in mesh stays as it is
 * then, without an event. */
MUST_CHECK enum err media_node_move(struct room_change *room);

/* Inside a room_change: nobody is in it any more and it is over, or as if nobody had come. No node has it then. */
void media_node_release(struct meeting_state *meeting);

/* Moves a meeting to a node where one is wanted and has room. *moved is false where it stays in mesh, and after an
 * error. Without a node that has room it asks the database once in LIMIT_MEDIA_KNOWN_MS, whatever comes in. */
MUST_CHECK enum err media_node_move_wanted(struct context *ctx, const struct meeting_state *meeting, bool *moved);

/* Whether a node has room, as this worker knows it. */
bool media_node_has_room(struct context *ctx);

/* ---- what nodes ask ---- */

struct media_node_call {
    const char *name; /* of the node that calls */
    struct media_wire_node node;
    const struct media_wire_room *rooms; /* that it names */
    int room_count;
    const struct room_position *positions;
    int position_count;
};

struct media_node_answer {
    struct media_wire_order *orders;
    int order_count;
    struct room_position *ahead;
    int ahead_count;
};

/* A node's heartbeat. Moves what is to be moved away from it, or to it. An error of a node that starts: some of what
 * it held has its old epoch still, so it starts once more. */
MUST_CHECK enum err media_node_sync(struct context *ctx, const struct media_node_call *call,
                                    struct media_node_answer *out);

/* Everybody who has a seat in a meeting, and how far its log is, in one state. ERR_NOT_FOUND. */
MUST_CHECK enum err media_node_members(struct context *ctx, int64_t meeting_id, struct participant **items, int *count,
                                       int64_t *seq);

/* ---- housekeeping and administrators ---- */

/* Moves meetings of nodes that are dead, at most LIMIT_DUE_MEETINGS; *count says for how many that worked. Leases count
 * as ended only where this worker found the database there for as long as they last: else nobody could renew one. */
MUST_CHECK enum err media_node_sweep(struct context *ctx, int *count);

MUST_CHECK enum err media_node_list(struct context *ctx, struct media_node **items, int *count);

/* No meeting goes to a node any more, and those that it carries move away with its next calls; and back again.
 * ERR_NOT_FOUND: there is no such node. */
MUST_CHECK enum err media_node_set_drained(struct context *ctx, const char *name, bool drained);

#endif
