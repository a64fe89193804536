#include "service/health.h"

#include "core/limits.h"
#include "db/health_dao.h"
#include "db/migrate.h"

static bool can_write(struct call *call) { return health_dao_write(call->app->db, call_now_ms(call)) == ERR_OK; }

/* One worker looks, and not at every request: it costs a commit. A row that is there can be written on a full disk,
 * too; that others could not write says so. While one looks the others answer what was seen last, so that a server
 * which keeps it waiting does not keep all. */
static bool writes(struct call *call)
{
    struct scoreboard *board = call->app->scoreboard;
    if (!board)
        return can_write(call);
    int64_t now_us = clock_elapsed_us(), refused_us = board->write_refused_us;
    if (!board->write_checked_us || now_us - board->write_checked_us >= INT64_C(1000) * LIMIT_WRITE_CHECK_MS) {
        board->write_checked_us = now_us;
        board->write_failed = !can_write(call);
    }
    bool refused = refused_us && now_us - refused_us < INT64_C(1000) * LIMIT_WRITE_REFUSED_MS;
    return !board->write_failed && !refused;
}

struct health health_check(struct call *call)
{
    int64_t version;
    struct health health = {.mysql = db_ping(call->app->db) == ERR_OK, .redis = kv_works(call->app->kv)};
    health.migrations = health.mysql && migrate_version(call->app->db, &version) == ERR_OK && version >= SCHEMA_VERSION;
    health.writes = health.migrations && writes(call);
    return health;
}
