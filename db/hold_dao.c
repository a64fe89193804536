#include "db/hold_dao.h"

static const char SQL_PLACE[] =
    "INSERT INTO legal_holds (meeting_id, reason, placed_by, placed_at) VALUES (?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE reason = VALUES(reason), placed_by = VALUES(placed_by), placed_at = VALUES(placed_at)";
static const char SQL_LIFT[] = "DELETE FROM legal_holds WHERE meeting_id = ?";
static const char SQL_FIND[] = "SELECT reason, placed_by, placed_at FROM legal_holds WHERE meeting_id = ?";
static const char SQL_IS_HELD[] = "SELECT EXISTS (SELECT 1 FROM legal_holds WHERE meeting_id = ?)";
static const char SQL_CONCERNS[] =
    "SELECT EXISTS (SELECT 1 FROM legal_holds h JOIN meetings m ON m.id = h.meeting_id "
    "WHERE m.creator_id = ? OR m.host_id = ? "
    "OR EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.user_id = ?))";
static const char SQL_DELETED_IN[] =
    "SELECT u.id FROM users u JOIN participants p ON p.user_id = u.id "
    "WHERE p.meeting_id = ? AND NOT p.is_anonymised AND u.deleted_at IS NOT NULL "
    "UNION SELECT u.id FROM meetings m JOIN users u ON u.id = m.creator_id OR u.id = m.host_id "
    "WHERE m.id = ? AND u.deleted_at IS NOT NULL";

enum err hold_dao_place(struct db *db, int64_t meeting_id, const struct hold *hold)
{
    return db_execute(
        db, SQL_PLACE,
        DB_PARAMS(db_int(meeting_id), db_text(hold->reason), db_int(hold->placed_by), db_time(hold->placed_at_ms)),
        NULL);
}

enum err hold_dao_lift(struct db *db, int64_t meeting_id)
{
    return db_change_one(db, SQL_LIFT, DB_PARAMS(db_int(meeting_id)));
}

static void read_row(struct db_rows *rows, void *out)
{
    struct hold *hold = out;
    hold->reason = db_get_text(rows);
    hold->placed_by = db_get_int(rows);
    hold->placed_at_ms = db_get_time(rows);
}

enum err hold_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, struct hold *out)
{
    return db_select_one(db, arena, SQL_FIND, DB_PARAMS(db_int(meeting_id)), read_row, out);
}

enum err hold_dao_is_held(struct db *db, int64_t meeting_id, bool *held)
{
    int64_t found;
    enum err e = db_select_int(db, SQL_IS_HELD, DB_PARAMS(db_int(meeting_id)), &found);
    if (!e)
        *held = found != 0;
    return e;
}

enum err hold_dao_concerns(struct db *db, int64_t user_id, bool *concerned)
{
    int64_t found;
    struct db_param user = db_int(user_id);
    enum err e = db_select_int(db, SQL_CONCERNS, DB_PARAMS(user, user, user), &found);
    if (!e)
        *concerned = found != 0;
    return e;
}

enum err hold_dao_deleted_in(struct db *db, struct arena *arena, int64_t meeting_id, int64_t **user_ids, int *count)
{
    return db_select_all(db, arena, SQL_DELETED_IN, DB_PARAMS(db_int(meeting_id), db_int(meeting_id)), db_read_int,
                         sizeof **user_ids, user_ids, count);
}
