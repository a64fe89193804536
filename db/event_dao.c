#include "db/event_dao.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"

static const char SQL_INSERT[] =
    "INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at, actor_id, subject_id, message_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
#define EVENT_COLUMNS \
    "SELECT meeting_id, seq, type, audience, effect, data, request_id, at, actor_id, subject_id " \
    "FROM room_events WHERE meeting_id = ? AND seq > ? "
static const char SQL_LIST[] = EVENT_COLUMNS "ORDER BY seq LIMIT ?";
static const char SQL_LIST_FOR[] =
    EVENT_COLUMNS "AND (audience = '*' OR FIND_IN_SET(?, audience)) ORDER BY seq LIMIT ?";
/* Left out is, besides the types given, what one does to oneself or to a line of one's own. A private line is known to
 * the two alone. */
static const char SQL_AUDIT[] =
    EVENT_COLUMNS "AND actor_id IS NOT NULL AND (subject_id IS NULL OR subject_id <> actor_id) "
                  "AND NOT FIND_IN_SET(type, ?) "
                  "AND (message_id IS NULL OR audience = '*' OR FIND_IN_SET(?, audience)) ORDER BY seq LIMIT ?";
static const char SQL_STAYS[] =
    "SELECT meeting_id, seq, type, audience, effect, '', request_id, at, actor_id, subject_id FROM room_events "
    "FORCE INDEX (room_events_about) WHERE meeting_id = ? AND type IN ('user_joined', 'user_left') AND message_id IS NULL AND subject_id IS NOT NULL ORDER BY subject_id, seq";
static const char SQL_REDACT[] =
    "UPDATE room_events SET data = ? WHERE meeting_id = ? AND message_id = ? AND type IN ('chat_message', 'message_edited')";
static const char SQL_REPLACE[] = "UPDATE room_events SET data = ? WHERE meeting_id = ? AND seq = ?";
static const char SQL_GOES_ON[] = "SELECT EXISTS (SELECT 1 FROM room_events WHERE meeting_id = ? AND seq = ?)";
static const char SQL_LAST_SEQ[] = "SELECT event_seq FROM meetings WHERE id = ?";

enum err event_dao_insert(struct db *db, const struct room_event *e)
{
    return db_execute(db, SQL_INSERT,
                      DB_PARAMS(db_int(e->meeting_id), db_int(e->seq), db_text(e->type), db_text(e->audience),
                                db_text(e->effect), db_text(e->data), db_text(e->request_id), db_time(e->at_ms),
                                e->actor_id ? db_int(e->actor_id) : db_null(),
                                e->subject_id ? db_int(e->subject_id) : db_null(),
                                e->message_id ? db_int(e->message_id) : db_null()),
                      NULL);
}

static void read_row(struct db_rows *rows, void *out)
{
    struct room_event *e = out;
    e->meeting_id = db_get_int(rows);
    e->seq = db_get_int(rows);
    e->type = db_get_text(rows);
    e->audience = db_get_text(rows);
    e->effect = db_get_text(rows);
    e->data = db_get_text(rows);
    e->request_id = db_get_text(rows);
    e->at_ms = db_get_time(rows);
    e->actor_id = db_get_int(rows);
    e->subject_id = db_get_int(rows);
}

enum err event_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_seq, int64_t viewer_id,
                        int64_t limit, size_t max_bytes, struct room_event **items, int *count, bool *more)
{
    struct db_param meeting = db_int(meeting_id), after = db_int(after_seq), rows = db_int(limit);
    if (!viewer_id)
        return db_select_page(db, arena, SQL_LIST, DB_PARAMS(meeting, after, rows), max_bytes, read_row, sizeof **items,
                              items, count, more);
    return db_select_page(db, arena, SQL_LIST_FOR, DB_PARAMS(meeting, after, db_int(viewer_id), rows), max_bytes,
                          read_row, sizeof **items, items, count, more);
}

