#include "db/message_dao.h"

#include <stdint.h>

#include "core/limits.h"

/* The rows are found in `from` first, then the names of each: else the server may begin with the people. */
#define MESSAGES(from) \
    "SELECT s.id, s.meeting_id, s.sender_id, p.display_name, s.to_id, t.display_name, s.body, s.client_id, s.created_at, " \
    "s.edited_at, s.deleted_at, s.reply_to_id, r.sender_id, rp.display_name FROM " from \
    " STRAIGHT_JOIN participants p ON p.meeting_id = s.meeting_id AND p.user_id = s.sender_id " \
    "LEFT JOIN participants t ON t.meeting_id = s.meeting_id AND t.user_id = s.to_id " \
    "LEFT JOIN messages r ON r.id = s.reply_to_id " \
    "LEFT JOIN participants rp ON rp.meeting_id = s.meeting_id AND rp.user_id = r.sender_id "

static const char SQL_INSERT[] =
    "INSERT INTO messages (meeting_id, sender_id, to_id, private_from, body, client_id, reply_to_id, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char SQL_BY_CLIENT_ID[] =
    MESSAGES("messages s") "WHERE s.meeting_id = ? AND s.sender_id = ? AND s.client_id = ?";
static const char SQL_BY_ID[] = MESSAGES("messages s") "WHERE s.meeting_id = ? AND s.id = ?";
/* The oldest ids, then those of them that are old enough: they come in the order of their times. */
static const char SQL_OLDEST[] = MESSAGES(
    "(SELECT id FROM messages FORCE INDEX (messages_meeting) WHERE meeting_id = ? ORDER BY id LIMIT ?) page STRAIGHT_JOIN messages s ON s.id = page.id") "WHERE s.created_at < ? ORDER BY s.id";
static const char SQL_REMOVE[] = "DELETE FROM messages WHERE id = ?";
static const char SQL_UPDATE[] = "UPDATE messages SET body = ?, edited_at = ?, deleted_at = ? WHERE id = ?";

/* clang-format off */
/* What somebody may see are three ranges of two indexes. Each gives its newest ids, however many messages there are
 * that are for others; one condition over all three would have the server look at every message. */
#define NEWEST_IDS(index, which) \
    "(SELECT id FROM messages FORCE INDEX (" index ") WHERE meeting_id = ? AND " which " AND id < ? ORDER BY id DESC LIMIT ?)"
static const char SQL_LIST[] = MESSAGES(
    "(" NEWEST_IDS("messages_visible", "to_id IS NULL")
    " UNION " NEWEST_IDS("messages_visible", "to_id = ?")
    " UNION " NEWEST_IDS("messages_private_from", "private_from = ?")
    ") page STRAIGHT_JOIN messages s ON s.id = page.id")
    "ORDER BY page.id DESC LIMIT ?";

#define NEXT(which) \
    "(SELECT sender_id, deleted_at FROM messages FORCE INDEX (messages_visible) " \
    "WHERE meeting_id = ? AND " which " AND id > ? ORDER BY id LIMIT ?)"
static const char SQL_COUNT_AFTER[] =
    "SELECT COUNT(*) FROM (" NEXT("to_id IS NULL") " UNION ALL " NEXT("to_id = ?") ") next "
    "WHERE sender_id <> ? AND deleted_at IS NULL";
/* clang-format on */

static const char SQL_NEWEST[] = "SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) FROM messages WHERE meeting_id = ?";
static const char SQL_COUNT_PUBLIC[] = "SELECT COUNT(*) FROM messages FORCE INDEX (messages_visible) "
                                       "WHERE meeting_id = ? AND to_id IS NULL AND deleted_at IS NULL";
/* clang-format off */
static const char SQL_PUBLIC[] = MESSAGES("messages s FORCE INDEX (messages_visible)")
    "WHERE s.meeting_id = ? AND s.to_id IS NULL AND s.deleted_at IS NULL AND s.id > ? ORDER BY s.id LIMIT ?";
