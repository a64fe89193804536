#include "db/user_dao.h"

static const char SQL_INSERT[] =
    "INSERT INTO users (email, password_hash, display_name, locale, guest_of, invite_id, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
#define USER_COLUMNS \
    "SELECT id, email, password_hash, display_name, locale, is_admin, disabled_at, last_sign_in_at, created_at, " \
    "guest_of, invite_id, delete_at, deleted_at FROM users "
static const char SQL_BY_ID[] = USER_COLUMNS "WHERE id = ?";
static const char SQL_LOCK[] = USER_COLUMNS "WHERE id = ? FOR UPDATE";
static const char SQL_BY_EMAIL[] = USER_COLUMNS "WHERE email = ?";
static const char SQL_PROFILE[] = "UPDATE users SET display_name = ?, locale = ?, updated_at = ? WHERE id = ?";
static const char SQL_SIGN_IN[] = "UPDATE users SET last_sign_in_at = ? WHERE id = ?";
static const char SQL_DISABLED[] = "UPDATE users SET disabled_at = ?, updated_at = ? WHERE id = ?";
static const char SQL_ADMIN[] = "UPDATE users SET is_admin = ?, updated_at = ? WHERE id = ?";
static const char SQL_LIST[] = USER_COLUMNS
    "WHERE id > ? AND email IS NOT NULL AND (email LIKE ? ESCAPE '!' OR display_name LIKE ? ESCAPE '!') ORDER BY id LIMIT ?";
#define NEVER_CAME \
    "NOT EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = users.guest_of AND p.user_id = users.id)"
static const char SQL_COUNT_COMING[] =
    "SELECT COUNT(*) FROM users WHERE guest_of = ? AND created_at > ? AND " NEVER_CAME;
static const char SQL_FORGET_GUESTS[] =
    "DELETE FROM users WHERE guest_of = ? AND created_at < ? AND " NEVER_CAME " LIMIT 100";
static const char SQL_PASSWORD[] = "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?";

enum err user_dao_insert(struct db *db, const struct user *u, int64_t now_ms, int64_t *id)
{
    struct db_result result;
    enum err e =
        db_execute(db, SQL_INSERT,
                   DB_PARAMS(db_text(u->email), db_text(u->password_hash), db_text(u->display_name), db_text(u->locale),
                             u->guest_of ? db_int(u->guest_of) : db_null(),
                             u->invite_id ? db_int(u->invite_id) : db_null(), db_time(now_ms), db_time(now_ms)),
                   &result);
    if (!e)
        *id = result.insert_id;
    return e;
}

static void read_row(struct db_rows *rows, void *out)
{
    struct user *u = out;
    u->id = db_get_int(rows);
    u->email = db_get_text(rows);
    u->password_hash = db_get_text(rows);
    u->display_name = db_get_text(rows);
    u->locale = db_get_text(rows);
    u->is_admin = db_get_int(rows) != 0;
    u->disabled_at_ms = db_get_time(rows);
    u->last_sign_in_at_ms = db_get_time(rows);
    u->created_at_ms = db_get_time(rows);
    u->guest_of = db_get_int(rows);
    u->invite_id = db_get_int(rows);
    u->delete_at_ms = db_get_time(rows);
    u->deleted_at_ms = db_get_time(rows);
}

enum err user_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct user *out)
{
    return db_select_one(db, arena, SQL_BY_ID, DB_PARAMS(db_int(id)), read_row, out);
}

enum err user_dao_lock(struct db *db, struct arena *arena, int64_t id, struct user *out)
{
    return db_select_one(db, arena, SQL_LOCK, DB_PARAMS(db_int(id)), read_row, out);
}

enum err user_dao_by_email(struct db *db, struct arena *arena, const char *email, struct user *out)
{
    return db_select_one(db, arena, SQL_BY_EMAIL, DB_PARAMS(db_text(email)), read_row, out);
}

enum err user_dao_update_profile(struct db *db, int64_t id, const char *display_name, const char *locale,
                                 int64_t now_ms)
{
    return db_execute(db, SQL_PROFILE, DB_PARAMS(db_text(display_name), db_text(locale), db_time(now_ms), db_int(id)),
                      NULL);
}

enum err user_dao_update_password(struct db *db, int64_t id, const char *password_hash, int64_t now_ms)
{
    return db_execute(db, SQL_PASSWORD, DB_PARAMS(db_text(password_hash), db_time(now_ms), db_int(id)), NULL);
}

enum err user_dao_note_sign_in(struct db *db, int64_t id, int64_t now_ms)
{
    return db_execute(db, SQL_SIGN_IN, DB_PARAMS(db_time(now_ms), db_int(id)), NULL);
}

enum err user_dao_set_disabled(struct db *db, int64_t id, int64_t disabled_at_ms, int64_t now_ms)
{
    return db_execute(db, SQL_DISABLED, DB_PARAMS(db_time(disabled_at_ms), db_time(now_ms), db_int(id)), NULL);
}

enum err user_dao_set_admin(struct db *db, int64_t id, bool is_admin, int64_t now_ms)
{
    return db_execute(db, SQL_ADMIN, DB_PARAMS(db_int(is_admin), db_time(now_ms), db_int(id)), NULL);
}

enum err user_dao_count_coming(struct db *db, int64_t meeting_id, int64_t since_ms, int64_t *count)
{
    return db_select_int(db, SQL_COUNT_COMING, DB_PARAMS(db_int(meeting_id), db_time(since_ms)), count);
}

enum err user_dao_forget_guests(struct db *db, int64_t meeting_id, int64_t before_ms)
{
    return db_execute(db, SQL_FORGET_GUESTS, DB_PARAMS(db_int(meeting_id), db_time(before_ms)), NULL);
}

enum err user_dao_list(struct db *db, struct arena *arena, const char *keyword, int64_t after_id, int64_t limit,
                       struct user **items, int *count)
{
    const char *pattern = db_like_pattern(arena, keyword ? keyword : "");
    return db_select_all(db, arena, SQL_LIST,
                         DB_PARAMS(db_int(after_id), db_text(pattern), db_text(pattern), db_int(limit)), read_row,
                         sizeof **items, items, count);
}
