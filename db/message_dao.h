/* Chat messages. */
#ifndef DB_MESSAGE_DAO_H
#define DB_MESSAGE_DAO_H

#include <stdbool.h>

#include "db/db.h"

struct message {
    int64_t id;
    int64_t meeting_id;
    int64_t sender_id;
    const char *sender_name; /* as it is in the meeting */
    int64_t to_id;           /* 0: to everybody */
    const char *to_name;
    const char *text;
    const char *client_id;
    int64_t created_at_ms;
    int64_t edited_at_ms;  /* 0: as it was sent */
    int64_t deleted_at_ms; /* 0: not deleted; else its text is empty */
    int64_t reply_to_id;   /* the message that this one answers; 0: none */
    int64_t reply_sender_id;
    const char *reply_sender_name;
};

/* ERR_DB_DUPLICATE: this sender has stored a message with this client id in this meeting. */
MUST_CHECK enum err message_dao_insert(struct db *db, const struct message *message, int64_t *id);

/* ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err message_dao_by_client_id(struct db *db, struct arena *arena, int64_t meeting_id, int64_t sender_id,
                                             const char *client_id, struct message *out);

MUST_CHECK enum err message_dao_by_id(struct db *db, struct arena *arena, int64_t meeting_id, int64_t id,
                                      struct message *out);

/* The oldest messages, of those sent before a time; at most limit are looked at. */
MUST_CHECK enum err message_dao_oldest(struct db *db, struct arena *arena, int64_t meeting_id, int64_t before_ms,
                                       int64_t limit, struct message **items, int *count);

MUST_CHECK enum err message_dao_remove(struct db *db, int64_t id);

/* Writes text, edited_at and deleted_at. ERR_DB_NO_ROW: it is not there any more. */
MUST_CHECK enum err message_dao_update(struct db *db, const struct message *message);

/* How many messages of others with an id above after_id the viewer may see, counted up to limit; and of no more than
 * LIMIT_UNREAD_SCANNED, those that the viewer wrote and those that were deleted included. */
MUST_CHECK enum err message_dao_count_after(struct db *db, int64_t meeting_id, int64_t viewer_id, int64_t after_id,
                                            int64_t limit, int64_t *count);

/* Pages have at most `limit` messages, and end before that where their texts come to LIMIT_PAGE_BYTES. *more: there are
 * others beyond. */

/* Messages to everybody that were not deleted: how many, and those with an id above after_id, oldest first. */
MUST_CHECK enum err message_dao_count_public(struct db *db, int64_t meeting_id, int64_t *count);
MUST_CHECK enum err message_dao_public(struct db *db, struct arena *arena, int64_t meeting_id, int64_t after_id,
                                       int64_t limit, struct message **items, int *count, bool *more);

/* The last messages with an id below before_id (0: the newest), oldest first, as far as the viewer may see them. */
MUST_CHECK enum err message_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, int64_t viewer_id,
                                     int64_t before_id, int64_t limit, struct message **items, int *count, bool *more);

/* The highest id of a message in the meeting; 0 where there is none. */
MUST_CHECK enum err message_dao_newest(struct db *db, int64_t meeting_id, int64_t *id);

#endif
