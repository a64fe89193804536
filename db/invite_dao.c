#include "db/invite_dao.h"

#define INVITE_COLUMNS \
    "SELECT id, meeting_id, role, created_by, created_at, expires_at, max_uses, uses, revoked_at FROM invites "
static const char SQL_INSERT[] =
    "INSERT INTO invites (meeting_id, role, created_by, created_at, expires_at, max_uses) VALUES (?, ?, ?, ?, ?, ?)";
static const char SQL_BY_ID[] = INVITE_COLUMNS "WHERE id = ?";
static const char SQL_USED[] = "SELECT COUNT(*) FROM invite_uses WHERE invite_id = ? AND user_id = ?";
static const char SQL_NOTE_USE[] = "INSERT INTO invite_uses (invite_id, user_id) VALUES (?, ?)";
static const char SQL_LIST[] = INVITE_COLUMNS "WHERE meeting_id = ? AND revoked_at IS NULL ORDER BY id LIMIT ?";
static const char SQL_REVOKE[] =
    "UPDATE invites SET revoked_at = ? WHERE id = ? AND meeting_id = ? AND revoked_at IS NULL";
static const char SQL_USE[] = "UPDATE invites SET uses = uses + 1 WHERE id = ? AND revoked_at IS NULL "
                              "AND (expires_at IS NULL OR expires_at > ?) AND (max_uses IS NULL OR uses < max_uses)";

enum err invite_dao_insert(struct db *db, const struct invite *i, int64_t *id)
{
    struct db_result result;
    enum err e =
        db_execute(db, SQL_INSERT,
                   DB_PARAMS(db_int(i->meeting_id), db_int(i->role), db_int(i->created_by), db_time(i->created_at_ms),
                             db_time(i->expires_at_ms), i->max_uses ? db_int(i->max_uses) : db_null()),
                   &result);
    if (!e)
        *id = result.insert_id;
    return e;
}

static void read_row(struct db_rows *rows, void *out)
{
    struct invite *i = out;
    i->id = db_get_int(rows);
    i->meeting_id = db_get_int(rows);
    i->role = db_get_int(rows);
    i->created_by = db_get_int(rows);
    i->created_at_ms = db_get_time(rows);
    i->expires_at_ms = db_get_time(rows);
    i->max_uses = db_get_int(rows);
    i->uses = db_get_int(rows);
    i->revoked_at_ms = db_get_time(rows);
}

enum err invite_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct invite *out)
{
    return db_select_one(db, arena, SQL_BY_ID, DB_PARAMS(db_int(id)), read_row, out);
}

enum err invite_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t limit, struct invite **items,
                         int *count)
{
    return db_select_all(db, arena, SQL_LIST, DB_PARAMS(db_int(meeting_id), db_int(limit)), read_row, sizeof **items,
                         items, count);
}

enum err invite_dao_revoke(struct db *db, int64_t meeting_id, int64_t id, int64_t now_ms)
{
    return db_change_one(db, SQL_REVOKE, DB_PARAMS(db_time(now_ms), db_int(id), db_int(meeting_id)));
}

enum err invite_dao_used(struct db *db, int64_t id, int64_t user_id, bool *used)
{
    int64_t n;
    enum err e = db_select_int(db, SQL_USED, DB_PARAMS(db_int(id), db_int(user_id)), &n);
    if (!e)
        *used = n > 0;
    return e;
}

enum err invite_dao_use(struct db *db, int64_t id, int64_t user_id, int64_t now_ms)
{
    bool used;
    enum err e = invite_dao_used(db, id, user_id, &used);
    if (e || used)
        return e;
    e = db_change_one(db, SQL_USE, DB_PARAMS(db_int(id), db_time(now_ms)));
    return e ? e : db_execute(db, SQL_NOTE_USE, DB_PARAMS(db_int(id), db_int(user_id)), NULL);
}
