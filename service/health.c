#include "service/health.h"

struct health health_check(struct call *call)
{
    return (struct health){.mysql = db_ping(call->app->db) == ERR_OK, .redis = kv_ping(call->app->kv)};
}
