/* What the relay counts, and its two forms: for Prometheus (GET /metrics on the relay's own port), and one line that
 * goes to the workers with each sync, for GET /api/v1/ws/stats. */
#ifndef RELAY_METRICS_H
#define RELAY_METRICS_H

#include <stdint.h>

#include "core/buf.h"
#include "roomlog/backend.h"
#include "roomlog/follower.h"

enum { METRICS_BUCKETS = 13 };

struct metrics {
    int64_t connections; /* sockets of clients now */
    struct follower_numbers log;
    int64_t connections_opened; /* handshakes accepted */
    int64_t handshakes_refused;
    int64_t deliveries;          /* frames of rooms, each counted once for each client that it goes to */
    int64_t bytes_in, bytes_out; /* on clients' sockets */
    int64_t queued_bytes;        /* that wait for clients now */
    int64_t slow_cut;            /* connections closed with 4408 */
    int64_t signals_dropped;     /* for a client for whom much waited already */
    int64_t rate_limited;        /* messages refused for their rate */
    int64_t calls[CALL_RESULTS];
    int64_t call_buckets[METRICS_BUCKETS]; /* durations of calls, see metrics.c */
    double call_seconds;
};

/* A backend_count_fn; data: the struct metrics. */
void metrics_call(void *data, enum call_result result, double seconds);

/* Appends the text format of Prometheus. clock_difference_ms: how far the workers' clock is ahead. */
void metrics_write(const struct metrics *metrics, int64_t clock_difference_ms, struct buf *out);

/* Appends the line for the workers (core/relay_wire.h). */
void metrics_write_line(const struct metrics *metrics, struct buf *out);

#endif
