/* Sign-ins and their refresh tokens. */
#ifndef DB_SESSION_DAO_H
#define DB_SESSION_DAO_H

#include <stdbool.h>

#include "db/db.h"

enum { TOKEN_HASH_BYTES = 32, SESSIONS_SHOWN = 100, SESSION_ADDRESSES = 100 };

/* A sign-in, as its owner sees it. */
struct session {
    int64_t id;
    const char *user_agent;
    const char *address;
    int64_t created_at_ms;
    int64_t last_used_at_ms;
};

/* A refresh token with the sign-in that it belongs to. */
struct refresh_token {
    int64_t session_id;
    int64_t user_id;
    int64_t expires_at_ms;
    int64_t used_at_ms;     /* 0: not exchanged yet */
    int64_t replaced_at_ms; /* 0: it counts; else another one was given in its place */
    bool child_used;        /* one of those it was exchanged for was used */
    int64_t ended_at_ms;    /* of the session; 0: it goes on */
};

MUST_CHECK enum err session_dao_insert(struct db *db, int64_t user_id, const char *user_agent, const char *address,
                                       int64_t now_ms, int64_t *id);
/* The sign-ins of a user that go on, the last used first, at most SESSIONS_SHOWN. */
MUST_CHECK enum err session_dao_list(struct db *db, struct arena *arena, int64_t user_id, int64_t used_since_ms,
                                     struct session **items, int *count);

/* The addresses from which the user signed in, for sign-ins used since then, ended ones as well, the newest first, at
 * most SESSION_ADDRESSES. */
MUST_CHECK enum err session_dao_addresses(struct db *db, struct arena *arena, int64_t user_id, int64_t used_since_ms,
                                          const char ***items, int *count);

/* ERR_DB_NO_ROW unless it is a sign-in of the user that goes on, and the account is not disabled. */
MUST_CHECK enum err session_dao_check(struct db *db, int64_t user_id, int64_t id);

/* Keeps a sign-in from ending until the transaction ends. ERR_DB_NO_ROW: it has ended. */
MUST_CHECK enum err session_dao_hold(struct db *db, int64_t id);

/* Ends one sign-in of the user. ERR_DB_NO_ROW: it is not theirs, or ended already. */
MUST_CHECK enum err session_dao_end_own(struct db *db, int64_t user_id, int64_t id, int64_t now_ms);

MUST_CHECK enum err session_dao_touch(struct db *db, int64_t id, int64_t now_ms);
MUST_CHECK enum err session_dao_end(struct db *db, int64_t id, int64_t now_ms);

/* Ends all sign-ins of the user but one (0: really all). */
MUST_CHECK enum err session_dao_end_others(struct db *db, int64_t user_id, int64_t but_id, int64_t now_ms);

/* A sign-in that has ended, and of which connections may still be in rooms: every end leaves it so. */
struct ended_session {
    int64_t id;
    int64_t user_id;
};

/* Those of one user, and all whose turn it is at now_ms; at most limit. */
MUST_CHECK enum err session_dao_unclosed(struct db *db, struct arena *arena, int64_t user_id, int64_t limit,
                                         struct ended_session **items, int *count);
MUST_CHECK enum err session_dao_close_due(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit,
                                          struct ended_session **items, int *count);

/* When its turn is; 0: nothing is left to close. */
MUST_CHECK enum err session_dao_set_close_due(struct db *db, int64_t id, int64_t due_ms);

/* parent_hash: the token that it is given for; NULL: the first one of a sign-in. */
MUST_CHECK enum err refresh_token_dao_insert(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES],
                                             const unsigned char *parent_hash, int64_t session_id, int64_t now_ms,
                                             int64_t expires_at_ms);

/* Whatever the token was exchanged for so far counts no more. */
MUST_CHECK enum err refresh_token_dao_replace_children(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES],
                                                       int64_t now_ms);

/* ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err refresh_token_dao_find(struct db *db, struct arena *arena,
                                           const unsigned char hash[static TOKEN_HASH_BYTES],
                                           struct refresh_token *out);

/* The same, and locks the token's row until the transaction ends. */
MUST_CHECK enum err refresh_token_dao_lock(struct db *db, struct arena *arena,
                                           const unsigned char hash[static TOKEN_HASH_BYTES],
                                           struct refresh_token *out);
MUST_CHECK enum err refresh_token_dao_mark_used(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES],
                                                int64_t now_ms);

#endif