enum err event_dao_audit(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_seq, int64_t viewer_id,
                         const char *left_out, int64_t limit, struct room_event **items, int *count)
{
    bool more;
    return db_select_page(
        db, arena, SQL_AUDIT,
        DB_PARAMS(db_int(meeting_id), db_int(after_seq), db_text(left_out), db_int(viewer_id), db_int(limit)),
        LIMIT_PAGE_BYTES, read_row, sizeof **items, items, count, &more);
}

enum err event_dao_stays(struct db *db, struct arena *arena, int64_t meeting_id, struct room_event **items, int *count)
{
    return db_select_all(db, arena, SQL_STAYS, DB_PARAMS(db_int(meeting_id)), read_row, sizeof **items, items, count);
}

enum err event_dao_redact(struct db *db, int64_t meeting_id, int64_t message_id, const char *data)
{
    return db_execute(db, SQL_REDACT, DB_PARAMS(db_text(data), db_int(meeting_id), db_int(message_id)), NULL);
}

enum err event_dao_replace(struct db *db, int64_t meeting_id, int64_t seq, const char *data)
{
    return db_execute(db, SQL_REPLACE, DB_PARAMS(db_text(data), db_int(meeting_id), db_int(seq)), NULL);
}

enum err event_dao_goes_on(struct db *db, int64_t meeting_id, int64_t after_seq, bool *goes_on)
{
    int64_t found;
    enum err e = db_select_int(db, SQL_GOES_ON, DB_PARAMS(db_int(meeting_id), db_int(after_seq + 1)), &found);
    if (!e)
        *goes_on = found != 0;
    return e;
}

enum err event_dao_last_seq(struct db *db, int64_t meeting_id, int64_t *seq)
{
    return db_select_int(db, SQL_LAST_SEQ, DB_PARAMS(db_int(meeting_id)), seq);
}

/* Rooms asked for by one statement; it stays below the number of parameters that db.c takes. */
enum { BATCH_ROOMS = 30 };

static enum err ahead_batch(struct db *db, struct arena *arena, const struct room_position *rooms, int count,
                            struct room_position *ahead, int *n)
{
    /* always the same statement: the places that are left over repeat the last room */
    static char sql[sizeof "SELECT id, event_seq FROM meetings WHERE id IN ()" + 3 * BATCH_ROOMS];
    if (!*sql) {
        strcpy(sql, "SELECT id, event_seq FROM meetings WHERE id IN (?");
        for (int i = 1; i < BATCH_ROOMS; i++)
            strcat(sql, ",?");
        strcat(sql, ")");
    }
    struct db_param params[BATCH_ROOMS];
    for (int i = 0; i < BATCH_ROOMS; i++)
        params[i] = db_int(rooms[i < count ? i : count - 1].meeting_id);
    struct db_rows rows;
    enum err e = db_select(db, arena, sql, params, BATCH_ROOMS, &rows);
    if (e)
        return e;
    while (!(e = db_next(&rows))) {
        struct room_position at = {.meeting_id = db_get_int(&rows)};
        at.seq = db_get_int(&rows);
        for (int i = 0; i < count; i++)
            if (rooms[i].meeting_id == at.meeting_id && rooms[i].seq < at.seq) {
                ahead[(*n)++] = at;
                break;
            }
    }
    return e == ERR_DB_NO_ROW ? ERR_OK : e;
}

enum err event_dao_ahead(struct db *db, struct arena *arena, const struct room_position *rooms, int count,
                         struct room_position **ahead, int *ahead_count)
{
    struct room_position *list = arena_array(arena, (size_t)count + 1, sizeof *list);
    int n = 0;
    for (int at = 0; at < count; at += BATCH_ROOMS) {
        enum err e = ahead_batch(db, arena, rooms + at, count - at < BATCH_ROOMS ? count - at : BATCH_ROOMS, list, &n);
        if (e)
            return e;
    }
    *ahead = list;
    *ahead_count = n;
    return ERR_OK;
}
