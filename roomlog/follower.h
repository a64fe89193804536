/* Follows the logs of rooms: subscribes to their channels, puts the events in order, fetches what is missing, and
 * compares with the database's newest numbers. It knows no connection, no WebSocket and no member: a program that wants
 * to know what happens in meetings needs this folder and core/ only.
 *
 * The contract. A reader begins behind one event of a room's log. From there each event of the log comes to it once, in
 * the order of the numbers, without a gap, whatever dies meanwhile: Redis, a worker, the subscription, or a message on
 * its way. How soon it comes depends on that (a broken Redis costs up to a second, broken workers as long as they are
 * away); whether it comes does not. There is one exception: the log itself does not hold its first events for ever.
 * Whoever still wanted them is told so (`gone`), and begins anew from a snapshot.
 * Each reader has this promise for itself: one that begins late first gets what it missed, of what is kept or by a
 * fetch; it neither delays the others nor lets them see anything twice.
 *
 * Three words say where everybody is:
 *
 *   position  of a reader: every event of the room up to this number has come to it. The next one it is given is
 *             position + 1, and no other. The follower moves it before it calls `event`
 *   seq       of the room's stream (stream.h): every event up to this number has left it, for the readers that were in
 *             step. A reader's position may be less (it began late), or more (it began with a number that the stream
 *             has not reached: what comes until then is nothing to it)
 *   behind    of a room: a reader's position is less than seq, and its next event is not kept any more. The next fetch
 *             then begins at the lowest position instead of at seq; what comes of it goes to those whose turn it is */
#ifndef ROOMLOG_FOLLOWER_H
#define ROOMLOG_FOLLOWER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/envelope.h"
#include "core/skim.h"
#include "roomlog/stream.h"

struct backend;
struct config;
struct followed_room;
struct follower;

/* Lies in the reader's own struct. Start with all zero. Only to be looked at. */
struct reader {
    struct followed_room *room; /* NULL: it reads none */
    uint32_t index;             /* among the readers of the room */
    int64_t position;
};

/* All are called from the loop, and `event` and `gone` from follower_read as well. They must not wait. They may call
 * follower_leave for the reader that they are given, and follower_publish; `event` and `gone` must not make another
 * reader of the same room leave or begin, and none may free the follower. */
struct follower_hooks {
    struct payload_type payload; /* what events carry */
    /* The next event of this reader. event_ref keeps it. */
    void (*event)(void *data, struct reader *reader, struct event *event);
    /* The log does not hold the next events of this reader any more. If it does not leave it goes on behind them. */
    void (*gone)(void *data, struct reader *reader);
    /* What has no number came for a room, from another program: at most once, in no order with events. Its parts are
     * good while this runs, and a NUL stands behind the frame. */
    void (*signal)(void *data, struct followed_room *room, const struct envelope *envelope);
    /* Appends what the program tells the workers of itself with each sync, before the positions:
     * relay_wire_stats_write, or nothing. */
    void (*tell)(void *data, struct buf *out);
    /* A line of the workers' answer to it that is no position; NULL: there are none that the program knows. */
    void (*heard)(void *data, struct slice line);
    /* The sync is over, after its lines: it was answered, or not. NULL: the program does not care. */
    void (*synced)(void *data, bool answered);
};

/* Kept up to date, for statistics. */
struct follower_numbers {
    int64_t rooms;      /* that somebody reads */
    int64_t gaps_found; /* times that a room missed an event of which it knew */
    int64_t gaps_closed;
    bool redis_up; /* every Redis answers */
};

/* All must outlive the follower. */
struct follower_setup {
    struct ev_loop *loop;
    const struct config *config;
    struct backend *backend;
    const char *id; /* the program's, another one at each start; "@<id>" in a signal's audience says that it is ours */
    const char *sync_path; /* where the workers take this program's sync, "/internal/sync" of relays */
    int64_t sync_ms;       /* between two of them, at most */
    const struct follower_hooks *hooks;
    void *data; /* for the hooks */
    struct follower_numbers *numbers;
};

/* Connects at once and for ever. NULL when memory runs out. */
struct follower *follower_new(const struct follower_setup *setup);

/* Readers are left as they are; none of them may be used with it afterwards. */
void follower_free(struct follower **follower);

/* The reader, which reads none, gets the events of this meeting behind event `from`. latest: a number up to which the
 * log is known to go. What is kept already comes before this returns. False when memory runs out. */
bool follower_read(struct follower *follower, struct reader *reader, int64_t meeting_id, int64_t from, int64_t latest);

/* It reads no more. Does nothing where it read none. */
void follower_leave(struct reader *reader);

/* To be called before anybody is told that they read a room: its channel is asked for by then, so what is published for
 * those who were told comes. */
void follower_flush(struct follower *follower);

/* Syncs now, or right after the sync under way: what the program tells has changed. */
void follower_sync(struct follower *follower);

/* Ends the rooms that nobody reads any more; to be called at the end of each turn of the loop. */
void follower_end_turn(struct follower *follower);

int64_t followed_meeting(const struct followed_room *room);

/* All readers of a room; good until one begins or leaves. */
struct reader *const *followed_readers(const struct followed_room *room, uint32_t *count);

/* Publishes an envelope without a number on the room's channel. False where its Redis is away. */
bool follower_publish(struct followed_room *room, const char *line, size_t len);

#endif
