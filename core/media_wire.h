/* What a media node and the workers say to each other: lines of text beside those of core/relay_wire.h, written and
 * read here and nowhere else. docs/architecture.md, "Media nodes", says what they do.
 *
 * POST /internal/media/sync, the node's name in RELAY_WIRE_RELAY:
 *     node <starting|active|draining> <capacity_pps> <load_pps> <version>     first, once
 *     room <meetingId> <epoch>          a room that it holds
 *     lost <meetingId> <epoch>          one that it held and whose media are gone: it wants a new epoch
 *     <meetingId> <seq>                 how far it has read a room's log (relay_wire_position)
 * and the answer:
 *     take <meetingId> <epoch>          a room of this node that it did not name with this epoch
 *     leave <meetingId>                 one that it named and that is not its own any more, or is over
 *     <meetingId> <seq>                 a log that is further
 *
 * GET /internal/meetings/<meetingId>/media: <meetingId> <seq> (relay_wire_position), and then
 *     member <userId> <audio> <video> <screen>     everybody who has a seat; 0 or 1 each
 *
 * A reader takes exactly what its writer makes, and says false to all else; outputs are untouched then. Numbers are
 * decimal digits, from 0 to INT64_MAX; ids and epochs from 1. Writers append the line with its end. Views are into the
 * text that was read. */
#ifndef CORE_MEDIA_WIRE_H
#define CORE_MEDIA_WIRE_H

#include "core/buf.h"
#include "core/skim.h"

/* Whether a text can be a node's name: 1 to LIMIT_MEDIA_NODE_CHARS letters, digits, '_' or '-' of ASCII. It is the same
 * each time that the node starts. */
bool media_wire_is_name(struct slice text);

enum media_node_state {
    MEDIA_NODE_STARTING, /* its process is new: whatever it held is gone */
    MEDIA_NODE_ACTIVE,
    MEDIA_NODE_DRAINING /* it is about to end and takes no room */
};

struct media_wire_node {
    enum media_node_state state;
    int64_t capacity_pps; /* packets a second that it can send */
    int64_t load_pps;     /* that it sends */
    struct slice version; /* of Janus: 1 to LIMIT_MEDIA_VERSION_CHARS visible characters of ASCII */
};

void media_wire_node_write(struct buf *out, const struct media_wire_node *node);
bool media_wire_node_read(struct slice line, struct media_wire_node *out);

/* A room that a node names. */
struct media_wire_room {
    bool lost;
    int64_t meeting_id;
    int64_t epoch;
};

void media_wire_room_write(struct buf *out, const struct media_wire_room *room);
bool media_wire_room_read(struct slice line, struct media_wire_room *out);

/* What a node is to do with a room. */
struct media_wire_order {
    bool leave; /* false: take */
    int64_t meeting_id;
    int64_t epoch; /* of take; 0 else */
};

void media_wire_order_write(struct buf *out, const struct media_wire_order *order);
bool media_wire_order_read(struct slice line, struct media_wire_order *out);

/* Somebody who has a seat, and what of theirs is on. */
struct media_wire_member {
    int64_t user_id;
    bool audio;
    bool video;
    bool screen;
};

void media_wire_member_write(struct buf *out, const struct media_wire_member *member);
bool media_wire_member_read(struct slice line, struct media_wire_member *out);

#endif
