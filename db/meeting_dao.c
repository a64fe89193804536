#include "db/meeting_dao.h"

#include "db/participant_dao.h"

/* Statements and the columns whose values they carry, in one order: that of the table. */

const struct column meeting_columns[] = {
#define COLUMN(kind, member, column) COLUMN_OF(struct meeting, kind, member),
#include "db/meeting.def"
};
const int meeting_column_count = COLUMN_COUNT(meeting_columns);

static const struct column inserted[] = {
#define COLUMN(kind, member, column) COLUMN_OF(struct meeting, kind, member),
#define READ(kind, member, column)
#include "db/meeting.def"
};

static const struct column edited[] = {
#define EDITED(kind, member, column) COLUMN_OF(struct meeting, kind, member),
#include "db/meeting.def"
};

static const struct column locked[] = {
#define STATE(kind, member, column) COLUMN_OF(struct meeting_state, kind, member),
#include "db/meeting.def"
};

static const struct column saved[] = {
#define STATE(kind, member, column) COLUMN_OF(struct meeting_state, kind, member),
#define KEPT(kind, member, column)
#include "db/meeting.def"
};

static const char SQL_INSERT[] = "INSERT INTO meetings (updated_at"
#define COLUMN(kind, member, column) ", " column
#define READ(kind, member, column)
#include "db/meeting.def"
                                 ") VALUES (?"
#define COLUMN(kind, member, column) ", ?"
#define READ(kind, member, column)
#include "db/meeting.def"
                                 ")";

static const char SQL_UPDATE[] = "UPDATE meetings SET updated_at = ?"
#define EDITED(kind, member, column) ", " column " = ?"
#include "db/meeting.def"
                                 " WHERE id = ?";

static const char SQL_LOCK[] = "SELECT id"
#define STATE(kind, member, column) ", " column
#include "db/meeting.def"
                               " FROM meetings WHERE id = ? FOR UPDATE";

static const char SQL_SAVE[] =
    "UPDATE meetings SET updated_at = IF(host_id <> ? OR status <> ? OR settings <> ?, ?, updated_at)"
#define STATE(kind, member, column) ", " column " = ?"
#define KEPT(kind, member, column)
#include "db/meeting.def"
    " WHERE id = ?";

static const char SQL_BY_ID[] = "SELECT m.id"
#define COLUMN(kind, member, column) ", m." column
#define READ(kind, member, column) ", " column
#include "db/meeting.def"
                                " FROM meetings m " MEETING_NAMES "WHERE m.id = ?";

#define IS_SCHEDULED "status = " SQL_NUMBER(MEETING_SCHEDULED)
#define IS_ONGOING "status = " SQL_NUMBER(MEETING_ONGOING)
#define IS_OPEN "status IN (" SQL_NUMBER(MEETING_SCHEDULED) ", " SQL_NUMBER(MEETING_ONGOING) ")"
#define HANDS_OVER "host_loss_policy = " SQL_NUMBER(HOST_LOSS_HAND_OVER)
#define LOCKS "host_loss_policy = " SQL_NUMBER(HOST_LOSS_LOCK)

static const char SQL_COUNT_OPEN[] = "SELECT COUNT(*) FROM meetings WHERE creator_id = ? AND " IS_OPEN;
/* Assignments run from left to right: what depends on the old state comes first. Housekeeping is asked to look at once
 * where the plan for the meeting changes with somebody coming in. Who comes to an empty meeting waits for its host from
 * now on. */
static const char SQL_TAKE_SEAT[] =
    "UPDATE meetings SET "
    "due_at = IF(" IS_SCHEDULED " OR empty_since IS NOT NULL OR host_id = ? OR (" HANDS_OVER
    " AND host_lost_at IS NOT NULL), ?, due_at), "
    "host_lost_at = IF(host_id = ?, NULL, IF(host_lost_at IS NULL OR empty_since IS NULL, host_lost_at, ?)), empty_since = NULL, "
    "participant_count = participant_count + 1, online_count = online_count + ?, event_seq = LAST_INSERT_ID(event_seq + 1), "
    "actual_start_time = IF(" IS_SCHEDULED ", ?, actual_start_time), updated_at = IF(" IS_SCHEDULED
    ", ?, updated_at), " IS_ONGOING " WHERE id = ? AND (participant_count < max_participants OR ? = 0) AND " IS_OPEN
    " AND "
    "(? = 0 OR (settings & ? = 0 AND NOT (" LOCKS " AND host_lost_at IS NOT NULL))) AND settings & ? = ?";
/* A row that somebody holds is left for the next time: to wait for it would keep all the others waiting. */
static const char SQL_DUE[] =
    "SELECT id FROM meetings WHERE due_at <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED";
static const char SQL_PUT_OFF[] = "UPDATE meetings SET due_at = ? WHERE id = ? AND due_at <= ?";
static const char SQL_SHOWING[] =
    "SELECT id FROM meetings WHERE creator_id = ? OR host_id = ? ORDER BY id DESC LIMIT ?";
#define NAMED \
    "SELECT m.id, m.is_public = 1 OR m.creator_id = ? OR m.host_id = ? " \
    "OR EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.user_id = ?) " \
    "OR EXISTS (SELECT 1 FROM users u WHERE u.id = ? AND u.guest_of = m.id) FROM meetings m "
