/* The envelope of a room event: what travels from a worker to the relays, over Redis or in a fetch.
 * One line of text, so that a relay reads whom it concerns without parsing JSON and passes the frame on as it is:
 *
 *     <meetingId> <seq> <audience> <effect> <frame>
 *
 *   seq       the event's number in the room's log; 0 for what has no number (signals)
 *   audience  "*" everybody in the room, or user ids separated by commas: "3,17"; without a number also
 *             "!3@<relay>": everybody but user 3, but at that relay, which has delivered it already, and
 *             "0": nobody in the room, but the media node that has it
 *   effect    what the relay does to connections after the frame was delivered:
 *             "-"                    nothing
 *             "user:<id>:<code>"     that user's connection leaves the room
 *             "waiting:<id>"         that user's connection waits in the lobby: it gets only what names its user. A
 *                                    former version wrote "outside:<id>", which is still read
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

#define ENVELOPE_NO_EFFECT "-"

/* ---- writing ---- */

/* For whom an event is. */
enum audience_kind { AUDIENCE_EVERYBODY, AUDIENCE_USERS, AUDIENCE_OTHERS };

struct audience {
    enum audience_kind kind;
    const int64_t *users; /* AUDIENCE_USERS: whom it is for, at least one */
    int count;
    int64_t but_user; /* AUDIENCE_OTHERS: whom it is not for, and the relay that has delivered it already */
    const char *relay;
};

static inline struct audience audience_everybody(void) { return (struct audience){.kind = AUDIENCE_EVERYBODY}; }

/* users must outlive the audience. */
static inline struct audience audience_users(const int64_t *users, int count)
{
    return (struct audience){.kind = AUDIENCE_USERS, .users = users, .count = count};
}

/* Of what has no number only. relay must outlive the audience. */
static inline struct audience audience_others(int64_t but_user, const char *relay)
{
    return (struct audience){.kind = AUDIENCE_OTHERS, .but_user = but_user, .relay = relay};
}

/* What a relay does to connections. */
enum effect_kind { EFFECT_NONE, EFFECT_USER, EFFECT_WAITING, EFFECT_CONNECTION, EFFECT_ALL };

enum { EFFECT_CONNECTION_SIZE = 64 };

struct effect {
    enum effect_kind kind;
    int64_t user_id;                         /* EFFECT_USER, EFFECT_WAITING */
    char connection[EFFECT_CONNECTION_SIZE]; /* EFFECT_CONNECTION: the connection's name */
    int close_code;                          /* 0: the connection stays open */
};

static inline struct effect effect_none(void) { return (struct effect){.kind = EFFECT_NONE}; }

static inline struct effect effect_user(int64_t user_id, int close_code)
{
    return (struct effect){.kind = EFFECT_USER, .user_id = user_id, .close_code = close_code};
}

static inline struct effect effect_waiting(int64_t user_id)
{
    return (struct effect){.kind = EFFECT_WAITING, .user_id = user_id};
}

/* The name is copied; one that is too long for a connection's is cut, and is then nobody's. */
struct effect effect_connection(const char *name, int close_code);

static inline struct effect effect_all(int close_code)
{
    return (struct effect){.kind = EFFECT_ALL, .close_code = close_code};
}

/* Append the word that stands for it in the line, and in the columns of room_events. */
void envelope_write_audience(struct buf *out, const struct audience *audience);
void envelope_write_effect(struct buf *out, const struct effect *effect);

/* Appends the line, without a line end. audience and effect are words written by the functions above. */
void envelope_write(struct buf *out, int64_t meeting_id, int64_t seq, const char *audience, const char *effect,
                    const char *frame);

/* ---- reading ---- */

/* The audience of what is for the media node alone, and no user's id. */
#define ENVELOPE_TO_NODE "0"

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

/* Reads a line of len bytes. False where it is no envelope. */
bool envelope_read(const char *line, size_t len, struct envelope *out);

/* Whether the envelope concerns this user. */
bool envelope_concerns(const struct envelope *e, int64_t user_id);

/* Whether the envelope names this user, among those whom it concerns. */
bool envelope_names(const struct envelope *e, int64_t user_id);

/* Whether a relay of this name has delivered it already. */
bool envelope_delivered_by(const struct envelope *e, const char *relay);

/* False where the effect cannot be read. */
bool envelope_effect(const struct envelope *e, struct effect *out);

#endif
