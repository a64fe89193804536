/* Who is, was, or may no longer be in a meeting. */
#ifndef DB_PARTICIPANT_DAO_H
#define DB_PARTICIPANT_DAO_H

#include <stdbool.h>

#include "db/db.h"

enum participant_role { ROLE_HOST = 1, ROLE_COHOST = 2, ROLE_PARTICIPANT = 3 };
enum participant_status { PARTICIPANT_JOINED = 1, PARTICIPANT_LEFT = 2, PARTICIPANT_REMOVED = 3 };

struct participant {
    int64_t meeting_id;
    int64_t user_id;
    const char *display_name;
    int64_t
        role; /* enum participant_role; ROLE_HOST where they are the meeting's host (the host is no role of the row) */
    int64_t status; /* enum participant_status */
    bool audio, video, screen;
    int64_t hand_raised_at_ms; /* 0: down */
    int64_t joined_at_ms;
    int64_t left_at_ms;     /* 0: still in it */
    const char *connection; /* that owns the seat; NULL: none */
    int64_t offline_at_ms;  /* since when that connection is broken; 0: it is not */
};

/* Whether their connection is there. The meeting's online_count is the number of those for whom it is. */
static inline bool participant_is_online(const struct participant *p)
{
    return p->status == PARTICIPANT_JOINED && p->connection && !p->offline_at_ms;
}

/* The seat's connection: which relay holds it and its name there. Both NULL: joined by REST. */
struct seat {
    const char *relay;
    const char *connection;
};

/* ERR_DB_NO_ROW where the user was never in the meeting. */
MUST_CHECK enum err participant_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, int64_t user_id,
                                         struct participant *out);

/* All who are in it, longest present first; with `all`, those as well who left or were removed. */
MUST_CHECK enum err participant_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, bool all,
                                         struct participant **items, int *count);

/* A first join. ERR_DB_DUPLICATE: there is a row already. */
MUST_CHECK enum err participant_dao_insert(struct db *db, int64_t meeting_id, int64_t user_id, const char *display_name,
                                           struct seat seat, int64_t now_ms);

/* Coming back after having left. ERR_DB_NO_ROW: the row is not one of somebody who left. */
MUST_CHECK enum err participant_dao_rejoin(struct db *db, int64_t meeting_id, int64_t user_id, const char *display_name,
                                           struct seat seat, int64_t now_ms);

/* Gives the seat of somebody who is in to another connection. */
MUST_CHECK enum err participant_dao_take_over(struct db *db, int64_t meeting_id, int64_t user_id, struct seat seat);

/* Marks the seat's connection as broken. ERR_DB_NO_ROW: that connection does not own the seat, or it is marked already.
 */
MUST_CHECK enum err participant_dao_set_offline(struct db *db, int64_t meeting_id, int64_t user_id,
                                                const char *connection, int64_t now_ms);

/* Ends the stay of somebody who is in, with status LEFT or REMOVED, and tells whether they were online. ERR_DB_NO_ROW:
 * they are not in. */
MUST_CHECK enum err participant_dao_end_stay(struct db *db, int64_t meeting_id, int64_t user_id,
                                             enum participant_status status, int64_t now_ms, bool *was_online);

/* Notes as removed whoever is not in it now. */
MUST_CHECK enum err participant_dao_ban(struct db *db, int64_t meeting_id, int64_t user_id);

/* Ends the stay of everybody who is in. */
MUST_CHECK enum err participant_dao_end_all(struct db *db, int64_t meeting_id, int64_t now_ms);

/* The meetings that the user is in, at most limit. */
MUST_CHECK enum err participant_dao_meetings_of(struct db *db, struct arena *arena, int64_t user_id, int64_t limit,
                                                int64_t **meeting_ids, int *count);

/* Who gets the host's seat: the longest-present co-host, else the longest-present participant. ERR_DB_NO_ROW: nobody is
 * in. */
MUST_CHECK enum err participant_dao_heir(struct db *db, int64_t meeting_id, int64_t *user_id);

MUST_CHECK enum err participant_dao_set_role(struct db *db, int64_t meeting_id, int64_t user_id,
                                             enum participant_role role);
MUST_CHECK enum err participant_dao_set_media(struct db *db, int64_t meeting_id, int64_t user_id, bool audio,
                                              bool video, bool screen);
/* raised_at_ms 0: down */
MUST_CHECK enum err participant_dao_set_hand(struct db *db, int64_t meeting_id, int64_t user_id, int64_t raised_at_ms);

/* Seats of relays that have no lease at now_ms, at most limit. */
struct orphan {
    int64_t meeting_id;
    int64_t user_id;
    const char *connection;
    const char *relay;
    bool known; /* the relay had a lease once */
};
MUST_CHECK enum err participant_dao_orphans(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit,
                                            struct orphan **items, int *count);

#endif
