/* The envelope of a room event: what travels from a worker to the relays, over Redis or in a fetch.
 * One line of text, so that a relay reads whom it concerns without parsing JSON and passes the frame on as it is:
 *
 *     <meetingId> <seq> <audience> <effect> <frame>
 *
 *   seq       the event's number in the room's log; 0 for what has no number (signals)
 *   audience  "*" everybody in the room, or user ids separated by commas: "3,17"; without a number also
 *             "!3@<relay>": everybody but user 3, but at that relay, which has delivered it already
 *   effect    what the relay does to connections after the frame was delivered:
 *             "-"                    nothing
 *             "user:<id>:<code>"     that user's connection leaves the room
 *             "outside:<id>"         that user's connection stays at the door: it gets only what names its user
 *             "conn:<name>:<code>"   that one connection leaves the room
 *             "all:<code>"           everybody leaves the room
 *             code is a WebSocket close code that the connection is closed with, or 0: it stays open
 *   frame     the JSON text that clients receive, without line ends
 */
#ifndef CORE_ENVELOPE_H
#define CORE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* The Redis channel of a room is this and the meeting's number. */
#define ENVELOPE_CHANNEL_PREFIX "echomeet:room:"

#define ENVELOPE_EVERYBODY "*"
#define ENVELOPE_NO_EFFECT "-"

/* The parts are views into the line that was read, not NUL-terminated. */
struct envelope {
    int64_t meeting_id;
    int64_t seq;
    const char *audience;
    size_t audience_len;
    const char *effect;
    size_t effect_len;
    const char *frame;
    size_t frame_len;
};

/* Appends the line, without a line end. */
void envelope_write(struct buf *out, int64_t meeting_id, int64_t seq, const char *audience, const char *effect,
                    const char *frame);

/* Reads a line of len bytes. False where it is no envelope. */
bool envelope_read(const char *line, size_t len, struct envelope *out);

/* Whether the envelope concerns this user. */
bool envelope_concerns(const struct envelope *e, int64_t user_id);

/* Whether the envelope names this user, among those whom it concerns. */
bool envelope_names(const struct envelope *e, int64_t user_id);

/* Whether a relay of this name has delivered it already. */
bool envelope_delivered_by(const struct envelope *e, const char *relay);

enum effect_kind { EFFECT_NONE, EFFECT_USER, EFFECT_OUTSIDE, EFFECT_CONNECTION, EFFECT_ALL };

struct effect {
    enum effect_kind kind;
    int64_t user_id;     /* EFFECT_USER, EFFECT_OUTSIDE */
    char connection[64]; /* EFFECT_CONNECTION: the connection's name */
    int close_code;      /* 0: the connection stays open */
};

/* False where the effect cannot be read. */
bool envelope_effect(const struct envelope *e, struct effect *out);

#endif
