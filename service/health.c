#include "service/health.h"

#include "core/limits.h"
#include "db/health_dao.h"
#include "db/migrate.h"

static bool can_write(struct context *ctx) { return health_dao_write(ctx->app->db, context_now_ms(ctx)) == ERR_OK; }

/* One worker looks, and not at every request: it costs a commit. A row that is there can be written on a full disk,
 * too; that others could not write says so. While one looks the others answer what was seen last, so that a server
 * which keeps it waiting does not keep all. */
static bool writes(struct context *ctx)
{
    struct scoreboard *board = ctx->app->scoreboard;
    if (!board)
        return can_write(ctx);
    int64_t now_us = clock_elapsed_us(), refused_us = board->write_refused_us;
    if (!board->write_checked_us || now_us - board->write_checked_us >= INT64_C(1000) * LIMIT_WRITE_CHECK_MS) {
        board->write_checked_us = now_us;
        board->write_failed = !can_write(ctx);
    }
    bool refused = refused_us && now_us - refused_us < INT64_C(1000) * LIMIT_WRITE_REFUSED_MS;
    return !board->write_failed && !refused;
}

struct health health_check(struct context *ctx)
{
    int64_t version;
    struct health health = {.mysql = db_ping(ctx->app->db) == ERR_OK, .redis = kv_works(ctx->app->kv)};
    health.migrations = health.mysql && migrate_version(ctx->app->db, &version) == ERR_OK && version >= SCHEMA_VERSION;
    health.writes = health.migrations && writes(ctx);
    return health;
}
