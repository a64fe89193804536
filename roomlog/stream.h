/* A room's stream of events: puts them in order. Each event leaves it once, strictly by number; early ones are held
 * until those before them have come; the last ones are kept for members who missed some. No I/O, no members. */
#ifndef ROOMLOG_STREAM_H
#define ROOMLOG_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/envelope.h"
#include "core/limits.h"

/* What the program makes of an event's frame, once for all who read it. */
struct payload_type {
    /* len bytes of JSON, not NUL-terminated. NULL when memory runs out. */
    void *(*make)(const char *frame, size_t len);
    void (*drop)(void *payload);
};

/* One event, shared by the ring and whoever delivers it. */
struct event {
    uint32_t refs;
    int64_t seq;
    const struct payload_type *type;
    void *payload; /* what type->make made */
    struct effect effect;
    struct envelope envelope; /* audience and effect are views into text; frame is not kept */
    char text[];
};

/* The caller owns one reference. type must outlive the event. NULL when memory runs out or the effect cannot be read.
 */
struct event *event_new(const struct envelope *envelope, const struct payload_type *type);
struct event *event_ref(struct event *event);
void event_unref(struct event **event);

struct stream {
    int64_t seq;         /* every event up to this one has left */
    int64_t known;       /* the highest number heard of */
    struct event **ring; /* the last ones that left; event n lies at n % cap */
    uint32_t ring_cap;
    uint32_t ring_count;
    struct event **held; /* early ones, by rising number */
    uint32_t held_count;
    int64_t fresh_seq; /* events up to this one had left when stream_age was last called */
};

/* Starts behind event seq. */
void stream_init(struct stream *s, int64_t seq);
void stream_free(struct stream *s);

/* Takes an event in any order (with a reference of its own); what has left already or is held already is ignored, and
 * so is what cannot be held any more: it is fetched later. */
void stream_push(struct stream *s, struct event *event);

/* The next event in order, which hereby leaves: the caller gets a reference. NULL where it has not come yet. */
struct event *stream_next(struct stream *s);

/* That an event of this number exists is known (without the event). */
void stream_note_latest(struct stream *s, int64_t seq);

/* Whether an event that is known to exist has not left yet. */
bool stream_gap(const struct stream *s);

/* The event seq, where it is still kept; NULL otherwise. No reference is given. */
struct event *stream_kept(const struct stream *s, int64_t seq);

/* Forgets the kept events that had left already when this was last called; answers how many. */
uint32_t stream_age(struct stream *s);

/* Leaves out the events up to seq, which nobody has any more. */
void stream_skip(struct stream *s, int64_t seq);

#endif
