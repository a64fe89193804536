#include "db/session_dao.h"

static const char SQL_INSERT[] =
    "INSERT INTO sessions (user_id, user_agent, address, created_at, last_used_at) VALUES (?, ?, ?, ?, ?)";
static const char SQL_LIST[] =
    "SELECT id, user_agent, address, created_at, last_used_at FROM sessions "
    "WHERE user_id = ? AND ended_at IS NULL AND last_used_at > ? ORDER BY last_used_at DESC, id DESC LIMIT ?";
static const char SQL_ADDRESSES[] = "SELECT address FROM sessions WHERE user_id = ? AND last_used_at > ? "
                                    "GROUP BY address ORDER BY MAX(id) DESC LIMIT ?";
static const char SQL_GOES_ON[] = "SELECT CAST(s.id AS SIGNED) FROM sessions s JOIN users u ON u.id = s.user_id "
                                  "WHERE s.id = ? AND s.user_id = ? AND s.ended_at IS NULL AND u.disabled_at IS NULL";
static const char SQL_HOLD[] =
    "SELECT CAST(id AS SIGNED) FROM sessions WHERE id = ? AND ended_at IS NULL LOCK IN SHARE MODE";
static const char SQL_END_OWN[] =
    "UPDATE sessions SET ended_at = ?, close_due_at = ended_at WHERE id = ? AND user_id = ? AND ended_at IS NULL";
static const char SQL_TOUCH[] = "UPDATE sessions SET last_used_at = ? WHERE id = ?";
static const char SQL_END[] =
    "UPDATE sessions SET ended_at = ?, close_due_at = ended_at WHERE id = ? AND ended_at IS NULL";
static const char SQL_END_OTHERS[] =
    "UPDATE sessions SET ended_at = ?, close_due_at = ended_at WHERE user_id = ? AND id <> ? AND ended_at IS NULL";
static const char SQL_UNCLOSED[] =
    "SELECT id, user_id FROM sessions WHERE user_id = ? AND close_due_at IS NOT NULL ORDER BY close_due_at LIMIT ?";
static const char SQL_CLOSE_DUE[] =
    "SELECT id, user_id FROM sessions WHERE close_due_at <= ? ORDER BY close_due_at LIMIT ?";
static const char SQL_SET_CLOSE_DUE[] = "UPDATE sessions SET close_due_at = ? WHERE id = ?";
static const char SQL_TOKEN_INSERT[] =
    "INSERT INTO refresh_tokens (token_hash, parent_hash, session_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)";
#define TOKEN_COLUMNS \
    "SELECT t.session_id, s.user_id, t.expires_at, t.used_at, t.replaced_at, " \
    "EXISTS (SELECT 1 FROM refresh_tokens c WHERE c.parent_hash = t.token_hash AND c.used_at IS NOT NULL), s.ended_at " \
    "FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.token_hash = ?"
static const char SQL_TOKEN_FIND[] = TOKEN_COLUMNS;
static const char SQL_TOKEN_LOCK[] = TOKEN_COLUMNS " FOR UPDATE";
static const char SQL_TOKEN_REPLACE[] =
    "UPDATE refresh_tokens SET replaced_at = ? WHERE parent_hash = ? AND replaced_at IS NULL";
static const char SQL_TOKEN_USED[] = "UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL";

enum err session_dao_insert(struct db *db, int64_t user_id, const char *user_agent, const char *address, int64_t now_ms,
                            int64_t *id)
{
    struct db_result result;
    enum err e = db_execute(
        db, SQL_INSERT,
        DB_PARAMS(db_int(user_id), db_text(user_agent), db_text(address), db_time(now_ms), db_time(now_ms)), &result);
    if (!e)
        *id = result.insert_id;
    return e;
}

static void read_session(struct db_rows *rows, void *out)
{
    struct session *s = out;
    s->id = db_get_int(rows);
    s->user_agent = db_get_text(rows);
    s->address = db_get_text(rows);
    s->created_at_ms = db_get_time(rows);
    s->last_used_at_ms = db_get_time(rows);
}

enum err session_dao_list(struct db *db, struct arena *arena, int64_t user_id, int64_t used_since_ms,
                          struct session **items, int *count)
{
    return db_select_all(db, arena, SQL_LIST,
                         DB_PARAMS(db_int(user_id), db_time(used_since_ms), db_int(SESSIONS_SHOWN)), read_session,
                         sizeof **items, items, count);
}

static void read_address(struct db_rows *rows, void *out) { *(const char **)out = db_get_text(rows); }

enum err session_dao_addresses(struct db *db, struct arena *arena, int64_t user_id, int64_t used_since_ms,
                               const char ***items, int *count)
{
    return db_select_all(db, arena, SQL_ADDRESSES,
                         DB_PARAMS(db_int(user_id), db_time(used_since_ms), db_int(SESSION_ADDRESSES)), read_address,
                         sizeof **items, items, count);
}

