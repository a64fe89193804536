/* What is removed or made anonymous with an account that is deleted, in small batches. */
#ifndef DB_DELETION_DAO_H
#define DB_DELETION_DAO_H

#include <stdbool.h>

#include "db/db.h"

/* The name of whoever was deleted, in their account and wherever they were named. */
#define FORMER_MEMBER "Former member"

/* ---- the account; the caller has locked its row ---- */

/* When it is to go; 0: it stays. */
MUST_CHECK enum err deletion_dao_set_due(struct db *db, int64_t user_id, int64_t delete_at_ms, int64_t now_ms);

/* It is going: nobody signs in to it or joins by it any more. */
MUST_CHECK enum err deletion_dao_begin(struct db *db, int64_t user_id, int64_t now_ms);

/* Nothing of the person is left in the row. */
MUST_CHECK enum err deletion_dao_clear_account(struct db *db, int64_t user_id, int64_t now_ms);

/* Removes sign-ins of the account with their refresh tokens; *more: there may be others. */
MUST_CHECK enum err deletion_dao_forget_sign_ins(struct db *db, struct arena *arena, int64_t user_id, bool *more);

/* Administrators who can sign in and are not about to go, but this one. */
MUST_CHECK enum err deletion_dao_other_admins(struct db *db, int64_t user_id, int64_t *count);

/* ---- its traces in meetings ---- */

/* The first meeting with an id above after_id that still has some and is not held. ERR_DB_NO_ROW: none has. */
MUST_CHECK enum err deletion_dao_next_meeting(struct db *db, int64_t user_id, int64_t after_id, int64_t *meeting_id);

/* Whether anybody else was ever in it. */
MUST_CHECK enum err deletion_dao_others_were_in(struct db *db, int64_t meeting_id, int64_t user_id, bool *were);

/* Takes the text out of messages that the person wrote; *count: of how many, 0: none is left. */
MUST_CHECK enum err deletion_dao_clear_messages(struct db *db, int64_t meeting_id, int64_t user_id, int64_t now_ms,
                                                int64_t *count);

/* Takes what names the person out of their row. */
MUST_CHECK enum err deletion_dao_clear_seat(struct db *db, int64_t meeting_id, int64_t user_id);

/* Nothing of the person is left in the meeting. */
MUST_CHECK enum err deletion_dao_meeting_done(struct db *db, int64_t meeting_id, int64_t user_id);

/* Removes some rows of a meeting that is over, the meeting itself last; *more: there are others. */
MUST_CHECK enum err deletion_dao_remove_meeting(struct db *db, int64_t meeting_id, bool *more);

#endif
