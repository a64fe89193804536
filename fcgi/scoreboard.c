#include "fcgi/scoreboard.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct score *scoreboard_attach(int count, int fd)
{
    void *memory = mmap(NULL, (size_t)count * sizeof(struct score), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct score *scoreboard_new(int count, int *fd)
{
    *fd = memfd_create("echomeet-scoreboard", 0); /* without CLOEXEC: workers attach to it */
    if (*fd < 0 || ftruncate(*fd, (off_t)((size_t)count * sizeof(struct score))) != 0)
        return NULL;
    return scoreboard_attach(count, *fd);
}

void score_begin(struct score *score, int64_t now_ms, const char *request_id)
{
    snprintf(score->request_id, sizeof score->request_id, "%s", request_id);
    atomic_store(&score->busy_since_ms, now_ms);
}

void score_end(struct score *score) { atomic_store(&score->busy_since_ms, 0); }
