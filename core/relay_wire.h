/* What relays and workers say to each other beside JSON: names of headers and parameters, and lines of text. Each
 * format is written and read here and nowhere else (events have core/envelope.h). docs/architecture.md, "Between relay
 * and workers", says which call carries which.
 *
 * A reader takes exactly what its writer makes, and says false to all else; outputs are untouched then. Numbers are
 * decimal digits, from 0 to INT64_MAX. Views are into the text that was read. */
#ifndef CORE_RELAY_WIRE_H
#define CORE_RELAY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/skim.h"

/* FastCGI parameters of a call. */
#define RELAY_WIRE_REQUEST_ID "ECHOMEET_REQUEST_ID"
#define RELAY_WIRE_RELAY "ECHOMEET_RELAY"
#define RELAY_WIRE_DEADLINE "ECHOMEET_DEADLINE"
#define RELAY_WIRE_USER "ECHOMEET_USER"
#define RELAY_WIRE_SESSION "ECHOMEET_SESSION"
#define RELAY_WIRE_CONNECTION "ECHOMEET_CONNECTION"

/* Headers of an answer. */
#define RELAY_WIRE_TIME "Echomeet-Time"
#define RELAY_WIRE_ROOM "Echomeet-Room"

/* Takes the next line that is not empty off the text, without its end. False where there is none. */
bool relay_wire_line(struct slice *text, struct slice *line);

/* ---- RELAY_WIRE_ROOM: "<meetingId> <seq> <joinSeq>", perhaps with " waiting" behind; or "-" ---- */

enum { RELAY_WIRE_ROOM_SIZE = 80 };

/* Where a connection is from now on. */
struct relay_wire_room {
    int64_t meeting_id; /* 0: in no room */
    int64_t seq;        /* it has seen the events up to this one */
    int64_t join_seq;   /* the event with which it took its seat */
    bool waiting;       /* it waits in the lobby */
};

void relay_wire_room_write(char out[static RELAY_WIRE_ROOM_SIZE], const struct relay_wire_room *room);
bool relay_wire_room_read(struct slice value, struct relay_wire_room *out);

/* ---- connections that ended: "lost|expired <meeting> <userId> <connection>" ---- */

struct relay_wire_report {
    bool expired; /* false: the connection is lost, the seat is kept */
    int64_t user_id;
    struct slice meeting;    /* number or code, as it stands in a path; no blank, not empty */
    struct slice connection; /* the connection's name; no blank, not empty */
};

/* Appends the line with its end. */
void relay_wire_report_write(struct buf *out, const struct relay_wire_report *report);
bool relay_wire_report_read(struct slice line, struct relay_wire_report *out);

/* The answer: numbers, from 0, of those lines that are to be said again, one a line. */
void relay_wire_again_write(struct buf *out, int number);
bool relay_wire_again_read(struct slice line, int *number);

/* ---- the sync: "<meetingId> <seq>", in the call and in its answer ---- */

void relay_wire_position_write(struct buf *out, int64_t meeting_id, int64_t seq);
bool relay_wire_position_read(struct slice line, int64_t *meeting_id, int64_t *seq);

/* ---- before them what a relay tells of itself: "stats <name>=<number> …" ---- */

/* In the order in which they are written; their names are those of the wire and of GET /api/v1/ws/stats. */
enum relay_stat {
    RELAY_STAT_CONNECTIONS,
    RELAY_STAT_ROOMS,
    RELAY_STAT_QUEUED_BYTES,
    RELAY_STAT_REDIS_UP, /* 0 or 1 */
    RELAY_STAT_DELIVERIES,
    RELAY_STAT_BYTES_IN,
    RELAY_STAT_BYTES_OUT,
    RELAY_STAT_GAPS_FOUND,
    RELAY_STAT_GAPS_CLOSED,
    RELAY_STAT_SLOW_CLIENTS_CUT,
    RELAY_STAT_RATE_LIMITED,
    RELAY_STAT_CALLS,
    RELAY_STAT_CALLS_FAILED,
    RELAY_STATS
};

extern const char *const relay_stat_names[RELAY_STATS];

/* Appends the line with its end. */
void relay_wire_stats_write(struct buf *out, const int64_t values[static RELAY_STATS]);

/* False where the line is none of statistics. *list is what stands behind "stats ". */
bool relay_wire_stats_line(struct slice line, struct slice *list);

/* Appends "<name>=<number> …" alone, as it is kept in the database. */
void relay_wire_stats_list(struct buf *out, const int64_t values[static RELAY_STATS]);

/* Reads such a list: what is missing or has no number is 0, unknown names are left out, so that a newer relay may tell
 * more. */
void relay_wire_stats_read(struct slice list, int64_t values[static RELAY_STATS]);

#endif
