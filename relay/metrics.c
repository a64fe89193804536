#include "relay/metrics.h"

#include "core/relay_wire.h"

/* upper bounds in seconds; beyond the last one is the last bucket */
static const double bounds[METRICS_BUCKETS - 1] = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10};

void metrics_call(void *data, enum call_result result, double seconds)
{
    struct metrics *m = data;
    int i = 0;
    while (i < METRICS_BUCKETS - 1 && seconds > bounds[i])
        i++;
    m->calls[result]++;
    m->call_buckets[i]++;
    m->call_seconds += seconds;
}

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP echomeet_relay_%s %s\n# TYPE echomeet_relay_%s %s\n", name, help, name, type);
}

static void number(struct buf *out, const char *name, const char *type, const char *help, int64_t value)
{
    family(out, name, type, help);
    buf_printf(out, "echomeet_relay_%s %lld\n", name, (long long)value);
}

static void write_calls(const struct metrics *m, struct buf *out)
{
    static const char *const names[CALL_RESULTS] = {
        [CALL_OK] = "ok",           [CALL_REFUSED] = "refused",
        [CALL_FAILED] = "failed",   [CALL_UNAVAILABLE] = "unavailable",
        [CALL_UNKNOWN] = "unknown", [CALL_TIMEOUT] = "timeout",
    };
    long long sum = 0;
    family(out, "calls_total", "counter", "Calls to the workers, by what became of them.");
    for (int i = 0; i < CALL_RESULTS; i++)
        buf_printf(out, "echomeet_relay_calls_total{result=\"%s\"} %lld\n", names[i], (long long)m->calls[i]);
    family(out, "call_duration_seconds", "histogram", "Time from a call's beginning to its answer, waiting included.");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        sum += m->call_buckets[i];
        if (i < METRICS_BUCKETS - 1)
            buf_printf(out, "echomeet_relay_call_duration_seconds_bucket{le=\"%g\"} %lld\n", bounds[i], sum);
    }
    buf_printf(out, "echomeet_relay_call_duration_seconds_bucket{le=\"+Inf\"} %lld\n", sum);
    buf_printf(out, "echomeet_relay_call_duration_seconds_sum %.6f\n", m->call_seconds);
    buf_printf(out, "echomeet_relay_call_duration_seconds_count %lld\n", sum);
}

void metrics_write(const struct metrics *m, int64_t clock_difference_ms, struct buf *out)
{
    number(out, "connections", "gauge", "Sockets of clients.", m->connections);
    number(out, "rooms", "gauge", "Rooms with somebody at this relay.", m->log.rooms);
    number(out, "queued_bytes", "gauge", "Bytes that wait for clients.", m->queued_bytes);
    number(out, "redis_up", "gauge", "1 while every Redis answers.", m->log.redis_up);
    number(out, "clock_difference_milliseconds", "gauge", "How far the clock of the workers is ahead of this relay's.",
           clock_difference_ms);
    number(out, "connections_opened_total", "counter", "Handshakes accepted.", m->connections_opened);
    number(out, "handshakes_refused_total", "counter", "Handshakes refused.", m->handshakes_refused);
    number(out, "deliveries_total", "counter", "Events and signals, once for each client that they went to.",
           m->deliveries);
    number(out, "bytes_in_total", "counter", "Bytes from clients.", m->bytes_in);
    number(out, "bytes_out_total", "counter", "Bytes to clients.", m->bytes_out);
    number(out, "gaps_found_total", "counter", "Times that a room missed an event of which it knew.",
           m->log.gaps_found);
    number(out, "gaps_closed_total", "counter", "Of these, those in which what was missing came.", m->log.gaps_closed);
    number(out, "slow_clients_cut_total", "counter", "Connections closed since they did not read (4408).", m->slow_cut);
    number(out, "signals_dropped_total", "counter",
           "Signals, typing and reactions not sent to a client for whom much waited already.", m->signals_dropped);
    number(out, "rate_limited_total", "counter", "Messages refused since they came too fast.", m->rate_limited);
    write_calls(m, out);
}

void metrics_write_line(const struct metrics *m, struct buf *out)
{
    int64_t calls = 0;
    for (int i = 0; i < CALL_RESULTS; i++)
        calls += m->calls[i];
    const int64_t values[RELAY_STATS] = {
        [RELAY_STAT_CONNECTIONS] = m->connections,
        [RELAY_STAT_ROOMS] = m->log.rooms,
        [RELAY_STAT_QUEUED_BYTES] = m->queued_bytes,
        [RELAY_STAT_REDIS_UP] = m->log.redis_up,
        [RELAY_STAT_DELIVERIES] = m->deliveries,
        [RELAY_STAT_BYTES_IN] = m->bytes_in,
        [RELAY_STAT_BYTES_OUT] = m->bytes_out,
        [RELAY_STAT_GAPS_FOUND] = m->log.gaps_found,
        [RELAY_STAT_GAPS_CLOSED] = m->log.gaps_closed,
        [RELAY_STAT_SLOW_CLIENTS_CUT] = m->slow_cut,
        [RELAY_STAT_RATE_LIMITED] = m->rate_limited,
        [RELAY_STAT_CALLS] = calls,
        [RELAY_STAT_CALLS_FAILED] = calls - m->calls[CALL_OK] - m->calls[CALL_REFUSED],
    };
    relay_wire_stats_write(out, values);
}
