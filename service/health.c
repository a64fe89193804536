#include "service/health.h"

#include "db/migrate.h"

struct health health_check(struct call *call)
{
    int64_t version;
    struct health health = {.mysql = db_ping(call->app->db) == ERR_OK, .redis = kv_ping(call->app->kv)};
    health.migrations = health.mysql && migrate_version(call->app->db, &version) == ERR_OK && version >= SCHEMA_VERSION;
    return health;
}