static const char SQL_NAMED_BY_ID[] = NAMED "WHERE m.id = ?";
static const char SQL_NAMED_BY_CODE[] = NAMED "WHERE m.code = ?";

enum err meeting_dao_insert(struct db *db, const struct meeting *m, int64_t *id)
{
    struct db_param params[1 + COLUMN_COUNT(inserted)] = {db_time(m->created_at_ms)};
    struct db_result result;
    column_bind(inserted, COLUMN_COUNT(inserted), m, &params[1]);
    enum err e = db_execute(db, SQL_INSERT, params, COLUMN_COUNT(params), &result);
    if (!e)
        *id = result.insert_id;
    return e;
}

void meeting_read_row(struct db_rows *rows, void *out)
{
    struct meeting *m = out;
    m->id = db_get_int(rows);
    column_read(meeting_columns, COLUMN_COUNT(meeting_columns), rows, m);
}

enum err meeting_dao_count_open(struct db *db, int64_t creator_id, int64_t *count)
{
    return db_select_int(db, SQL_COUNT_OPEN, DB_PARAMS(db_int(creator_id)), count);
}

enum err meeting_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct meeting *out)
{
    return db_select_one(db, arena, SQL_BY_ID, DB_PARAMS(db_int(id)), meeting_read_row, out);
}

enum err meeting_dao_showing(struct db *db, struct arena *arena, int64_t user_id, int64_t limit, int64_t **ids,
                             int *count)
{
    return db_select_all(db, arena, SQL_SHOWING, DB_PARAMS(db_int(user_id), db_int(user_id), db_int(limit)),
                         db_read_int, sizeof **ids, ids, count);
}

static void read_named(struct db_rows *rows, void *out)
{
    struct named_meeting *n = out;
    n->id = db_get_int(rows);
    n->is_known = db_get_int(rows) != 0;
}

enum err meeting_dao_named(struct db *db, int64_t id, const char *code, int64_t viewer_id, struct named_meeting *out)
{
    struct db_param viewer = db_int(viewer_id);
    return db_select_one(db, NULL, code ? SQL_NAMED_BY_CODE : SQL_NAMED_BY_ID,
                         DB_PARAMS(viewer, viewer, viewer, viewer, code ? db_text(code) : db_int(id)), read_named, out);
}

enum err meeting_dao_update(struct db *db, const struct meeting *m, int64_t now_ms)
{
    struct db_param params[1 + COLUMN_COUNT(edited) + 1] = {db_time(now_ms)};
    column_bind(edited, COLUMN_COUNT(edited), m, &params[1]);
    params[COLUMN_COUNT(params) - 1] = db_int(m->id);
    return db_execute(db, SQL_UPDATE, params, COLUMN_COUNT(params), NULL);
}

static void read_state(struct db_rows *rows, void *out)
{
    struct meeting_state *s = out;
    s->id = db_get_int(rows);
    column_read(locked, COLUMN_COUNT(locked), rows, s);
}

enum err meeting_dao_lock(struct db *db, int64_t id, struct meeting_state *out)
{
    return db_select_one(db, NULL, SQL_LOCK, DB_PARAMS(db_int(id)), read_state, out);
}

enum err meeting_dao_save(struct db *db, const struct meeting_state *s, int64_t now_ms)
{
    enum { CHANGED = 4 }; /* values that say whether updated_at moves */
    struct db_param params[CHANGED + COLUMN_COUNT(saved) + 1] = {db_int(s->host_id), db_int(s->status),
                                                                 db_int(s->settings), db_time(now_ms)};
    column_bind(saved, COLUMN_COUNT(saved), s, &params[CHANGED]);
    params[COLUMN_COUNT(params) - 1] = db_int(s->id);
    return db_execute(db, SQL_SAVE, params, COLUMN_COUNT(params), NULL);
}

enum err meeting_dao_take_seat(struct db *db, const struct join_row *a, int64_t barred_by, int64_t needs,
                               int64_t now_ms, int64_t *seq)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_TAKE_SEAT,
                            DB_PARAMS(db_int(a->user_id), db_time(now_ms), db_int(a->user_id), db_time(now_ms),
                                      db_int(a->seat.connection != NULL), db_time(now_ms), db_time(now_ms),
                                      db_int(a->meeting_id), db_int(barred_by), db_int(barred_by), db_int(barred_by),
                                      db_int(needs), db_int(needs)),
                            &result);
    if (e)
        return e;
    if (result.affected == 0)
        return ERR_DB_NO_ROW;
    *seq = result.insert_id;
    return ERR_OK;
}

enum err meeting_dao_due(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit, int64_t **ids, int *count)
{
    return db_select_all(db, arena, SQL_DUE, DB_PARAMS(db_time(now_ms), db_int(limit)), db_read_int, sizeof **ids, ids,
                         count);
}

enum err meeting_dao_put_off(struct db *db, int64_t id, int64_t now_ms, int64_t due_ms)
{
    return db_execute(db, SQL_PUT_OFF, DB_PARAMS(db_time(due_ms), db_int(id), db_time(now_ms)), NULL);
}
