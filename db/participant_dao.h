/* Who is, was, or may no longer be in a meeting. */
#ifndef DB_PARTICIPANT_DAO_H
#define DB_PARTICIPANT_DAO_H

#include <stdbool.h>

#include "db/db.h"

/* A lower one comes first where a host's seat is given on. */
#define NUMBER_ROLE_HOST 1
#define NUMBER_ROLE_COHOST 2
#define NUMBER_ROLE_PARTICIPANT 3
enum participant_role {
    ROLE_HOST = NUMBER_ROLE_HOST,
    ROLE_COHOST = NUMBER_ROLE_COHOST,
    ROLE_PARTICIPANT = NUMBER_ROLE_PARTICIPANT
};

#define NUMBER_PARTICIPANT_JOINED 1
#define NUMBER_PARTICIPANT_LEFT 2
#define NUMBER_PARTICIPANT_REMOVED 3
#define NUMBER_PARTICIPANT_WAITING 4
enum participant_status {
    PARTICIPANT_JOINED = NUMBER_PARTICIPANT_JOINED,
    PARTICIPANT_LEFT = NUMBER_PARTICIPANT_LEFT,
    PARTICIPANT_REMOVED = NUMBER_PARTICIPANT_REMOVED,
    PARTICIPANT_WAITING = NUMBER_PARTICIPANT_WAITING /* in the lobby; joined_at is since when */
};

struct participant {
    int64_t meeting_id;
    int64_t user_id;
    const char *display_name;
    int64_t
        role; /* enum participant_role; ROLE_HOST where they are the meeting's host (the host is no role of the row) */
    int64_t status; /* enum participant_status */
    bool is_guest;
    bool audio, video, screen;
    int64_t hand_raised_at_ms; /* 0: down */
    int64_t joined_at_ms;
    int64_t left_at_ms;     /* when they were in it last; 0: they are, or never were */
    const char *connection; /* that owns the seat; NULL: none */
    int64_t offline_at_ms;  /* since when that connection is broken; 0: it is not */
    int64_t invite_id;      /* the invitation that they came by; 0: none */
    int64_t last_read_id;   /* the last message that they have read */
    int64_t until_seq;      /* they may read the log up to this event, */
    int64_t until_message;  /* and the chat up to this message: what was there when they went out */
    const char *address;    /* the network that they came from last */
    bool is_held;           /* waits until somebody who may admits them, whatever the lobby does by itself */
    bool bans_network;      /* removed, and new people from this network are held */
    int64_t session_id;     /* the sign-in that took the seat last; 0: a guest's, or nobody has it */
    const char *seat_name;  /* by the client that had the seat last; NULL: none, or they left it for good */
};

/* Whether they were ever let in: who only waited in the lobby was not. */
static inline bool participant_was_in(const struct participant *p)
{
    return p->status == PARTICIPANT_JOINED || p->left_at_ms;
}

/* Whether their connection is there. The meeting's online_count is the number of those for whom it is. */
static inline bool participant_is_online(const struct participant *p)
{
    return p->status == PARTICIPANT_JOINED && p->connection && !p->offline_at_ms;
}

/* The seat's connection: which relay holds it and its name there (both NULL: joined by REST); the client's own name of
 * the seat (NULL: it gave none); and the sign-in that takes it (0: a guest's). */
struct conn_ref {
    const char *relay;
    const char *connection;
    const char *name;
    int64_t session_id;
};

/* Somebody who comes in, or to the lobby. */
struct join_row {
    int64_t meeting_id;
    int64_t user_id;
    const char *display_name;
    enum participant_status status; /* JOINED or WAITING */
    int64_t role;                   /* ROLE_COHOST or ROLE_PARTICIPANT */
    bool is_guest;
    const char *address;
    int64_t invite_id; /* 0: none */
    bool is_held;
    struct conn_ref seat;
    const char *resumed; /* the name that the seat had and must have still; NULL: it does not matter */
};

/* ERR_DB_NO_ROW where the user was never in the meeting. */
MUST_CHECK enum err participant_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, int64_t user_id,
                                         struct participant *out);

/* All who are in it, longest present first; with `all`, everybody who has a row. */
MUST_CHECK enum err participant_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, bool all,
                                         struct participant **items, int *count);

/* Those of one status, the longest in it first, at most limit. */
MUST_CHECK enum err participant_dao_list_status(struct db *db, struct arena *arena, int64_t meeting_id,
                                                enum participant_status status, int64_t limit,
                                                struct participant **items, int *count);

/* Those who wait and are not held, the longest first, at most limit; guests without an invitation only where they are
 * asked for, too. */
MUST_CHECK enum err participant_dao_list_unheld(struct db *db, struct arena *arena, int64_t meeting_id, bool guests_too,
                                                int64_t limit, struct participant **items, int *count);

/* A first row. Holds the account until the transaction ends. ERR_DB_DUPLICATE: there is a row already;
 * ERR_DB_NO_ROW: the account is disabled. */
MUST_CHECK enum err participant_dao_insert(struct db *db, const struct join_row *row, int64_t now_ms);

/* Coming back after having left. ERR_DB_NO_ROW: the row is not one of somebody who left, or the seat is not the one
 * that is resumed. */
MUST_CHECK enum err participant_dao_rejoin(struct db *db, const struct join_row *row, int64_t now_ms);

/* Somebody who waits comes in, with the connection they wait with; and the other way, by the event seq. ERR_DB_NO_ROW:
 * they do not wait, or are not in. */
