/* Room events: their types, and the one way to make one. service/event.def says of each type whom it is for and what
 * its data begins and ends with; the service that makes it writes what stands between, with core/json.h and
 * service/serialize.h:
 *
 *     struct event_draft *event = event_begin(&room->log, EVENT_ROLE_CHANGED, user_id);
 *     json_str(&event->data, "role", participant_role_name(role));
 *     return event_end(event);
 *
 * A log has one draft at a time. One that is begun before the last is ended, or is not ended before the log is stored,
 * is a mistake in the code and ends the process. */
#ifndef SERVICE_EVENT_H
#define SERVICE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/envelope.h"
#include "core/err.h"
#include "core/json.h"

enum event_type {
#define EVENT(name, text, audience, user, by, audit) EVENT_##name,
#include "service/event.def"
#undef EVENT
};

/* The name that clients and the table room_events know it by. */
const char *event_name(enum event_type type);

/* The names of those that the audit leaves out, separated by commas. */
extern const char EVENTS_UNAUDITED[];

struct room_log;

struct event_draft {
    /* what the service writes or sets between event_begin and event_end */
    struct json data;         /* an open object: its members are added in their order */
    struct audience audience; /* by event.def; of one for HOSTS it is found by event_end */
    struct effect effect;     /* none */
    int64_t message_id;       /* the chat message that it is about; 0: none */
    int64_t actor_id;         /* whose doing it is: the caller's; 0: nobody's */
    int64_t by_id;            /* who "by" names: the caller; 0: nobody */
    /* what it may not touch */
    enum event_type type;
    int64_t subject_id;
    struct room_log *log;
    struct buf text;
    bool open;
};

/* Begins an event about somebody; subject_id 0: about nobody. The draft lies in the log. */
MUST_CHECK struct event_draft *event_begin(struct room_log *log, enum event_type type, int64_t subject_id);

/* Keeps it to the one whom it is about. */
static inline void event_only_to_subject(struct event_draft *event)
{
    event->audience = audience_users(&event->subject_id, 1);
}

/* Adds the event to its log, which copies it into the arena. Only one for HOSTS can fail, with an error of the
 * database; then it is not added. */
MUST_CHECK enum err event_end(struct event_draft *event);

/* An event with nothing between what its data begins and ends with. Errors as event_end. */
MUST_CHECK enum err event_add(struct room_log *log, enum event_type type, int64_t subject_id);

/* Ends an event that is not added, and answers its data, in the arena: for one that replaces what the log has. */
MUST_CHECK const char *event_end_unsent(struct event_draft *event);

#endif
