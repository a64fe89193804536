/* What is removed because it is old. Everything is found by an index and removed in small parts, and no row of
 * `meetings` is locked but that of a meeting that is over and goes as a whole. */
#ifndef DB_RETENTION_DAO_H
#define DB_RETENTION_DAO_H

#include "db/db.h"

/* A meeting, and how old the oldest of what it holds is. */
struct kept_meeting {
    int64_t id;
    int64_t host_id;
    int64_t keep_days;        /* that its host wants; 0: as many as the server */
    int64_t over_ms;          /* when it was over; 0: it is not */
    int64_t first_message_ms; /* 0: none */
    int64_t first_event_ms;   /* 0: none */
    bool has_guests;
};

/* Those with ids above after_id, in their order. */
MUST_CHECK enum err retention_dao_meetings(struct db *db, struct arena *arena, int64_t after_id, int64_t limit,
                                           struct kept_meeting **items, int *count);

/* In a transaction, each removes at most limit rows and says how many. */

/* The beginning of a room's log: events before a time. */
MUST_CHECK enum err retention_dao_remove_events(struct db *db, int64_t meeting_id, int64_t before_ms, int64_t limit,
                                                int64_t *count);

/* The guests of a meeting that is over, but its host. What they are called stays in its records. */
MUST_CHECK enum err retention_dao_remove_guests(struct db *db, int64_t meeting_id, int64_t host_id, int64_t limit,
                                                int64_t *count);

/* Rows of a meeting that goes as a whole; with the last of them, when *count is 0, its own. */
MUST_CHECK enum err retention_dao_remove_meeting(struct db *db, int64_t meeting_id, int64_t limit, int64_t *count);

/* A sign-in, and when it was used last. */
struct kept_session {
    int64_t id;
    int64_t last_used_ms;
};

MUST_CHECK enum err retention_dao_sessions(struct db *db, struct arena *arena, int64_t after_id, int64_t limit,
                                           struct kept_session **items, int *count);
MUST_CHECK enum err retention_dao_remove_session(struct db *db, int64_t id);

/* Refresh tokens of a sign-in that ran out before a time. */
MUST_CHECK enum err retention_dao_remove_tokens(struct db *db, int64_t session_id, int64_t before_ms);

#endif
