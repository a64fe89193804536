/* Who is in which slot. A page receives through a fixed number of slots: lines of one connection that were agreed on
 * once. What a slot brings is changed without a word between page and server, so a new face costs no negotiation. This
 * is the plan alone; it knows neither Janus nor pages.
 *
 * What is wanted and has a slot stays where it is: moving a picture from one slot to another would freeze it for a
 * moment. */
#ifndef MEDIA_SLOTS_H
#define MEDIA_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

enum { SLOTS_MAX = 25 };

enum slot_kind { SLOT_CAMERA, SLOT_SCREEN, SLOT_VOICE, SLOT_SCREEN_SOUND, SLOT_KINDS };

/* Something that somebody sends. user_id 0: nothing. What they send over a new connection is another source: Janus does
 * not bring it into slots of the former one. */
struct slot_source {
    int64_t user_id;
    enum slot_kind kind;
    int64_t gen;
};

/* What a page wants to see, the most important first. */
struct slot_want {
    struct slot_source source;
    int size; /* layer of simulcast: 0 the smallest, 2 the largest */
};

struct slot {
    struct slot_source source;
    int size;
};

/* Start with all zero and set count, up to SLOTS_MAX. */
struct slots {
    int count;
    struct slot items[SLOTS_MAX];
};

/* What is to be changed in slot `index`: a source of user 0 empties it; `switched` is false where only the size is
 * another. */
struct slot_change {
    int index;
    bool switched;
    struct slot now;
};

/* Plans the wants, as many as there are slots for; the rest is left out. Writes the changes, one a slot
 * at most, the most important first, and answers how many. A want that stands twice counts once, with its first size.
 */
int slots_plan(struct slots *slots, const struct slot_want *wants, int want_count,
               struct slot_change changes[static SLOTS_MAX]);

/* The slot that brings this, or -1. */
int slots_find(const struct slots *slots, struct slot_source source);

#endif
