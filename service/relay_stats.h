/* What relays tell of themselves with each heartbeat, and administrators see. */
#ifndef SERVICE_RELAY_STATS_H
#define SERVICE_RELAY_STATS_H

#include "service/context.h"

/* The numbers that are known, by the name that they have on the wire and in JSON. */
enum { RELAY_STATS = 13 };
extern const char *const relay_stat_names[RELAY_STATS];

struct relay_stats {
    const char *relay;
    int64_t alive_since_ms;
    int64_t values[RELAY_STATS];
};

/* "<name>=<number> …" from the calling relay. Unknown names are left out, so that a newer relay may tell more. */
MUST_CHECK enum err relay_stats_report(struct context *ctx, const char *text);

/* The relays whose lease has not run out. */
MUST_CHECK enum err relay_stats_list(struct context *ctx, struct relay_stats **items, int *count);

#endif
