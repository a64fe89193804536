/* What the workers are at and what they have counted, in memory that all of them and the supervisor share. Every number
 * is written atomically; nothing is locked. */
#ifndef CORE_SCOREBOARD_H
#define CORE_SCOREBOARD_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    SCORE_REQUEST_ID = 65,
    SCORE_ROUTES = 96,   /* rows of the table of routes, at most; the last one counts requests without a route */
    SCORE_STATUSES = 20, /* HTTP statuses told apart; the last one counts all others */
    SCORE_BUCKETS = 14   /* of the histogram of durations; the last one has no bound */
};

/* Upper bounds of the histogram's buckets, in microseconds; the last one is 0: none. */
extern const int64_t score_bounds_us[SCORE_BUCKETS];

/* The statuses told apart, in order; 0 ends them. */
extern const int score_statuses[SCORE_STATUSES];

/* One worker's place. */
struct score {
    _Atomic int pool;              /* enum pool of http/request.h; -1: nobody has this place */
    _Atomic int64_t busy_since_ms; /* 0: idle */
    _Atomic int64_t limit_ms;      /* that it may be busy; 0: ECHOMEET_REQUEST_LIMIT_MS */
    _Atomic int64_t reader;        /* the user whose reading request it is at; 0: nobody's, or another request */
    char request_id[SCORE_REQUEST_ID];
};

/* What one route has counted. */
struct route_score {
    _Atomic int64_t by_status[SCORE_STATUSES];
    _Atomic int64_t buckets[SCORE_BUCKETS];
    _Atomic int64_t sum_us;
};

struct scoreboard {
    _Atomic int64_t worker_restarts; /* workers that ended unexpectedly and were replaced */
    _Atomic int64_t workers_killed;  /* of those, killed for holding a request too long */
    _Atomic int64_t database_errors;
    _Atomic int64_t redis_errors;
    _Atomic int64_t write_refused_us; /* when the database could not write last, by clock_elapsed_us; 0: never */
    _Atomic int64_t write_checked_us; /* when somebody looked last whether it can; 0: never */
    _Atomic int64_t write_failed;     /* whether it could not then */
    struct route_score routes[SCORE_ROUTES];
    int count;
    struct score scores[];
};

/* Memory with count places that executed processes share by its descriptor; NULL where there is none. */
struct scoreboard *scoreboard_new(int count, int *fd);
struct scoreboard *scoreboard_attach(int count, int fd);

void score_begin(struct score *score, int64_t now_ms, const char *request_id);
void score_end(struct score *score);

/* Gives what this place is at another limit than requests have. */
void score_limit(struct score *score, int64_t limit_ms);

/* Notes whose reading request this place is at. */
void score_reads(struct score *score, int64_t user_id);

/* How many reading requests of the user the pool of this place is at that began before a time. */
int scoreboard_reading(const struct scoreboard *board, const struct score *place, int64_t user_id, int64_t before_ms);

/* Counts a request that was answered. */
void scoreboard_count(struct scoreboard *board, int route, int status, int64_t duration_us);

#endif
