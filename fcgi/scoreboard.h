/* What each worker is at, in memory that workers write and the supervisor reads. */
#ifndef FCGI_SCOREBOARD_H
#define FCGI_SCOREBOARD_H

#include <stdatomic.h>
#include <stdint.h>

enum { SCORE_REQUEST_ID = 65 };

/* One worker's place. */
struct score {
    _Atomic int64_t busy_since_ms; /* 0: idle */
    char request_id[SCORE_REQUEST_ID];
};

/* Memory for count places that forked and executed processes share by its descriptor; NULL where there is none. */
struct score *scoreboard_new(int count, int *fd);
struct score *scoreboard_attach(int count, int fd);

void score_begin(struct score *score, int64_t now_ms, const char *request_id);
void score_end(struct score *score);

#endif
