#include "db/retention_dao.h"

#include "db/meeting_dao.h"

/* Each look into another table is one seek. */
static const char SQL_MEETINGS[] =
    "SELECT m.id, m.host_id, m.keep_days, "
    "IF(m.status IN (" SQL_NUMBER(MEETING_ENDED) ", " SQL_NUMBER(
        MEETING_CANCELLED) "), COALESCE(m.actual_end_time, m.updated_at), NULL), "
                           "(SELECT s.created_at FROM messages s FORCE INDEX (messages_meeting) WHERE s.meeting_id = m.id ORDER BY s.id LIMIT 1), "
                           "(SELECT e.at FROM room_events e FORCE INDEX (PRIMARY) WHERE e.meeting_id = m.id ORDER BY e.seq LIMIT 1), "
                           "EXISTS (SELECT 1 FROM users u WHERE u.guest_of = m.id AND u.id <> m.host_id) "
                           "FROM meetings m WHERE m.id > ? "
                           "ORDER BY m.id LIMIT ?";
static const char SQL_LAST_OLD_EVENT[] =
    "SELECT CAST(COALESCE(MAX(seq), 0) AS SIGNED) FROM (SELECT seq, at FROM room_events WHERE meeting_id = ? ORDER BY seq LIMIT ?) first "
    "WHERE at < ?";
static const char SQL_REMOVE_EVENTS[] = "DELETE FROM room_events WHERE meeting_id = ? AND seq <= ?";
static const char SQL_FORGET_ADDRESSES[] =
    "UPDATE participants SET address = '' WHERE meeting_id = ? AND is_guest = TRUE AND address <> ''";
static const char SQL_REMOVE_GUESTS[] = "DELETE FROM users WHERE guest_of = ? AND id <> ? LIMIT ?";
static const char SQL_REMOVE_INVITE_USES[] =
    "DELETE FROM invite_uses WHERE invite_id IN (SELECT id FROM invites WHERE meeting_id = ?) LIMIT ?";
static const char *const SQL_REMOVE_ROWS[] = {
    "DELETE FROM room_events WHERE meeting_id = ? LIMIT ?",
    "DELETE FROM messages WHERE meeting_id = ? LIMIT ?",
    SQL_REMOVE_INVITE_USES,
    "DELETE FROM invites WHERE meeting_id = ? LIMIT ?",
    "DELETE FROM participants WHERE meeting_id = ? LIMIT ?",
    "DELETE FROM users WHERE guest_of = ? LIMIT ?",
};
static const char SQL_REMOVE_MEETING[] = "DELETE FROM meetings WHERE id = ?";
static const char SQL_SESSIONS[] = "SELECT id, last_used_at FROM sessions WHERE id > ? ORDER BY id LIMIT ?";
static const char SQL_REMOVE_ALL_TOKENS[] = "DELETE FROM refresh_tokens WHERE session_id = ?";
static const char SQL_REMOVE_SESSION[] = "DELETE FROM sessions WHERE id = ?";
static const char SQL_REMOVE_TOKENS[] = "DELETE FROM refresh_tokens WHERE session_id = ? AND expires_at < ?";

static void read_meeting(struct db_rows *rows, void *out)
{
    struct kept_meeting *m = out;
    m->id = db_get_int(rows);
    m->host_id = db_get_int(rows);
    m->keep_days = db_get_int(rows);
    m->over_ms = db_get_time(rows);
    m->first_message_ms = db_get_time(rows);
    m->first_event_ms = db_get_time(rows);
    m->has_guests = db_get_int(rows) != 0;
}

enum err retention_dao_meetings(struct db *db, struct arena *arena, int64_t after_id, int64_t limit,
                                struct kept_meeting **items, int *count)
{
    return db_select_all(db, arena, SQL_MEETINGS, DB_PARAMS(db_int(after_id), db_int(limit)), read_meeting,
                         sizeof **items, items, count);
}

/* Runs a removal and adds up its rows. */
static enum err removed(struct db *db, const char *sql, const struct db_param *params, int param_count, int64_t *count)
{
    struct db_result result;
    enum err e = db_execute(db, sql, params, param_count, &result);
    if (!e)
        *count += result.affected;
    return e;
}

enum err retention_dao_remove_events(struct db *db, int64_t meeting_id, int64_t before_ms, int64_t limit,
                                     int64_t *count)
{
    int64_t last;
    *count = 0;
    enum err e =
        db_select_int(db, SQL_LAST_OLD_EVENT, DB_PARAMS(db_int(meeting_id), db_int(limit), db_time(before_ms)), &last);
    return e || !last ? e : removed(db, SQL_REMOVE_EVENTS, DB_PARAMS(db_int(meeting_id), db_int(last)), count);
}

enum err retention_dao_remove_guests(struct db *db, int64_t meeting_id, int64_t host_id, int64_t limit, int64_t *count)
{
    *count = 0;
    enum err e = db_execute(db, SQL_FORGET_ADDRESSES, DB_PARAMS(db_int(meeting_id)), NULL);
    return e ? e : removed(db, SQL_REMOVE_GUESTS, DB_PARAMS(db_int(meeting_id), db_int(host_id), db_int(limit)), count);
}

enum err retention_dao_remove_meeting(struct db *db, int64_t meeting_id, int64_t limit, int64_t *count)
{
    enum err e = ERR_OK;
    *count = 0;
    for (size_t i = 0; i < sizeof SQL_REMOVE_ROWS / sizeof *SQL_REMOVE_ROWS && !e; i++)
        e = removed(db, SQL_REMOVE_ROWS[i], DB_PARAMS(db_int(meeting_id), db_int(limit)), count);
    return e || *count ? e : db_execute(db, SQL_REMOVE_MEETING, DB_PARAMS(db_int(meeting_id)), NULL);
}

static void read_session(struct db_rows *rows, void *out)
{
    struct kept_session *s = out;
    s->id = db_get_int(rows);
    s->last_used_ms = db_get_time(rows);
}

enum err retention_dao_sessions(struct db *db, struct arena *arena, int64_t after_id, int64_t limit,
                                struct kept_session **items, int *count)
{
    return db_select_all(db, arena, SQL_SESSIONS, DB_PARAMS(db_int(after_id), db_int(limit)), read_session,
                         sizeof **items, items, count);
}

enum err retention_dao_remove_session(struct db *db, int64_t id)
{
    enum err e = db_execute(db, SQL_REMOVE_ALL_TOKENS, DB_PARAMS(db_int(id)), NULL);
    return e ? e : db_execute(db, SQL_REMOVE_SESSION, DB_PARAMS(db_int(id)), NULL);
}

enum err retention_dao_remove_tokens(struct db *db, int64_t session_id, int64_t before_ms)
{
    return db_execute(db, SQL_REMOVE_TOKENS, DB_PARAMS(db_int(session_id), db_time(before_ms)), NULL);
}
