#include "db/relay_dao.h"

static const char SQL_RENEW[] =
    "INSERT INTO relays (id, alive_since, lease_until) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE "
    "alive_since = IF(lease_until < VALUES(alive_since) OR alive_since > VALUES(alive_since), VALUES(alive_since), alive_since), "
    "lease_until = VALUES(lease_until)";
static const char SQL_EXPECT[] = "INSERT IGNORE INTO relays (id, alive_since, lease_until) VALUES (?, ?, ?)";
static const char SQL_LEASES[] = "SELECT COUNT(*) FROM relays WHERE id = ? AND lease_until >= ?";
static const char SQL_ALIVE_SINCE[] = "SELECT alive_since FROM relays WHERE id = ?";
static const char SQL_FORGET[] =
    "DELETE FROM relays WHERE lease_until < ? AND NOT EXISTS (SELECT 1 FROM participants p WHERE p.relay = relays.id)";

static void read_time(struct db_rows *rows, void *out) { *(int64_t *)out = db_get_time(rows); }
static const char SQL_SET_STATS[] = "UPDATE relays SET stats = ? WHERE id = ?";
static const char SQL_LIST[] =
    "SELECT id, alive_since, COALESCE(stats, '') FROM relays WHERE lease_until >= ? AND alive_since <= ? ORDER BY id LIMIT 1000";

enum err relay_dao_renew(struct db *db, const char *relay, int64_t now_ms, int64_t lease_until_ms,
                         int64_t *alive_since_ms)
{
    enum err e = db_execute(db, SQL_RENEW, DB_PARAMS(db_text(relay), db_time(now_ms), db_time(lease_until_ms)), NULL);
    return e ? e : db_select_one(db, NULL, SQL_ALIVE_SINCE, DB_PARAMS(db_text(relay)), read_time, alive_since_ms);
}

enum err relay_dao_expect(struct db *db, const char *relay, int64_t until_ms)
{
    return db_execute(db, SQL_EXPECT, DB_PARAMS(db_text(relay), db_time(until_ms), db_time(until_ms)), NULL);
}

enum err relay_dao_has_lease(struct db *db, const char *relay, int64_t now_ms, bool *has)
{
    int64_t count;
    enum err e = db_select_int(db, SQL_LEASES, DB_PARAMS(db_text(relay), db_time(now_ms)), &count);
    if (!e)
        *has = count > 0;
    return e;
}

enum err relay_dao_forget(struct db *db, int64_t before_ms)
{
    return db_execute(db, SQL_FORGET, DB_PARAMS(db_time(before_ms)), NULL);
}

enum err relay_dao_set_stats(struct db *db, const char *relay, const char *stats)
{
    return db_execute(db, SQL_SET_STATS, DB_PARAMS(db_text(stats), db_text(relay)), NULL);
}

static void read_relay(struct db_rows *rows, void *out)
{
    struct relay_row *row = out;
    row->id = db_get_text(rows);
    row->alive_since_ms = db_get_time(rows);
    row->stats = db_get_text(rows);
}

enum err relay_dao_list(struct db *db, struct arena *arena, int64_t now_ms, struct relay_row **items, int *count)
{
    return db_select_all(db, arena, SQL_LIST, DB_PARAMS(db_time(now_ms), db_time(now_ms)), read_relay, sizeof **items,
                         items, count);
}
