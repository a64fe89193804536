/* Meetings: making, finding, changing, ending them. */
#ifndef SERVICE_MEETING_H
#define SERVICE_MEETING_H

#include "db/meeting_dao.h"
#include "db/participant_dao.h"
#include "service/room.h"
#include "service/setting.h"

/* What a meeting is made of. */
struct meeting_options {
    const char *title;
    const char *description;
    int64_t start_time_ms; /* 0: now */
    int64_t duration_minutes;
    const char *password; /* NULL: none */
    int64_t max_participants;
    bool is_public;
    bool is_recorded;
    struct setting_changes settings; /* from SETTINGS_DEFAULT */
    int64_t host_loss_policy;        /* enum host_loss_policy; 0: hand over */
    int64_t host_loss_minutes;       /* 0: LIMIT_DEFAULT_HOST_LOSS_MINUTES */
    int64_t empty_minutes;
};

/* ERR_VALIDATION_FAILED: the start lies in the past; ERR_TOO_MANY_MEETINGS: others have to end first. */
MUST_CHECK enum err meeting_create(struct context *ctx, const struct meeting_options *options, struct meeting *out);

/* The number of the meeting that a text names. A code does for everybody. A number does for a public meeting, for those
 * who belong to it (its creator, its host, its guests, whoever has a row in it), and with an invitation to it (may be
 * NULL). ERR_NOT_FOUND; ERR_RATE_LIMITED: the caller, or others of their network, tried too many wrong ones. */
MUST_CHECK enum err meeting_resolve(struct context *ctx, const char *reference, const char *invite, int64_t *id);

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

/* A page of meetings that the caller may see; filter->viewer_id is filled in. */
MUST_CHECK enum err meeting_list(struct context *ctx, struct meeting_filter *filter, struct meeting **items, int *count,
                                 int64_t *total);

/* What the host changes; what is not given stays. */
struct meeting_changes {
    const char *title;        /* NULL: stays */
    const char *description;  /* NULL: stays */
    int64_t start_time_ms;    /* 0: stays */
    int64_t duration_minutes; /* 0: stays */
    bool remove_password;
    const char *password;     /* NULL: stays */
    int64_t max_participants; /* 0: stays */
    int is_public;            /* 1, 0; -1: stays */
    int is_recorded;          /* 1, 0; -1: stays */
    struct setting_changes settings;
    int64_t host_loss_policy;  /* 0: stays */
    int64_t host_loss_minutes; /* 0: stays */
    int64_t empty_minutes;     /* -1: stays */
};

/* Before the meeting is over; settings by those who may change these, the rest by the host. Who need not wait any more
 * then comes in. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_MEETING_ENDED, ERR_MEETING_CANCELLED,
 * ERR_VALIDATION_FAILED. */
MUST_CHECK enum err meeting_update(struct context *ctx, int64_t id, const struct meeting_changes *changes,
                                   struct meeting *out);

/* Ends it for everybody; by the host or a co-host. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_MEETING_ENDED,
 * ERR_MEETING_CANCELLED. */
MUST_CHECK enum err meeting_end(struct context *ctx, int64_t id, struct meeting *out);

/* Cancels it; by the host. Whoever is in is sent out. Errors as meeting_end. */
MUST_CHECK enum err meeting_cancel(struct context *ctx, int64_t id);

/* Inside a room_change: everybody is told what the meeting is now. by_user 0: nobody did it. */
MUST_CHECK enum err meeting_add_updated(struct room_change *room, const struct meeting *meeting, int64_t by_user);

#endif
