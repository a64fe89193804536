/* Meetings: making, finding, changing, ending them. */
#ifndef SERVICE_MEETING_H
#define SERVICE_MEETING_H

#include "core/input.h"
#include "db/meeting_dao.h"
#include "db/participant_dao.h"
#include "service/room.h"
#include "service/setting.h"

/* What somebody gives of a meeting. What is not given has its default in a new meeting, and stays in another. */
struct meeting_input {
#define ATTRIBUTE(kind, member, ...) IN_##kind member;
#include "service/attribute.def"
#undef ATTRIBUTE
    struct in_text password; /* null: none */
    struct setting_changes settings;
};

/* ERR_VALIDATION_FAILED: the start lies in the past; ERR_TOO_MANY_MEETINGS: others have to end first. */
MUST_CHECK enum err meeting_create(struct context *ctx, const struct meeting_input *input, struct meeting *out);

/* The number of the meeting that a text names. A code does for everybody. A number does for a public meeting, for those
 * who belong to it (its creator, its host, its guests, whoever has a row in it), and with an invitation to it (may be
 * NULL). ERR_NOT_FOUND; ERR_RATE_LIMITED: the caller, or others of their network, tried too many wrong ones. */
MUST_CHECK enum err meeting_resolve(struct context *ctx, const char *reference, const char *invite, int64_t *id);

/* The number of the meeting that has this code, whoever asks: for relays. ERR_NOT_FOUND. */
MUST_CHECK enum err meeting_find(struct context *ctx, const char *code, int64_t *id);

/* A meeting as somebody sees it. */
struct meeting_view {
    struct meeting meeting;
    struct participant *people; /* who is in it */
    int count;
    bool from_outside; /* it is private, and they were never in it: no people, no description */
};

/* The meeting that a text names (as meeting_resolve). ERR_NOT_FOUND; ERR_FORBIDDEN: the caller is the guest of another
 * one, or was removed from a private one. */
MUST_CHECK enum err meeting_detail(struct context *ctx, const char *reference, struct meeting_view *out);

/* A page of meetings that the caller may see; what the filter says of viewer and place is filled in. cursor: where it
 * goes on, NULL: at its offset. *next: the cursor of the page after it, NULL: there is none. ERR_INVALID_CURSOR,
 * ERR_PAGE_TOO_DEEP. */
MUST_CHECK enum err meeting_list(struct context *ctx, struct meeting_filter *filter, const char *cursor,
                                 struct meeting_page *page, const char **next);

/* Before the meeting is over; settings by those who may change these, the rest by the host. Who need not wait any more
 * then comes in. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED,
 * ERR_VALIDATION_FAILED. */
MUST_CHECK enum err meeting_update(struct context *ctx, int64_t id, const struct meeting_input *input,
                                   struct meeting *out);

/* Ends it for everybody; by the host or a co-host. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_MEETING_ENDED,
 * ERR_MEETING_CANCELLED. */
MUST_CHECK enum err meeting_end(struct context *ctx, int64_t id, struct meeting *out);

/* Cancels it; by the host. Whoever is in is sent out. Errors as meeting_end. */
MUST_CHECK enum err meeting_cancel(struct context *ctx, int64_t id);

/* Inside a room_change: everybody is told what the meeting is now. by_user 0: nobody did it. */
MUST_CHECK enum err meeting_add_updated(struct room_change *room, const struct meeting *meeting, int64_t by_user);

#endif
