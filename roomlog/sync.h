/* The sync, a reconciliation with the workers: every few seconds, and more often while Redis is away, one call names
 * all rooms of this program with the last event of each, and hears which have gone on. It closes what a lost message
 * opened, and is the program's heartbeat. */
#ifndef ROOMLOG_SYNC_H
#define ROOMLOG_SYNC_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/skim.h"

struct backend;
struct sync;

/* Whoever has the rooms. */
struct sync_hooks {
    /* appends what is told: relay_wire_stats_write, then relay_wire_position_write for each room */
    void (*write)(void *data, struct buf *out);
    /* the workers' log of this meeting goes up to seq */
    void (*latest)(void *data, int64_t meeting_id, int64_t seq);
    /* a line of the answer that is no position */
    void (*heard)(void *data, struct slice line);
    /* the sync is over, after its lines; false: it was not answered, or refused */
    void (*synced)(void *data, bool answered);
    /* Redis is away: sync more often */
    bool (*degraded)(void *data);
};

/* Begins at once, and syncs every every_ms, by a call to path. path and hooks must outlive it. NULL when memory
 * runs out. */
struct sync *sync_new(struct ev_loop *loop, const char *path, int64_t every_ms, struct backend *backend,
                      const struct sync_hooks *hooks, void *data);
void sync_free(struct sync **sync);

/* Syncs now, or right after the sync under way: that one may have been asked too early. */
void sync_now(struct sync *sync);

#endif
