/* Chat. */
#ifndef SERVICE_CHAT_H
#define SERVICE_CHAT_H

#include "db/message_dao.h"
#include "service/room.h"

/* Stores a message (of `wanted`: text, client_id, to_id, reply_to_id) and shows it to everybody, or to to_id and the
 * sender alone. What answers a private message stays between the same two. Sending the same
 * client_id again stores and shows nothing and answers the first message (*repeated). ERR_NOT_FOUND, ERR_MEETING_ENDED,
 * ERR_MEETING_CANCELLED, ERR_NOT_JOINED; ERR_FORBIDDEN; ERR_VALIDATION_FAILED: the one
 * addressed is not in the meeting, or the message that is answered is not to be seen. */
MUST_CHECK enum err chat_send(struct context *ctx, int64_t meeting_id, const struct message *wanted,
                              struct message *out, bool *repeated);

/* Notes what the caller has read up to, the newest message at most; it never goes back. ERR_NOT_FOUND, ERR_NOT_JOINED.
 */
MUST_CHECK enum err chat_mark_read(struct context *ctx, int64_t meeting_id, int64_t message_id);

/* Changes the text of an own message. ERR_NOT_FOUND (also where it was deleted, or is not for the caller to see),
 * ERR_FORBIDDEN (not their own), ERR_NOT_JOINED, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED. */
MUST_CHECK enum err chat_edit(struct context *ctx, int64_t meeting_id, int64_t message_id, const char *text,
                              struct message *out);

/* Deletes an own message, or, for the host and co-hosts, any that everybody sees. Its place stays. Errors as chat_edit.
 */
MUST_CHECK enum err chat_delete(struct context *ctx, int64_t meeting_id, int64_t message_id, struct message *out);

/* Up to `limit` messages before an id (0: the newest), oldest first, and whether there are more before those.
 * For whoever is or was in the meeting. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK enum err chat_list(struct context *ctx, int64_t meeting_id, int64_t before_id, int64_t limit,
                              struct message **items, int *count, bool *has_more);

#endif
