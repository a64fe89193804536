#include "db/deletion_dao.h"

#include "core/limits.h"
#include "db/hold_dao.h"
#include "db/participant_dao.h"

#define BATCH " LIMIT " SQL_NUMBER(DELETION_ROWS)
#define NUMBER_DELETION_ROWS 500

static const char SQL_SET_DUE[] = "UPDATE users SET delete_at = ?, updated_at = ? WHERE id = ? AND deleted_at IS NULL";
static const char SQL_BEGIN[] =
    "UPDATE users SET deleted_at = COALESCE(deleted_at, ?), disabled_at = COALESCE(disabled_at, ?), is_admin = 0 "
    "WHERE id = ?";
static const char SQL_CLEAR_ACCOUNT[] =
    "UPDATE users SET email = NULL, password_hash = NULL, display_name = '" FORMER_MEMBER "', locale = 'en', "
    "last_sign_in_at = NULL, delete_at = NULL, invite_id = NULL, updated_at = ? WHERE id = ?";
static const char SQL_OTHER_ADMINS[] =
    "SELECT COUNT(*) FROM users WHERE is_admin AND disabled_at IS NULL AND delete_at IS NULL AND id <> ?";

static const char SQL_SIGN_INS[] = "SELECT id FROM sessions WHERE user_id = ? ORDER BY id LIMIT ?";
static const char SQL_FORGET_TOKENS[] = "DELETE FROM refresh_tokens WHERE session_id = ?" BATCH;
static const char SQL_FORGET_SIGN_IN[] = "DELETE FROM sessions WHERE id = ?";

static const char SQL_NEXT_MEETING[] =
    "SELECT CAST(MIN(id) AS SIGNED) FROM ("
    "SELECT MIN(meeting_id) AS id FROM participants WHERE user_id = ? AND meeting_id > ? AND NOT is_anonymised AND " NOT_HELD(
        "participants.meeting_id") " "
                                   "UNION ALL SELECT MIN(id) FROM meetings WHERE creator_id = ? AND id > ? AND " NOT_HELD(
                                       "meetings.id") " "
                                                      "UNION ALL SELECT MIN(id) FROM meetings WHERE host_id = ? AND id > ? AND " NOT_HELD(
                                                          "meetings.id") ") traces HAVING MIN(id) IS NOT NULL";
static const char SQL_OTHERS_WERE_IN[] =
    "SELECT EXISTS (SELECT 1 FROM participants WHERE meeting_id = ? AND user_id <> ? "
    "AND (status = " SQL_NUMBER(PARTICIPANT_JOINED) " OR left_at IS NOT NULL))";
/* What a client calls its message may be any text. */
#define NEUTRAL_CLIENT_ID "CONCAT('#', id)"
static const char SQL_CLEAR_MESSAGES[] =
    "UPDATE messages SET body = '', client_id = " NEUTRAL_CLIENT_ID ", deleted_at = COALESCE(deleted_at, ?) "
    "WHERE meeting_id = ? AND sender_id = ? AND (body <> '' OR client_id <> " NEUTRAL_CLIENT_ID ")" BATCH;
static const char SQL_CLEAR_SEAT[] =
    "UPDATE participants SET display_name = '" FORMER_MEMBER "', address = '', bans_network = 0, seat_name = NULL, "
    "session_id = NULL WHERE meeting_id = ? AND user_id = ?";
static const char SQL_MEETING_DONE[] = "UPDATE participants SET is_anonymised = 1 WHERE meeting_id = ? AND user_id = ?";

/* Guests are of one meeting; whatever else is found by the meeting's id goes before the meeting does. */
static const char *const REMOVE[] = {
    "DELETE FROM room_events WHERE meeting_id = ?" BATCH,
    "DELETE FROM messages WHERE meeting_id = ?" BATCH,
    "DELETE FROM participants WHERE meeting_id = ?" BATCH,
    "DELETE FROM users WHERE guest_of = ?" BATCH,
    "DELETE FROM invite_uses WHERE invite_id IN (SELECT id FROM invites WHERE meeting_id = ?)",
    "DELETE FROM invites WHERE meeting_id = ?" BATCH,
    "DELETE FROM meetings WHERE id = ?",
};

