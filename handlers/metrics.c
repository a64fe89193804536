/* /metrics: the counters of all workers in the text format of Prometheus, for configured addresses only. */
#include "service/metrics.h"

#include <string.h>

#include "core/scoreboard.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/job.h"

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP echomeet_%s %s\n# TYPE echomeet_%s %s\n", name, help, name, type);
}

static void labels(struct buf *out, int route)
{
    if (route < route_count)
        buf_printf(out, "method=\"%s\",route=\"%s\"", routes[route].method, routes[route].pattern);
    else
        buf_puts(out, "method=\"\",route=\"\"");
}

static void write_requests(struct buf *out, struct scoreboard *board)
{
    family(out, "requests_total", "counter", "Requests answered, by route and HTTP status.");
    for (int r = 0; r < SCORE_ROUTES; r++)
        for (int s = 0; s < SCORE_STATUSES; s++) {
            long long n = board->routes[r].by_status[s];
            if (n == 0)
                continue;
            buf_puts(out, "echomeet_requests_total{");
            labels(out, r);
            buf_printf(out, ",status=\"%d\"} %lld\n", score_statuses[s], n);
        }
}

static void write_histogram(struct buf *out, int route, struct route_score *score)
{
    long long sum = 0;
    for (int b = 0; b < SCORE_BUCKETS; b++) {
        sum += score->buckets[b];
        buf_puts(out, "echomeet_request_duration_seconds_bucket{");
        labels(out, route);
        if (score_bounds_us[b])
            buf_printf(out, ",le=\"%g\"} %lld\n", (double)score_bounds_us[b] / 1e6, sum);
        else
            buf_printf(out, ",le=\"+Inf\"} %lld\n", sum);
    }
    buf_puts(out, "echomeet_request_duration_seconds_sum{");
    labels(out, route);
    buf_printf(out, "} %.6f\nechomeet_request_duration_seconds_count{", (double)score->sum_us / 1e6);
    labels(out, route);
    buf_printf(out, "} %lld\n", sum);
}

static void write_durations(struct buf *out, struct scoreboard *board)
{
    family(out, "request_duration_seconds", "histogram", "Time a worker took for a request, by route.");
    for (int r = 0; r < SCORE_ROUTES; r++) {
        int64_t any = 0;
        for (int b = 0; b < SCORE_BUCKETS; b++)
            any += board->routes[r].buckets[b];
        if (any)
            write_histogram(out, r, &board->routes[r]);
    }
}

static void write_workers(struct buf *out, struct scoreboard *board)
{
    static const char *const names[] = {[POOL_API] = "api",
                                        [POOL_SIGNIN] = "signin",
                                        [POOL_RELAY] = "relay",
                                        [POOL_HOUSEKEEPING] = "housekeeping",
                                        [POOL_JOBS] = "jobs"};
    int busy[POOL_COUNT] = {0}, idle[POOL_COUNT] = {0};
    for (int i = 0; i < board->count; i++) {
        int pool = board->scores[i].pool;
        if (pool >= 0)
            *(board->scores[i].busy_since_ms ? &busy[pool] : &idle[pool]) += 1;
    }
    family(out, "workers", "gauge", "Workers of a pool, by what they are at.");
    for (int p = 0; p < POOL_COUNT; p++)
        buf_printf(out,
                   "echomeet_workers{pool=\"%s\",state=\"busy\"} %d\nechomeet_workers{pool=\"%s\",state=\"idle\"} %d\n",
                   names[p], busy[p], names[p], idle[p]);
}

static void write_counter(struct buf *out, const char *name, const char *help, int64_t value)
{
    family(out, name, "counter", help);
    buf_printf(out, "echomeet_%s %lld\n", name, (long long)value);
}

/* Jobs of a kind in a state; where there are none, none are counted. */
static struct job_count jobs_in(const struct job_count *items, int count, const char *kind, enum job_state state)
{
    for (int i = 0; i < count; i++)
        if (items[i].state == (int64_t)state && strcmp(items[i].kind, kind) == 0)
            return items[i];
    return (struct job_count){0};
}

/* Nothing where the database is away: the other numbers are there all the same. */
static void write_jobs(struct exchange *x)
{
    static const struct {
        const char *name, *help;
        enum job_state state;
    } gauges[] = {{"jobs_waiting", "Jobs that wait, by kind.", JOB_WAITING},
                  {"jobs_running", "Jobs that run.", JOB_RUNNING},
                  {"jobs_failed", "Jobs that were given up: administrators repeat or drop them.", JOB_DEAD}};
    struct buf *out = &x->res->body;
    struct job_count *items;
    int count;
    if (job_counts(&x->ctx, &items, &count))
        return;
    for (size_t g = 0; g < sizeof gauges / sizeof *gauges; g++) {
        family(out, gauges[g].name, "gauge", gauges[g].help);
        for (int k = 0; k < JOB_KINDS; k++)
            buf_printf(out, "echomeet_%s{kind=\"%s\"} %lld\n", gauges[g].name, job_kinds[k].name,
                       (long long)jobs_in(items, count, job_kinds[k].name, gauges[g].state).count);
    }
    family(out, "jobs_oldest_age_seconds", "gauge", "For how long the oldest job that waits has been due.");
    for (int k = 0; k < JOB_KINDS; k++) {
        int64_t due_ms = jobs_in(items, count, job_kinds[k].name, JOB_WAITING).due_ms,
                age_ms = due_ms ? context_now_ms(&x->ctx) - due_ms : 0;
        buf_printf(out, "echomeet_jobs_oldest_age_seconds{kind=\"%s\"} %.3f\n", job_kinds[k].name,
                   age_ms > 0 ? (double)age_ms / 1000 : 0);
    }
}

enum err metrics_get(struct exchange *x)
{
    struct scoreboard *board = x->ctx.app->scoreboard;
    if (!board || !metrics_may_read(&x->ctx))
        return ERR_FORBIDDEN;
    x->res->status = 200;
    x->res->content_type = "text/plain; version=0.0.4; charset=utf-8";
    struct buf *out = &x->res->body;
    write_requests(out, board);
    write_durations(out, board);
    write_workers(out, board);
    write_counter(out, "worker_restarts_total", "Workers that ended unexpectedly and were replaced.",
                  board->worker_restarts);
    write_counter(out, "workers_killed_total", "Workers killed for holding one request too long.",
                  board->workers_killed);
    write_counter(out, "database_errors_total", "Errors of the database but duplicate keys, deadlocks included.",
                  board->database_errors);
    write_counter(out, "redis_errors_total", "Commands that Redis did not take.", board->redis_errors);
    write_jobs(x);
    return ERR_OK;
}