MUST_CHECK enum err participant_dao_admit(struct db *db, int64_t meeting_id, int64_t user_id, int64_t now_ms);
MUST_CHECK enum err participant_dao_send_back(struct db *db, int64_t meeting_id, int64_t user_id, int64_t seq,
                                              int64_t now_ms);

/* Gives the seat of somebody who is in, or waits, to another connection. */
MUST_CHECK enum err participant_dao_take_over(struct db *db, int64_t meeting_id, int64_t user_id, struct conn_ref seat,
                                              const char *address);

/* Marks the seat's connection as broken. ERR_DB_NO_ROW: that connection does not own the seat, or it is marked already.
 */
MUST_CHECK enum err participant_dao_set_offline(struct db *db, int64_t meeting_id, int64_t user_id,
                                                const char *connection, int64_t now_ms);

/* How somebody goes out. */
struct departure {
    int64_t meeting_id;
    int64_t user_id;
    enum participant_status status; /* LEFT or REMOVED */
    bool keep_name;                 /* the client that had the seat may resume it */
    int64_t seq;                    /* of the event that tells it */
};

/* Ends the stay, or the wait, of somebody. ERR_DB_NO_ROW: they are not there. */
MUST_CHECK enum err participant_dao_end_stay(struct db *db, const struct departure *departure, int64_t now_ms);

/* Notes as removed whoever is not in it now; and lifts that again. ERR_DB_NO_ROW: nothing changed. */
MUST_CHECK enum err participant_dao_ban(struct db *db, int64_t meeting_id, int64_t user_id);
MUST_CHECK enum err participant_dao_lift_ban(struct db *db, int64_t meeting_id, int64_t user_id);

/* Somebody who was removed takes their network with them. ERR_DB_NO_ROW: it is so already. */
MUST_CHECK enum err participant_dao_ban_network(struct db *db, int64_t meeting_id, int64_t user_id);

/* Whether somebody did who came from this address. */
MUST_CHECK enum err participant_dao_network_banned(struct db *db, int64_t meeting_id, const char *address,
                                                   bool *banned);

/* Holds somebody who waits, or all new ones who wait and came from this address; and lets these go on waiting like
 * others. */
MUST_CHECK enum err participant_dao_hold(struct db *db, int64_t meeting_id, int64_t user_id);
MUST_CHECK enum err participant_dao_hold_network(struct db *db, int64_t meeting_id, const char *address);
MUST_CHECK enum err participant_dao_release_network(struct db *db, int64_t meeting_id, const char *address);

/* Ends the stay of everybody who is in, and the wait of who waits. */
MUST_CHECK enum err participant_dao_end_all(struct db *db, int64_t meeting_id, int64_t now_ms);

/* The meetings with ids above after_id that the user is in or waits for, at most limit, by their ids. */
MUST_CHECK enum err participant_dao_meetings_of(struct db *db, struct arena *arena, int64_t user_id, int64_t after_id,
                                                int64_t limit, int64_t **meeting_ids, int *count);

/* The meetings, at most limit, in which a connection that lives has the seat or waits by this sign-in of the user. */
MUST_CHECK enum err participant_dao_meetings_of_session(struct db *db, struct arena *arena, int64_t user_id,
                                                        int64_t session_id, int64_t limit, int64_t **meeting_ids,
                                                        int *count);

/* Whether the user is in any meeting. */
MUST_CHECK enum err participant_dao_is_seated(struct db *db, int64_t user_id, bool *seated);

/* Who gets the host's seat: the longest-present co-host, else the longest-present participant; never a guest.
 * ERR_DB_NO_ROW: nobody with an account is in. */
MUST_CHECK enum err participant_dao_heir(struct db *db, int64_t meeting_id, int64_t *user_id);

/* The role of somebody's row, which is not ROLE_HOST for the host. ERR_DB_NO_ROW. */
MUST_CHECK enum err participant_dao_row_role(struct db *db, int64_t meeting_id, int64_t user_id, int64_t *role);

MUST_CHECK enum err participant_dao_set_role(struct db *db, int64_t meeting_id, int64_t user_id,
                                             enum participant_role role);
MUST_CHECK enum err participant_dao_set_media(struct db *db, int64_t meeting_id, int64_t user_id, bool audio,
                                              bool video, bool screen);
/* Switches the microphones of all off but those of the host (host_id) and the co-hosts. */
MUST_CHECK enum err participant_dao_mute_all(struct db *db, int64_t meeting_id, int64_t host_id);
MUST_CHECK enum err participant_dao_lower_hands(struct db *db, int64_t meeting_id, int64_t *count);
MUST_CHECK enum err participant_dao_rename(struct db *db, int64_t meeting_id, int64_t user_id,
                                           const char *display_name);
MUST_CHECK enum err participant_dao_set_invite(struct db *db, int64_t meeting_id, int64_t user_id, int64_t invite_id);
/* Never goes back. */
MUST_CHECK enum err participant_dao_set_read(struct db *db, int64_t meeting_id, int64_t user_id, int64_t message_id);
/* User ids of the co-hosts, in or not. */
MUST_CHECK enum err participant_dao_cohosts(struct db *db, struct arena *arena, int64_t meeting_id, int64_t **user_ids,
                                            int *count);
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

/* Seats, and places in the lobby, that no connection has had since before_ms, of meetings that nobody holds locked, at
 * most limit, in no order. */
MUST_CHECK enum err participant_dao_unconnected(struct db *db, struct arena *arena, int64_t before_ms, int64_t limit,
                                                struct orphan **items, int *count);

#endif
