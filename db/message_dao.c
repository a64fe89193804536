#include "db/message_dao.h"

#include <stdint.h>

#define MESSAGE_COLUMNS \
    "SELECT s.id, s.meeting_id, s.sender_id, p.display_name, s.to_id, t.display_name, s.body, s.client_id, s.created_at, " \
    "s.edited_at, s.deleted_at, s.reply_to_id, r.sender_id, rp.display_name " \
    "FROM messages s JOIN participants p ON p.meeting_id = s.meeting_id AND p.user_id = s.sender_id " \
    "LEFT JOIN participants t ON t.meeting_id = s.meeting_id AND t.user_id = s.to_id " \
    "LEFT JOIN messages r ON r.id = s.reply_to_id " \
    "LEFT JOIN participants rp ON rp.meeting_id = s.meeting_id AND rp.user_id = r.sender_id "

static const char SQL_INSERT[] =
    "INSERT INTO messages (meeting_id, sender_id, to_id, body, client_id, reply_to_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char SQL_BY_CLIENT_ID[] = MESSAGE_COLUMNS "WHERE s.meeting_id = ? AND s.sender_id = ? AND s.client_id = ?";
static const char SQL_BY_ID[] = MESSAGE_COLUMNS "WHERE s.meeting_id = ? AND s.id = ?";
static const char SQL_UPDATE[] = "UPDATE messages SET body = ?, edited_at = ?, deleted_at = ? WHERE id = ?";
static const char SQL_LIST[] = MESSAGE_COLUMNS
    "WHERE s.meeting_id = ? AND s.id < ? AND (s.to_id IS NULL OR s.to_id = ? OR s.sender_id = ?) ORDER BY s.id DESC LIMIT ?";

static const char SQL_COUNT_AFTER[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE meeting_id = ? AND id > ? AND sender_id <> ? "
    "AND deleted_at IS NULL AND (to_id IS NULL OR to_id = ?) LIMIT ?) unread";

static const char SQL_NEWEST[] = "SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) FROM messages WHERE meeting_id = ?";
static const char SQL_COUNT_PUBLIC[] =
    "SELECT COUNT(*) FROM messages WHERE meeting_id = ? AND to_id IS NULL AND deleted_at IS NULL";
static const char SQL_PUBLIC[] = MESSAGE_COLUMNS
    "WHERE s.meeting_id = ? AND s.to_id IS NULL AND s.deleted_at IS NULL AND s.id > ? ORDER BY s.id LIMIT ?";

enum err message_dao_insert(struct db *db, const struct message *m, int64_t *id)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_INSERT,
                            DB_PARAMS(db_int(m->meeting_id), db_int(m->sender_id),
                                      m->to_id ? db_int(m->to_id) : db_null(), db_text(m->text), db_text(m->client_id),
                                      m->reply_to_id ? db_int(m->reply_to_id) : db_null(), db_time(m->created_at_ms)),
                            &result);
    if (!e)
        *id = result.insert_id;
    return e;
}

static void read_row(struct db_rows *rows, void *out)
{
    struct message *m = out;
    m->id = db_get_int(rows);
    m->meeting_id = db_get_int(rows);
    m->sender_id = db_get_int(rows);
    m->sender_name = db_get_text(rows);
    m->to_id = db_get_int(rows);
    m->to_name = db_get_text(rows);
    m->text = db_get_text(rows);
    m->client_id = db_get_text(rows);
    m->created_at_ms = db_get_time(rows);
    m->edited_at_ms = db_get_time(rows);
    m->deleted_at_ms = db_get_time(rows);
    m->reply_to_id = db_get_int(rows);
    m->reply_sender_id = db_get_int(rows);
    m->reply_sender_name = db_get_text(rows);
}

enum err message_dao_by_client_id(struct db *db, struct arena *arena, int64_t meeting_id, int64_t sender_id,
                                  const char *client_id, struct message *out)
{
    return db_select_one(db, arena, SQL_BY_CLIENT_ID,
                         DB_PARAMS(db_int(meeting_id), db_int(sender_id), db_text(client_id)), read_row, out);
}

enum err message_dao_by_id(struct db *db, struct arena *arena, int64_t meeting_id, int64_t id, struct message *out)
{
    return db_select_one(db, arena, SQL_BY_ID, DB_PARAMS(db_int(meeting_id), db_int(id)), read_row, out);
}

enum err message_dao_update(struct db *db, const struct message *m)
{
    return db_execute(db, SQL_UPDATE,
                      DB_PARAMS(db_text(m->text), db_time(m->edited_at_ms), db_time(m->deleted_at_ms), db_int(m->id)),
                      NULL);
}

enum err message_dao_count_after(struct db *db, int64_t meeting_id, int64_t viewer_id, int64_t after_id, int64_t limit,
                                 int64_t *count)
{
    return db_select_int(
        db, SQL_COUNT_AFTER,
        DB_PARAMS(db_int(meeting_id), db_int(after_id), db_int(viewer_id), db_int(viewer_id), db_int(limit)), count);
}

enum err message_dao_count_public(struct db *db, int64_t meeting_id, int64_t *count)
{
    return db_select_int(db, SQL_COUNT_PUBLIC, DB_PARAMS(db_int(meeting_id)), count);
}

enum err message_dao_public(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_id, int64_t limit,
                            struct message **items, int *count)
{
    return db_select_all(db, arena, SQL_PUBLIC, DB_PARAMS(db_int(meeting_id), db_int(after_id), db_int(limit)),
                         read_row, sizeof **items, items, count);
}

/* The newest are found first and then shown last. */
enum err message_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t viewer_id, int64_t before_id,
                          int64_t limit, struct message **items, int *count)
{
    struct message *list;
    int n;
    enum err e = db_select_all(db, arena, SQL_LIST,
                               DB_PARAMS(db_int(meeting_id), db_int(before_id ? before_id : INT64_MAX),
                                         db_int(viewer_id), db_int(viewer_id), db_int(limit)),
                               read_row, sizeof *list, &list, &n);
    if (e)
        return e;
    for (int i = 0, j = n - 1; i < j; i++, j--) {
        struct message swap = list[i];
        list[i] = list[j];
        list[j] = swap;
    }
    *items = list;
    *count = n;
    return ERR_OK;
}

enum err message_dao_newest(struct db *db, int64_t meeting_id, int64_t *id)
{
    return db_select_int(db, SQL_NEWEST, DB_PARAMS(db_int(meeting_id)), id);
}
