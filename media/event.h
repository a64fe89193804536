/* What an event of a meeting's log means for its media. Only here in media/ are the names of events known. Pure. */
#ifndef MEDIA_EVENT_H
#define MEDIA_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/envelope.h"
#include "media/room.h"

enum media_event_kind {
    MEDIA_EVENT_NONE,   /* nothing; so is every event that is not known */
    MEDIA_EVENT_MEMBER, /* user_id is in the meeting, with these flags */
    MEDIA_EVENT_LEFT,   /* user_id is out of it */
    MEDIA_EVENT_AWAY,   /* the connection by which user_id is in it broke; the seat is kept */
    MEDIA_EVENT_CLOSED, /* their connection was closed: it may hear and say nothing any more */
    MEDIA_EVENT_TAKEN,  /* another connection has the seat of user_id */
    MEDIA_EVENT_MUTED,  /* microphones are off; whose, the workers know */
    MEDIA_EVENT_LOOK,   /* something changed, and cannot be read: ask the workers */
    MEDIA_EVENT_MOVED,  /* the meeting's media go another way, under this epoch */
    MEDIA_EVENT_ENDED   /* the meeting is over */
};

struct media_event {
    enum media_event_kind kind;
    int64_t user_id;
    struct room_flags flags; /* MEDIA_EVENT_MEMBER */
    int64_t epoch;           /* MEDIA_EVENT_MOVED */
    bool over_server;        /* MEDIA_EVENT_MOVED: they go over a media server */
};

/* Reads the frame that clients receive. */
struct media_event media_event_read(const char *frame, size_t len);

/* What the event's effect makes of it: presence_changed says why by that alone. */
enum media_event_kind media_event_of(const struct media_event *event, const struct effect *effect);

#endif
