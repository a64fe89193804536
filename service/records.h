/* What stays of a meeting for those who ran it: who was there when, who did what to whom, figures, and the chat as
 * text. All of it is read from the room's log and the messages. */
#ifndef SERVICE_RECORDS_H
#define SERVICE_RECORDS_H

#include "db/event_dao.h"
#include "db/meeting_dao.h"
#include "db/message_dao.h"
#include "service/context.h"

/* One stay of somebody. Coming back within the grace period goes on with the same one. */
struct stay {
    int64_t user_id;
    const char *display_name;
    bool is_guest;
    int64_t joined_at_ms;
    int64_t left_at_ms; /* 0: still there */
};

struct attendance {
    struct meeting meeting;
    struct stay *stays; /* by person, then by time */
    int count;
};

struct statistics {
    int64_t people;     /* different ones */
    int64_t peak;       /* most at the same time */
    int64_t person_ms;  /* all stays together */
    int64_t meeting_ms; /* from its start to its end, or to now */
    int64_t messages;   /* to everybody, that were not deleted */
};

/* All of them: ERR_NOT_FOUND, ERR_FORBIDDEN. */

MUST_CHECK enum err records_attendance(struct context *ctx, int64_t meeting_id, struct attendance *out);
MUST_CHECK enum err records_statistics(struct context *ctx, int64_t meeting_id, struct statistics *out);

/* What some did to others and to the meeting, after event after_seq, at most LIMIT_EVENTS_PAGE. */
MUST_CHECK enum err records_audit(struct context *ctx, int64_t meeting_id, int64_t after_seq, struct room_event **items,
                                  int *count);

/* The messages to everybody, oldest first, after a message's id, at most LIMIT_TRANSCRIPT_PAGE of them and about
 * LIMIT_PAGE_BYTES. *more: there are others after them. */
MUST_CHECK enum err records_transcript(struct context *ctx, int64_t meeting_id, int64_t after_id,
                                       struct message **items, int *count, bool *more);

#endif
