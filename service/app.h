/* What a worker holds for its whole life. There are no other globals. */
#ifndef SERVICE_APP_H
#define SERVICE_APP_H

#include "core/clock.h"
#include "core/config.h"
#include "core/random.h"
#include "core/scoreboard.h"
#include "core/token_memory.h"
#include "core/turn.h"
#include "db/db.h"
#include "db/kv.h"

enum { PASSWORD_KEY_BYTES = 32, RATE_BUCKETS = 1024 };

/* A token bucket of this worker alone, for the time that Redis is away. */
struct rate_bucket {
    int64_t thousandths; /* of a token */
    int64_t at_ms;       /* of the last look; 0: never used, full */
};

/* What a worker remembers of media nodes (service/media_node.c). Times are ms since 1970. */
struct media_memory {
    int64_t asked_ms; /* when it asked whether one has room; 0: never */
    bool has_room;
    int64_t looked_ms; /* when it last looked for nodes that are dead; 0: never */
    int64_t steady_ms; /* since when it did so without a break */
};

struct app {
    const struct config *config;
    struct clock clock;
    struct random random;
    struct db *db;
    struct kv *kv;
    struct scoreboard *scoreboard; /* NULL where there is no pool */
    struct score *score;           /* this worker's place on it */
    struct token_keys token_keys;  /* for the whole life: new keys come with new workers */
    struct token_memory token_memory;
    struct rate_bucket rate_buckets[RATE_BUCKETS]; /* by the hash of their key */
    struct media_memory media;
    unsigned char password_key[PASSWORD_KEY_BYTES]; /* meeting passwords are encrypted with it */
    char turn_secret[TURN_SECRET_MAX + 1];          /* empty where there is no TURN server */
};

/* Reads the secrets and prepares the connections (made at their first use). config and scoreboard (may be NULL) must
 * outlive it. ERR_UNAVAILABLE, ERR_VALIDATION_FAILED: a file with secrets is missing or wrong; the log names it. */
MUST_CHECK enum err app_open(struct app *app, const struct config *config, struct scoreboard *scoreboard);
void app_close(struct app *app);

#endif
