#include "db/participant_dao.h"

#define PARTICIPANT_COLUMNS \
    "SELECT p.meeting_id, p.user_id, p.display_name, IF(m.host_id = p.user_id, 1, p.role), p.status, p.audio, p.video, p.screen, " \
    "p.hand_raised_at, p.joined_at, p.left_at, p.connection, p.offline_at " \
    "FROM participants p JOIN meetings m ON m.id = p.meeting_id "

static const char SQL_FIND[] = PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? AND p.user_id = ?";
static const char SQL_LIST[] =
    PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? AND p.status = 1 ORDER BY p.joined_at, p.user_id";
static const char SQL_LIST_ALL[] = PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? ORDER BY p.joined_at, p.user_id";
static const char SQL_INSERT[] =
    "INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at, relay, connection) "
    "VALUES (?, ?, ?, 3, 1, ?, ?, ?)";
static const char SQL_REJOIN[] =
    "UPDATE participants SET display_name = ?, status = 1, audio = 0, video = 0, screen = 0, hand_raised_at = NULL, "
    "joined_at = ?, left_at = NULL, relay = ?, connection = ?, offline_at = NULL "
    "WHERE meeting_id = ? AND user_id = ? AND status = 2";
static const char SQL_TAKE_OVER[] =
    "UPDATE participants SET relay = ?, connection = ?, offline_at = NULL WHERE meeting_id = ? AND user_id = ? AND status = 1";
static const char SQL_OFFLINE[] =
    "UPDATE participants SET offline_at = ? "
    "WHERE meeting_id = ? AND user_id = ? AND connection = ? AND status = 1 AND offline_at IS NULL";
#define END_STAY \
    "audio = 0, video = 0, screen = 0, hand_raised_at = NULL, left_at = ?, relay = NULL, connection = NULL, offline_at = NULL "
/* LAST_INSERT_ID brings out, without one more statement, what the row was before */
static const char SQL_END_STAY[] =
    "UPDATE participants SET status = ? + 0 * LAST_INSERT_ID(connection IS NOT NULL AND offline_at IS NULL), " END_STAY
    "WHERE meeting_id = ? AND user_id = ? AND status = 1";
static const char SQL_BAN[] = "UPDATE participants SET status = 3 WHERE meeting_id = ? AND user_id = ? AND status = 2";
static const char SQL_END_ALL[] = "UPDATE participants SET status = 2, " END_STAY "WHERE meeting_id = ? AND status = 1";
static const char SQL_MEETINGS_OF[] = "SELECT meeting_id FROM participants WHERE user_id = ? AND status = 1 LIMIT ?";
static const char SQL_HEIR[] =
    "SELECT user_id FROM participants WHERE meeting_id = ? AND status = 1 ORDER BY role, joined_at, user_id LIMIT 1";
static const char SQL_ROLE[] = "UPDATE participants SET role = ? WHERE meeting_id = ? AND user_id = ?";
static const char SQL_MEDIA[] =
    "UPDATE participants SET audio = ?, video = ?, screen = ? WHERE meeting_id = ? AND user_id = ? AND status = 1";
static const char SQL_HAND[] =
    "UPDATE participants SET hand_raised_at = ? WHERE meeting_id = ? AND user_id = ? AND status = 1";
static const char SQL_ORPHANS[] =
    "SELECT p.meeting_id, p.user_id, p.connection, p.relay, dead.known FROM participants p "
    "JOIN (SELECT d.relay, r.id IS NOT NULL AS known FROM (SELECT DISTINCT relay FROM participants WHERE relay IS NOT NULL) d "
    "LEFT JOIN relays r ON r.id = d.relay WHERE r.id IS NULL OR r.lease_until < ?) dead ON dead.relay = p.relay "
    "WHERE p.status = 1 LIMIT ?";

static void read_row(struct db_rows *rows, void *out)
{
    struct participant *p = out;
    p->meeting_id = db_get_int(rows);
    p->user_id = db_get_int(rows);
    p->display_name = db_get_text(rows);
    p->role = db_get_int(rows);
    p->status = db_get_int(rows);
    p->audio = db_get_int(rows) != 0;
    p->video = db_get_int(rows) != 0;
    p->screen = db_get_int(rows) != 0;
    p->hand_raised_at_ms = db_get_time(rows);
    p->joined_at_ms = db_get_time(rows);
    p->left_at_ms = db_get_time(rows);
    p->connection = db_get_text(rows);
    p->offline_at_ms = db_get_time(rows);
}

enum err participant_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, int64_t user_id,
                              struct participant *out)
{
    return db_select_one(db, arena, SQL_FIND, DB_PARAMS(db_int(meeting_id), db_int(user_id)), read_row, out);
}

