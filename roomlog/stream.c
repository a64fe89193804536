#include "roomlog/stream.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_RING = 8 };

struct event *event_new(const struct envelope *envelope, const struct payload_type *type)
{
    struct effect effect;
    if (!envelope_effect(envelope, &effect))
        return NULL;
    struct event *e = malloc(sizeof *e + envelope->audience_len + envelope->effect_len);
    if (!e)
        return NULL;
    e->refs = 1;
    e->seq = envelope->seq;
    e->effect = effect;
    e->envelope = *envelope;
    e->envelope.audience = memcpy(e->text, envelope->audience, envelope->audience_len);
    e->envelope.effect = memcpy(e->text + envelope->audience_len, envelope->effect, envelope->effect_len);
    e->envelope.frame = NULL;
    e->type = type;
    e->payload = type->make(envelope->frame, envelope->frame_len);
    if (!e->payload) {
        free(e);
        return NULL;
    }
    return e;
}

struct event *event_ref(struct event *event)
{
    event->refs++;
    return event;
}

void event_unref(struct event **event)
{
    if (*event && --(*event)->refs == 0) {
        (*event)->type->drop((*event)->payload);
        free(*event);
    }
    *event = NULL;
}

void stream_init(struct stream *s, int64_t seq) { *s = (struct stream){.seq = seq, .known = seq, .fresh_seq = seq}; }

void stream_free(struct stream *s)
{
    for (uint32_t i = 0; i < s->ring_cap; i++)
        event_unref(&s->ring[i]);
    for (uint32_t i = 0; i < s->held_count; i++)
        event_unref(&s->held[i]);
    free(s->ring);
    free(s->held);
    *s = (struct stream){0};
}

static struct event **place(const struct stream *s, int64_t seq) { return &s->ring[seq % s->ring_cap]; }

/* Twice as large, up to the limit; the kept ones move to their new places. */
static void grow_ring(struct stream *s)
{
    uint32_t cap = s->ring_cap ? s->ring_cap * 2 : FIRST_RING;
    struct event **ring = cap > LIMIT_ROOM_RING_EVENTS ? NULL : calloc(cap, sizeof(*ring));
    if (!ring)
        return;
    for (uint32_t i = 0; i < s->ring_cap; i++)
        if (s->ring[i])
            ring[s->ring[i]->seq % cap] = s->ring[i];
    free(s->ring);
    s->ring = ring;
    s->ring_cap = cap;
}

static void keep(struct stream *s, struct event *event)
{
    if (s->ring_count == s->ring_cap)
        grow_ring(s);
    if (s->ring_cap == 0)
        return;
    struct event **at = place(s, event->seq);
    if (!*at)
        s->ring_count++;
    event_unref(at);
    *at = event_ref(event);
}

void stream_push(struct stream *s, struct event *event)
{
    stream_note_latest(s, event->seq);
    if (event->seq <= s->seq)
        return;
    if (s->held_count == LIMIT_ROOM_RING_EVENTS) {
        /* the latest one gives way: those that close the gap must always fit */
        if (event->seq >= s->held[s->held_count - 1]->seq)
            return;
        event_unref(&s->held[--s->held_count]);
    }
    uint32_t i = s->held_count;
    while (i && s->held[i - 1]->seq > event->seq)
        i--;
    if (i && s->held[i - 1]->seq == event->seq)
        return;
    if (!s->held && !(s->held = malloc(LIMIT_ROOM_RING_EVENTS * sizeof(*s->held))))
        return;
    memmove(s->held + i + 1, s->held + i, (s->held_count - i) * sizeof(*s->held));
    s->held[i] = event_ref(event);
    s->held_count++;
}

/* Forgets held events that have left in another way. */
static void drop_held(struct stream *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        event_unref(&s->held[i]);
    s->held_count -= n;
    memmove(s->held, s->held + n, s->held_count * sizeof(*s->held));
    if (s->held_count == 0) {
        free(s->held);
        s->held = NULL;
    }
}

struct event *stream_next(struct stream *s)
{
    if (s->held_count == 0 || s->held[0]->seq != s->seq + 1)
        return NULL;
    struct event *event = event_ref(s->held[0]);
    drop_held(s, 1);
    s->seq = event->seq;
    keep(s, event);
    return event;
}

void stream_note_latest(struct stream *s, int64_t seq)
{
    if (seq > s->known)
        s->known = seq;
}

bool stream_gap(const struct stream *s) { return s->known > s->seq; }

struct event *stream_kept(const struct stream *s, int64_t seq)
{
    if (s->ring_cap == 0)
        return NULL;
    struct event *event = *place(s, seq);
    return event && event->seq == seq ? event : NULL;
}

void stream_skip(struct stream *s, int64_t seq)
{
    if (seq <= s->seq)
        return;
    uint32_t n = 0;
    while (n < s->held_count && s->held[n]->seq <= seq)
        n++;
    if (n)
        drop_held(s, n);
    s->seq = seq;
    stream_note_latest(s, seq);
}

/* The ring may be much larger than what is left in it: it is given back with the last one. */
uint32_t stream_age(struct stream *s)
{
    uint32_t before = s->ring_count;
    for (uint32_t i = 0; i < s->ring_cap; i++) {
        if (!s->ring[i] || s->ring[i]->seq > s->fresh_seq)
            continue;
        event_unref(&s->ring[i]);
        s->ring_count--;
    }
    uint32_t forgotten = before - s->ring_count;
    if (s->ring_count == 0) {
        free(s->ring);
        s->ring = NULL;
        s->ring_cap = 0;
    }
    s->fresh_seq = s->seq;
    return forgotten;
}
