#include "db/health_dao.h"

static const char SQL_WRITE[] = "UPDATE health SET checked_at = ? WHERE id = 1";

struct write {
    struct db *db;
    int64_t now_ms;
};

static enum err write_body(void *arg)
{
    const struct write *w = arg;
    return db_execute(w->db, SQL_WRITE, DB_PARAMS(db_time(w->now_ms)), NULL);
}

enum err health_dao_write(struct db *db, int64_t now_ms)
{
    struct write w = {db, now_ms};
    return db_transaction(db, write_body, &w);
}