enum err deletion_dao_set_due(struct db *db, int64_t user_id, int64_t delete_at_ms, int64_t now_ms)
{
    return db_execute(db, SQL_SET_DUE, DB_PARAMS(db_time(delete_at_ms), db_time(now_ms), db_int(user_id)), NULL);
}

enum err deletion_dao_begin(struct db *db, int64_t user_id, int64_t now_ms)
{
    return db_execute(db, SQL_BEGIN, DB_PARAMS(db_time(now_ms), db_time(now_ms), db_int(user_id)), NULL);
}

enum err deletion_dao_clear_account(struct db *db, int64_t user_id, int64_t now_ms)
{
    return db_execute(db, SQL_CLEAR_ACCOUNT, DB_PARAMS(db_time(now_ms), db_int(user_id)), NULL);
}

enum err deletion_dao_other_admins(struct db *db, int64_t user_id, int64_t *count)
{
    return db_select_int(db, SQL_OTHER_ADMINS, DB_PARAMS(db_int(user_id)), count);
}

/* *more: its tokens were too many for once. */
static enum err forget_sign_in(struct db *db, int64_t id, bool *more)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_FORGET_TOKENS, DB_PARAMS(db_int(id)), &result);
    *more = !e && result.affected == NUMBER_DELETION_ROWS;
    return e || *more ? e : db_execute(db, SQL_FORGET_SIGN_IN, DB_PARAMS(db_int(id)), NULL);
}

enum err deletion_dao_forget_sign_ins(struct db *db, struct arena *arena, int64_t user_id, bool *more)
{
    enum { SIGN_INS = 20 }; /* at once */
    int64_t *ids;
    int count;
    enum err e = db_select_all(db, arena, SQL_SIGN_INS, DB_PARAMS(db_int(user_id), db_int(SIGN_INS)), db_read_int,
                               sizeof *ids, &ids, &count);
    *more = !e && count > 0;
    for (int i = 0; i < count && !e; i++) {
        bool many;
        e = forget_sign_in(db, ids[i], &many);
        if (many)
            break;
    }
    return e;
}

enum err deletion_dao_next_meeting(struct db *db, int64_t user_id, int64_t after_id, int64_t *meeting_id)
{
    struct db_param user = db_int(user_id), after = db_int(after_id);
    return db_select_int(db, SQL_NEXT_MEETING, DB_PARAMS(user, after, user, after, user, after), meeting_id);
}

enum err deletion_dao_others_were_in(struct db *db, int64_t meeting_id, int64_t user_id, bool *were)
{
    int64_t found;
    enum err e = db_select_int(db, SQL_OTHERS_WERE_IN, DB_PARAMS(db_int(meeting_id), db_int(user_id)), &found);
    if (!e)
        *were = found != 0;
    return e;
}

enum err deletion_dao_clear_messages(struct db *db, int64_t meeting_id, int64_t user_id, int64_t now_ms, int64_t *count)
{
    struct db_result result;
    enum err e =
        db_execute(db, SQL_CLEAR_MESSAGES, DB_PARAMS(db_time(now_ms), db_int(meeting_id), db_int(user_id)), &result);
    if (!e)
        *count = result.affected;
    return e;
}

enum err deletion_dao_clear_seat(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_execute(db, SQL_CLEAR_SEAT, DB_PARAMS(db_int(meeting_id), db_int(user_id)), NULL);
}

enum err deletion_dao_meeting_done(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_execute(db, SQL_MEETING_DONE, DB_PARAMS(db_int(meeting_id), db_int(user_id)), NULL);
}

enum err deletion_dao_remove_meeting(struct db *db, int64_t meeting_id, bool *more)
{
    struct db_result result = {0};
    *more = true;
    for (size_t i = 0; i < sizeof REMOVE / sizeof *REMOVE; i++) {
        enum err e = db_execute(db, REMOVE[i], DB_PARAMS(db_int(meeting_id)), &result);
        if (e || result.affected == NUMBER_DELETION_ROWS)
            return e;
    }
    *more = false;
    return ERR_OK;
}
