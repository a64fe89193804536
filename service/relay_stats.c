#include "service/relay_stats.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "db/relay_dao.h"

const char *const relay_stat_names[RELAY_STATS] = {
    "connections", "rooms",      "queuedBytes",    "redisUp",     "deliveries", "bytesIn",     "bytesOut",
    "gapsFound",   "gapsClosed", "slowClientsCut", "rateLimited", "calls",      "callsFailed",
};

static int find_name(const char *name)
{
    int i = 0;
    while (i < RELAY_STATS && strcmp(relay_stat_names[i], name) != 0)
        i++;
    return i;
}

/* What is missing is 0. Writes into the text. */
static void read_stats(char *text, int64_t values[static RELAY_STATS])
{
    char *next;
    memset(values, 0, RELAY_STATS * sizeof *values);
    for (char *word = strtok_r(text, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        char *equals = strchr(word, '=');
        int64_t value;
        if (!equals || !text_to_int(equals + 1, &value))
            continue;
        *equals = '\0';
        int i = find_name(word);
        if (i < RELAY_STATS)
            values[i] = value;
    }
}

enum err relay_stats_report(struct context *ctx, const char *text)
{
    int64_t values[RELAY_STATS];
    struct buf line = {0};
    read_stats(arena_printf(ctx->arena, "%s", text), values);
    for (int i = 0; i < RELAY_STATS; i++)
        buf_printf(&line, "%s%s=%lld", i ? " " : "", relay_stat_names[i], (long long)values[i]);
    enum err e = line.failed ? ERR_INTERNAL : relay_dao_set_stats(ctx->app->db, ctx->relay, line.data);
    buf_free(&line);
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
        read_stats(rows[i].stats, list[i].values);
    }
    *items = list;
    return ERR_OK;
}
