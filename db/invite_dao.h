/* Invitations to a meeting. */
#ifndef DB_INVITE_DAO_H
#define DB_INVITE_DAO_H

#include <stdbool.h>

#include "db/db.h"

struct invite {
    int64_t id;
    int64_t meeting_id;
    int64_t role; /* ROLE_COHOST or ROLE_PARTICIPANT, db/participant_dao.h */
    int64_t created_by;
    int64_t created_at_ms;
    int64_t expires_at_ms; /* 0: never */
    int64_t max_uses;      /* people; 0: any number */
    int64_t uses;          /* people who came by it */
    int64_t revoked_at_ms; /* 0: it was not revoked */
    bool used;             /* the caller came in by it before; filled by service/invite.c */
};

MUST_CHECK enum err invite_dao_insert(struct db *db, const struct invite *invite, int64_t *id);

/* ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err invite_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct invite *out);

/* A meeting's invitations that were not revoked, oldest first, at most limit. */
MUST_CHECK enum err invite_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t limit,
                                    struct invite **items, int *count);

/* ERR_DB_NO_ROW: there is none in this meeting, or it was revoked before. */
MUST_CHECK enum err invite_dao_revoke(struct db *db, int64_t meeting_id, int64_t id, int64_t now_ms);

/* Whether somebody came in by it before. */
MUST_CHECK enum err invite_dao_used(struct db *db, int64_t id, int64_t user_id, bool *used);

/* Counts a person who comes in by it, once. ERR_DB_NO_ROW: they are new, and it is not good any more. */
MUST_CHECK enum err invite_dao_use(struct db *db, int64_t id, int64_t user_id, int64_t now_ms);

#endif
