/* The numbered log of each room. */
#ifndef DB_EVENT_DAO_H
#define DB_EVENT_DAO_H

#include "db/db.h"

struct room_event {
    int64_t meeting_id;
    int64_t seq;
    const char *type;
    const char *audience; /* see core/envelope.h */
    const char *effect;   /* see core/envelope.h */
    const char *data;     /* JSON */
    const char *request_id;
    int64_t at_ms;
    int64_t actor_id;   /* whose request it was; 0: nobody's */
    int64_t subject_id; /* the one whom it is about; 0: nobody */
    int64_t message_id; /* the chat message that it is about; 0: none. Not read back */
};

MUST_CHECK enum err event_dao_insert(struct db *db, const struct room_event *event);

/* Events with a number above after_seq, oldest first, at most limit, and no more once they have max_bytes of text (then
 * *more). viewer_id 0: all; else what concerns that user. */
MUST_CHECK enum err event_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_seq,
                                   int64_t viewer_id, int64_t limit, size_t max_bytes, struct room_event **items,
                                   int *count, bool *more);

/* What some did to others or to the meeting, oldest first, at most limit and about LIMIT_PAGE_BYTES: events after
 * after_seq whose actor is not whom they are about, but those of the types left_out ("a,b"). Of private messages it
 * tells only the two between whom they are. */
MUST_CHECK enum err event_dao_audit(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_seq,
                                    int64_t viewer_id, const char *left_out, int64_t limit, struct room_event **items,
                                    int *count);

/* Comings and goings, user_joined and user_left, by person and then by time. Their data is left out. */
MUST_CHECK enum err event_dao_stays(struct db *db, struct arena *arena, int64_t meeting_id, struct room_event **items,
                                    int *count);

/* Replaces the data of the events that brought a chat message or a change of it. */
MUST_CHECK enum err event_dao_redact(struct db *db, int64_t meeting_id, int64_t message_id, const char *data);

/* Replaces the data of one event. */
MUST_CHECK enum err event_dao_replace(struct db *db, int64_t meeting_id, int64_t seq, const char *data);

/* Whether the log has the event behind a number still: else retention has removed it. */
MUST_CHECK enum err event_dao_goes_on(struct db *db, int64_t meeting_id, int64_t after_seq, bool *goes_on);

/* The number of the room's last event. ERR_DB_NO_ROW: there is no such meeting. */
MUST_CHECK enum err event_dao_last_seq(struct db *db, int64_t meeting_id, int64_t *seq);

/* A room and how far its log is. */
struct room_position {
    int64_t meeting_id;
    int64_t seq;
};

/* Of the rooms given, those whose log goes on after the seq given, with their seq; one statement for every 30 rooms.
 * *ahead is in the arena and has room for count. */
MUST_CHECK enum err event_dao_ahead(struct db *db, struct arena *arena, const struct room_position *rooms, int count,
                                    struct room_position **ahead, int *ahead_count);

#endif
