/* /healthz: the process answers. /readyz: so does what it needs. */
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/health.h"

enum err healthz_get(struct exchange *x)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_str(&j, "status", "ok");
    json_object_end(&j);
    return ERR_OK;
}

enum err readyz_get(struct exchange *x)
{
    struct health health = health_check(&x->ctx);
    bool ok = health.mysql && health.redis && health.migrations && health.writes;
    struct json j = response_json(x->res, ok ? 200 : 503);
    json_object(&j, NULL);
    json_str(&j, "status", ok ? "ok" : "unavailable");
    json_str(&j, "mysql", health.mysql ? "ok" : "unavailable");
    json_str(&j, "redis", health.redis ? "ok" : "unavailable");
    json_str(&j, "migrations", health.migrations ? "ok" : "unavailable");
    json_str(&j, "writes", health.writes ? "ok" : "unavailable");
    json_object_end(&j);
    return ERR_OK;
}
