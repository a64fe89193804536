/* Coarse deadlines of very many things: a wheel of slots, one timer for all. A deadline is met up to WHEEL_TICK_MS late
 * and never early. Setting and taking out cost the same however many there are, and an item is half as large as a timer
 * of the loop. */
#ifndef RELAY_WHEEL_H
#define RELAY_WHEEL_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_TICK_MS = 250, WHEEL_SLOTS = 256 };

/* Lies in the thing itself. Start with all zero. */
struct wheel_item {
    struct wheel_item *next, **link; /* link: what points to this item; NULL: not set */
    uint64_t due;                    /* tick */
};

typedef void wheel_fn(struct wheel_item *item);

struct wheel {
    struct ev_loop *loop;
    ev_timer tick;
    double start;
    uint64_t now; /* the last tick that was worked on */
    wheel_fn *fn;
    struct wheel_item *slots[WHEEL_SLOTS];
};

/* fn runs for each item whose time has come, which is not set any more then. It may set and take out any. */
void wheel_start(struct wheel *wheel, struct ev_loop *loop, wheel_fn *fn);
void wheel_stop(struct wheel *wheel);

/* Sets an item's deadline, or another one. */
void wheel_set(struct wheel *wheel, struct wheel_item *item, double seconds);

/* Takes it out; nothing where it is not set. */
void wheel_remove(struct wheel_item *item);

#endif