/* clang-format on */

static struct db_param id_or_null(int64_t id) { return id ? db_int(id) : db_null(); }

enum err message_dao_insert(struct db *db, const struct message *m, int64_t *id)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_INSERT,
                            DB_PARAMS(db_int(m->meeting_id), db_int(m->sender_id), id_or_null(m->to_id),
                                      id_or_null(m->to_id ? m->sender_id : 0), db_text(m->text), db_text(m->client_id),
                                      id_or_null(m->reply_to_id), db_time(m->created_at_ms)),
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
    return db_change_one(
        db, SQL_UPDATE,
        DB_PARAMS(db_text(m->text), db_time(m->edited_at_ms), db_time(m->deleted_at_ms), db_int(m->id)));
}

enum err message_dao_oldest(struct db *db, struct arena *arena, int64_t meeting_id, int64_t before_ms, int64_t limit,
                            struct message **items, int *count)
{
    return db_select_all(db, arena, SQL_OLDEST, DB_PARAMS(db_int(meeting_id), db_int(limit), db_time(before_ms)),
                         read_row, sizeof **items, items, count);
}

enum err message_dao_remove(struct db *db, int64_t id)
{
    return db_execute(db, SQL_REMOVE, DB_PARAMS(db_int(id)), NULL);
}

enum err message_dao_count_after(struct db *db, int64_t meeting_id, int64_t viewer_id, int64_t after_id, int64_t limit,
                                 int64_t *count)
{
    struct db_param meeting = db_int(meeting_id), viewer = db_int(viewer_id), after = db_int(after_id),
                    scanned = db_int(LIMIT_UNREAD_SCANNED);
    enum err e = db_select_int(db, SQL_COUNT_AFTER,
                               DB_PARAMS(meeting, after, scanned, meeting, viewer, after, scanned, viewer), count);
    if (!e && *count > limit)
        *count = limit;
    return e;
}

enum err message_dao_count_public(struct db *db, int64_t meeting_id, int64_t *count)
{
    return db_select_int(db, SQL_COUNT_PUBLIC, DB_PARAMS(db_int(meeting_id)), count);
}

/* A page of rows asked for with one more than it may have, which only tells that there are more. */
static void leave_out_spare(int64_t limit, int *count, bool *more)
{
    if (*count > limit) {
        *count = (int)limit;
        *more = true;
    }
}

enum err message_dao_public(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_id, int64_t limit,
                            struct message **items, int *count, bool *more)
{
    enum err e =
        db_select_page(db, arena, SQL_PUBLIC, DB_PARAMS(db_int(meeting_id), db_int(after_id), db_int(limit + 1)),
                       LIMIT_PAGE_BYTES, read_row, sizeof **items, items, count, more);
    if (!e)
        leave_out_spare(limit, count, more);
    return e;
}

/* The newest are found first and then shown last. */
static void reverse(struct message *list, int count)
{
    for (int i = 0, j = count - 1; i < j; i++, j--) {
        struct message swap = list[i];
        list[i] = list[j];
        list[j] = swap;
    }
}

enum err message_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t viewer_id, int64_t before_id,
                          int64_t limit, struct message **items, int *count, bool *more)
{
    struct db_param meeting = db_int(meeting_id), viewer = db_int(viewer_id),
                    before = db_int(before_id ? before_id : INT64_MAX), rows = db_int(limit + 1);
    enum err e = db_select_page(
        db, arena, SQL_LIST,
        DB_PARAMS(meeting, before, rows, meeting, viewer, before, rows, meeting, viewer, before, rows, rows),
        LIMIT_PAGE_BYTES, read_row, sizeof **items, items, count, more);
    if (e)
        return e;
    leave_out_spare(limit, count, more);
    reverse(*items, *count);
    return ERR_OK;
}

enum err message_dao_newest(struct db *db, int64_t meeting_id, int64_t *id)
{
    return db_select_int(db, SQL_NEWEST, DB_PARAMS(db_int(meeting_id)), id);
}
