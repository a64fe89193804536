/* /api/v1/ws/stats: what relays tell of themselves, for administrators. */
#include <string.h>

#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/relay_stats.h"

static void write_relay(struct json *j, const struct relay_stats *s)
{
    json_object(j, NULL);
    json_str(j, "relay", s->relay);
    json_time(j, "aliveSince", s->alive_since_ms);
    for (int i = 0; i < RELAY_STATS; i++) {
        if (strcmp(relay_stat_names[i], "redisUp") == 0)
            json_bool(j, relay_stat_names[i], s->values[i] != 0);
        else
            json_int(j, relay_stat_names[i], s->values[i]);
    }
    json_object_end(j);
}

enum err relay_stats_get(struct exchange *x)
{
    struct relay_stats *items;
    int count;
    int64_t connections = 0;
    enum err e = relay_stats_list(&x->ctx, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++) {
        write_relay(&j, &items[i]);
        connections += items[i].values[0];
    }
    json_array_end(&j);
    json_int(&j, "connections", connections);
    json_object_end(&j);
    return ERR_OK;
}
