/* A room's log and the changes of a room. Every change that the people in a room should see happens in a transaction
 * that takes the next numbers of that room's log and stores its events under them; after the commit they are published.
 */
#ifndef SERVICE_ROOM_H
#define SERVICE_ROOM_H

#include "core/buf.h"
#include "db/event_dao.h"
#include "db/meeting_dao.h"
#include "service/context.h"

enum event_type {
#define EVENT(name, text, audit) EVENT_##name,
#include "service/event.def"
#undef EVENT
};

/* The name that clients and the table room_events know it by. */
const char *event_name(enum event_type type);

/* The names of those that the audit leaves out, separated by commas. */
extern const char EVENTS_UNAUDITED[];

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

/* The events that one transaction adds. */
struct room_log {
    struct context *ctx;
    int64_t meeting_id;
    int count;
    struct room_event events[ROOM_LOG_EVENTS];
};

void room_log_start(struct room_log *log, struct context *ctx, int64_t meeting_id);

/* Adds an event; data is its JSON object, which is copied and then freed. audience and effect as in core/envelope.h. */
void room_log_add(struct room_log *log, enum event_type type, const char *audience, const char *effect,
                  struct buf *data);

/* Notes whom the event added last is about. */
void room_log_about(struct room_log *log, int64_t user_id);

/* Notes which chat message the event added last is about. */
void room_log_message(struct room_log *log, int64_t message_id);

/* Notes whose doing the event added last is, where that is not the caller's; 0: nobody's. */
void room_log_by(struct room_log *log, int64_t user_id);

/* Stores the events under the numbers from first_seq on; inside the transaction that drew the numbers. */
MUST_CHECK enum err room_log_store(struct room_log *log, int64_t first_seq);

/* Tells the relays and lets the meeting be cached again (meeting_cache_hold came before the transaction); after the
 * commit, or, with no events, after a roll-back. What Redis does not take, the relays find out by comparing. */
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

/* The audience of an event for those who run the meeting: the host and the co-hosts, in or not. In the arena. */
MUST_CHECK enum err room_audience_hosts(struct room_change *room, const char **audience);

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
