/* Legal holds: meetings of which nothing is removed or made anonymous. */
#ifndef DB_HOLD_DAO_H
#define DB_HOLD_DAO_H

#include <stdbool.h>

#include "db/db.h"

/* For the WHERE of what removes: the meeting of that column is not held. */
#define NOT_HELD(column) "NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.meeting_id = " column ")"

struct hold {
    const char *reason;
    int64_t placed_by;
    int64_t placed_at_ms;
};

/* Places it, or gives it another reason. */
MUST_CHECK enum err hold_dao_place(struct db *db, int64_t meeting_id, const struct hold *hold);

/* ERR_DB_NO_ROW: there is none. */
MUST_CHECK enum err hold_dao_lift(struct db *db, int64_t meeting_id);
MUST_CHECK enum err hold_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, struct hold *out);

MUST_CHECK enum err hold_dao_is_held(struct db *db, int64_t meeting_id, bool *held);

/* Whether any meeting in which the account has traces is held. */
MUST_CHECK enum err hold_dao_concerns(struct db *db, int64_t user_id, bool *concerned);

/* Deleted accounts that have traces in the meeting. */
MUST_CHECK enum err hold_dao_deleted_in(struct db *db, struct arena *arena, int64_t meeting_id, int64_t **user_ids,
                                        int *count);

#endif