enum err participant_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, bool all,
                              struct participant **items, int *count)
{
    return db_select_all(db, arena, all ? SQL_LIST_ALL : SQL_LIST, DB_PARAMS(db_int(meeting_id)), read_row,
                         sizeof **items, items, count);
}

enum err participant_dao_insert(struct db *db, int64_t meeting_id, int64_t user_id, const char *display_name,
                                struct seat seat, int64_t now_ms)
{
    return db_execute(db, SQL_INSERT,
                      DB_PARAMS(db_int(meeting_id), db_int(user_id), db_text(display_name), db_time(now_ms),
                                db_text(seat.relay), db_text(seat.connection)),
                      NULL);
}

/* Runs an UPDATE that must change a row. */
static enum err change_one(struct db *db, const char *sql, const struct db_param *params, int count)
{
    struct db_result result;
    enum err e = db_execute(db, sql, params, count, &result);
    return !e && result.affected == 0 ? ERR_DB_NO_ROW : e;
}

enum err participant_dao_rejoin(struct db *db, int64_t meeting_id, int64_t user_id, const char *display_name,
                                struct seat seat, int64_t now_ms)
{
    return change_one(db, SQL_REJOIN,
                      DB_PARAMS(db_text(display_name), db_time(now_ms), db_text(seat.relay), db_text(seat.connection),
                                db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_take_over(struct db *db, int64_t meeting_id, int64_t user_id, struct seat seat)
{
    return db_execute(db, SQL_TAKE_OVER,
                      DB_PARAMS(db_text(seat.relay), db_text(seat.connection), db_int(meeting_id), db_int(user_id)),
                      NULL);
}

enum err participant_dao_set_offline(struct db *db, int64_t meeting_id, int64_t user_id, const char *connection,
                                     int64_t now_ms)
{
    return change_one(db, SQL_OFFLINE,
                      DB_PARAMS(db_time(now_ms), db_int(meeting_id), db_int(user_id), db_text(connection)));
}

enum err participant_dao_end_stay(struct db *db, int64_t meeting_id, int64_t user_id, enum participant_status status,
                                  int64_t now_ms, bool *was_online)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_END_STAY,
                            DB_PARAMS(db_int(status), db_time(now_ms), db_int(meeting_id), db_int(user_id)), &result);
    if (e)
        return e;
    if (result.affected == 0)
        return ERR_DB_NO_ROW;
    *was_online = result.insert_id != 0;
    return ERR_OK;
}

enum err participant_dao_ban(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_execute(db, SQL_BAN, DB_PARAMS(db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_end_all(struct db *db, int64_t meeting_id, int64_t now_ms)
{
    return db_execute(db, SQL_END_ALL, DB_PARAMS(db_time(now_ms), db_int(meeting_id)), NULL);
}

enum err participant_dao_meetings_of(struct db *db, struct arena *arena, int64_t user_id, int64_t limit,
                                     int64_t **meeting_ids, int *count)
{
    return db_select_all(db, arena, SQL_MEETINGS_OF, DB_PARAMS(db_int(user_id), db_int(limit)), db_read_int,
                         sizeof **meeting_ids, meeting_ids, count);
}

enum err participant_dao_heir(struct db *db, int64_t meeting_id, int64_t *user_id)
{
    return db_select_int(db, SQL_HEIR, DB_PARAMS(db_int(meeting_id)), user_id);
}

enum err participant_dao_set_role(struct db *db, int64_t meeting_id, int64_t user_id, enum participant_role role)
{
    return db_execute(db, SQL_ROLE, DB_PARAMS(db_int(role), db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_set_media(struct db *db, int64_t meeting_id, int64_t user_id, bool audio, bool video,
                                   bool screen)
{
    return db_execute(db, SQL_MEDIA,
                      DB_PARAMS(db_int(audio), db_int(video), db_int(screen), db_int(meeting_id), db_int(user_id)),
                      NULL);
}

enum err participant_dao_set_hand(struct db *db, int64_t meeting_id, int64_t user_id, int64_t raised_at_ms)
{
    return db_execute(db, SQL_HAND, DB_PARAMS(db_time(raised_at_ms), db_int(meeting_id), db_int(user_id)), NULL);
}

static void read_orphan(struct db_rows *rows, void *out)
{
    struct orphan *o = out;
    o->meeting_id = db_get_int(rows);
    o->user_id = db_get_int(rows);
    o->connection = db_get_text(rows);
    o->relay = db_get_text(rows);
    o->known = db_get_int(rows) != 0;
}

enum err participant_dao_orphans(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit,
                                 struct orphan **items, int *count)
{
    return db_select_all(db, arena, SQL_ORPHANS, DB_PARAMS(db_time(now_ms), db_int(limit)), read_orphan, sizeof **items,
                         items, count);
}