enum err session_dao_check(struct db *db, int64_t user_id, int64_t id)
{
    int64_t found;
    return db_select_int(db, SQL_GOES_ON, DB_PARAMS(db_int(id), db_int(user_id)), &found);
}

enum err session_dao_hold(struct db *db, int64_t id)
{
    int64_t found;
    return db_select_int(db, SQL_HOLD, DB_PARAMS(db_int(id)), &found);
}

enum err session_dao_end_own(struct db *db, int64_t user_id, int64_t id, int64_t now_ms)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_END_OWN, DB_PARAMS(db_time(now_ms), db_int(id), db_int(user_id)), &result);
    return !e && result.affected == 0 ? ERR_DB_NO_ROW : e;
}

enum err session_dao_touch(struct db *db, int64_t id, int64_t now_ms)
{
    return db_execute(db, SQL_TOUCH, DB_PARAMS(db_time(now_ms), db_int(id)), NULL);
}

enum err session_dao_end(struct db *db, int64_t id, int64_t now_ms)
{
    return db_execute(db, SQL_END, DB_PARAMS(db_time(now_ms), db_int(id)), NULL);
}

enum err session_dao_end_others(struct db *db, int64_t user_id, int64_t but_id, int64_t now_ms)
{
    return db_execute(db, SQL_END_OTHERS, DB_PARAMS(db_time(now_ms), db_int(user_id), db_int(but_id)), NULL);
}

static void read_ended(struct db_rows *rows, void *out)
{
    struct ended_session *s = out;
    s->id = db_get_int(rows);
    s->user_id = db_get_int(rows);
}

enum err session_dao_unclosed(struct db *db, struct arena *arena, int64_t user_id, int64_t limit,
                              struct ended_session **items, int *count)
{
    return db_select_all(db, arena, SQL_UNCLOSED, DB_PARAMS(db_int(user_id), db_int(limit)), read_ended, sizeof **items,
                         items, count);
}

enum err session_dao_close_due(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit,
                               struct ended_session **items, int *count)
{
    return db_select_all(db, arena, SQL_CLOSE_DUE, DB_PARAMS(db_time(now_ms), db_int(limit)), read_ended,
                         sizeof **items, items, count);
}

enum err session_dao_set_close_due(struct db *db, int64_t id, int64_t due_ms)
{
    return db_execute(db, SQL_SET_CLOSE_DUE, DB_PARAMS(db_time(due_ms), db_int(id)), NULL);
}

enum err refresh_token_dao_insert(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES],
                                  const unsigned char *parent_hash, int64_t session_id, int64_t now_ms,
                                  int64_t expires_at_ms)
{
    return db_execute(db, SQL_TOKEN_INSERT,
                      DB_PARAMS(db_blob(hash, TOKEN_HASH_BYTES), db_blob(parent_hash, TOKEN_HASH_BYTES),
                                db_int(session_id), db_time(now_ms), db_time(expires_at_ms)),
                      NULL);
}

enum err refresh_token_dao_replace_children(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES],
                                            int64_t now_ms)
{
    return db_execute(db, SQL_TOKEN_REPLACE, DB_PARAMS(db_time(now_ms), db_blob(hash, TOKEN_HASH_BYTES)), NULL);
}

static void read_token(struct db_rows *rows, void *out)
{
    struct refresh_token *t = out;
    t->session_id = db_get_int(rows);
    t->user_id = db_get_int(rows);
    t->expires_at_ms = db_get_time(rows);
    t->used_at_ms = db_get_time(rows);
    t->replaced_at_ms = db_get_time(rows);
    t->child_used = db_get_int(rows) != 0;
    t->ended_at_ms = db_get_time(rows);
}

enum err refresh_token_dao_find(struct db *db, struct arena *arena, const unsigned char hash[static TOKEN_HASH_BYTES],
                                struct refresh_token *out)
{
    return db_select_one(db, arena, SQL_TOKEN_FIND, DB_PARAMS(db_blob(hash, TOKEN_HASH_BYTES)), read_token, out);
}

enum err refresh_token_dao_lock(struct db *db, struct arena *arena, const unsigned char hash[static TOKEN_HASH_BYTES],
                                struct refresh_token *out)
{
    return db_select_one(db, arena, SQL_TOKEN_LOCK, DB_PARAMS(db_blob(hash, TOKEN_HASH_BYTES)), read_token, out);
}

enum err refresh_token_dao_mark_used(struct db *db, const unsigned char hash[static TOKEN_HASH_BYTES], int64_t now_ms)
{
    return db_execute(db, SQL_TOKEN_USED, DB_PARAMS(db_time(now_ms), db_blob(hash, TOKEN_HASH_BYTES)), NULL);
}
