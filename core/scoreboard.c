#include "core/scoreboard.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

const int64_t score_bounds_us[SCORE_BUCKETS] = {1000,   2500,   5000,    10000,   25000,   50000,    100000,
                                                250000, 500000, 1000000, 2500000, 5000000, 10000000, 0};

const int score_statuses[SCORE_STATUSES] = {200, 201, 204, 304, 400, 401, 403, 404, 405,
                                            409, 413, 415, 429, 500, 503, 504, 0};

static size_t board_size(int count) { return sizeof(struct scoreboard) + (size_t)count * sizeof(struct score); }

struct scoreboard *scoreboard_attach(int count, int fd)
{
    void *memory = mmap(NULL, board_size(count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct scoreboard *scoreboard_new(int count, int *fd)
{
    *fd = memfd_create("echomeet-scoreboard", 0); /* without CLOEXEC: workers attach to it */
    if (*fd < 0 || ftruncate(*fd, (off_t)board_size(count)) != 0)
        return NULL;
    struct scoreboard *board = scoreboard_attach(count, *fd);
    if (!board)
        return NULL;
    board->count = count;
    for (int i = 0; i < count; i++)
        board->scores[i].pool = -1;
    return board;
}

void score_begin(struct score *score, int64_t now_ms, const char *request_id)
{
    snprintf(score->request_id, sizeof score->request_id, "%s", request_id);
    atomic_store(&score->busy_since_ms, now_ms);
}

void score_end(struct score *score)
{
    atomic_store(&score->reader, 0);
    atomic_store(&score->limit_ms, 0);
    atomic_store(&score->busy_since_ms, 0);
}

void score_limit(struct score *score, int64_t limit_ms) { atomic_store(&score->limit_ms, limit_ms); }

void score_reads(struct score *score, int64_t user_id) { atomic_store(&score->reader, user_id); }

int scoreboard_reading(const struct scoreboard *board, const struct score *place, int64_t user_id, int64_t before_ms)
{
    int n = 0;
    for (int i = 0; i < board->count; i++) {
        const struct score *s = &board->scores[i];
        int64_t since_ms = s->busy_since_ms;
        n += s->pool == place->pool && s->reader == user_id && since_ms && since_ms < before_ms;
    }
    return n;
}

static void add(_Atomic int64_t *counter, int64_t n) { atomic_fetch_add_explicit(counter, n, memory_order_relaxed); }

void scoreboard_count(struct scoreboard *board, int route, int status, int64_t duration_us)
{
    struct route_score *r = &board->routes[route];
    int s = 0, b = 0;
    while (s < SCORE_STATUSES - 1 && score_statuses[s] != status)
        s++;
    while (b < SCORE_BUCKETS - 1 && duration_us > score_bounds_us[b])
        b++;
    add(&r->by_status[s], 1);
    add(&r->buckets[b], 1);
    add(&r->sum_us, duration_us);
}
