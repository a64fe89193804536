/* What relays tell of themselves with each heartbeat, and administrators see. */
#ifndef SERVICE_RELAY_STATS_H
#define SERVICE_RELAY_STATS_H

#include "core/relay_wire.h"
#include "service/context.h"

struct relay_stats {
    const char *relay;
    int64_t alive_since_ms;
    int64_t values[RELAY_STATS];
};

/* What the calling relay tells (relay_wire_stats_line). Unknown names are left out. */
MUST_CHECK enum err relay_stats_report(struct context *ctx, struct slice list);

/* The relays whose lease has not run out. */
MUST_CHECK enum err relay_stats_list(struct context *ctx, struct relay_stats **items, int *count);

#endif
