#include "service/relay_stats.h"

#include <string.h>

#include "core/buf.h"
#include "db/relay_dao.h"

enum err relay_stats_report(struct context *ctx, struct slice list)
{
    int64_t values[RELAY_STATS];
    struct buf known = {0};
    relay_wire_stats_read(list, values);
    relay_wire_stats_list(&known, values);
    enum err e = known.failed ? ERR_INTERNAL : relay_dao_set_stats(ctx->app->db, ctx->relay, known.data);
    buf_free(&known);
    return e;
}

enum err relay_stats_list(struct context *ctx, struct relay_stats **items, int *count)
{
    struct relay_row *rows;
    enum err e = relay_dao_list(ctx->app->db, ctx->arena, context_now_ms(ctx), &rows, count);
    if (e)
        return e;
    struct relay_stats *list = arena_array(ctx->arena, (size_t)*count + 1, sizeof *list);
    for (int i = 0; i < *count; i++) {
        list[i].relay = rows[i].id;
        list[i].alive_since_ms = rows[i].alive_since_ms;
        relay_wire_stats_read((struct slice){rows[i].stats, strlen(rows[i].stats)}, list[i].values);
    }
    *items = list;
    return ERR_OK;
}
