/* A room's log and the changes of a room. Every change that the people in a room should see happens in a transaction
 * that takes the next numbers of that room's log and stores its events under them; after the commit they are published.
 */
#ifndef SERVICE_ROOM_H
#define SERVICE_ROOM_H

#include "core/buf.h"
#include "db/event_dao.h"
#include "db/meeting_dao.h"
#include "service/context.h"
#include "service/event.h"

/* Close codes that a worker may ask relays to close a connection with. */
enum {
    CLOSE_STAY_OPEN = 0,
    CLOSE_COME_BACK = 1012,
    CLOSE_SIGNED_OUT = 4401,
    CLOSE_REMOVED = 4403,
    CLOSE_TAKEN_OVER = 4409,
    CLOSE_MEETING_OVER = 4410
};

enum { ROOM_LOG_EVENTS = 32 }; /* one transaction adds no more */

/* The events that one transaction adds, each by event_begin() and event_end() (service/event.h). */
struct room_log {
    struct context *ctx;
    int64_t meeting_id;
    const struct meeting_state *state; /* of the row that is locked; NULL: none is, and no event is for HOSTS */
    struct event_draft draft;
    int count;
    struct room_event events[ROOM_LOG_EVENTS];
};

void room_log_start(struct room_log *log, struct context *ctx, int64_t meeting_id, const struct meeting_state *state);

/* Stores the events under the numbers from first_seq on; inside the transaction that drew the numbers. */
MUST_CHECK enum err room_log_store(struct room_log *log, int64_t first_seq);

/* Tells the relays and lets the meeting be cached again (meeting_cache_hold came before the transaction); after the
 * commit, or, with no events, after a roll-back. What Redis does not take, the relays find by their sync. */
void room_log_publish(const struct room_log *log);

/* Writes an event as the relays receive it, an envelope without line end. */
void room_log_envelope(struct buf *out, const struct room_event *event);

/* A change under the lock of the meeting's row. `change` looks at and sets `state` and adds events; it may be run more
 * than once. */
struct room_change {
    struct context *ctx;
    struct meeting_state state;
    struct room_log log;
    bool keep_state;   /* the state is to be written back although there is no event */
    int64_t looked_ms; /* when housekeeping looked at it; 0: this is another change */
};

/* The number of the event that is added next. */
static inline int64_t room_next_seq(const struct room_change *room)
{
    return room->state.event_seq + room->log.count + 1;
}

/* Runs change, stores its events and the state, commits, publishes. ERR_NOT_FOUND: there is no such meeting;
 * ERR_TIMEOUT: the lock came when nobody waited any more; or what change answers. */
MUST_CHECK enum err room_change(struct context *ctx, int64_t meeting_id,
                                enum err (*change)(struct room_change *room, void *arg), void *arg);

/* ERR_MEETING_ENDED or ERR_MEETING_CANCELLED where the meeting is over. */
MUST_CHECK enum err room_check_open(int64_t status);

/* Inside a room_change: the meeting is over, with status ended or cancelled, and nobody is in it or waits any more.
 * reason is what meeting_ended says; by_user 0: nobody. */
MUST_CHECK enum err room_finish(struct room_change *room, enum meeting_status status, const char *reason,
                                int64_t by_user);

/* A page of the room's log after a number: LIMIT_EVENTS_PAGE events, or about LIMIT_PAGE_BYTES. viewer_id 0:
 * everything, for a relay, which takes a page of fewer events for the last one. */
MUST_CHECK enum err room_events_after(struct context *ctx, int64_t meeting_id, int64_t after_seq, int64_t viewer_id,
                                      struct room_event **items, int *count);

#endif
