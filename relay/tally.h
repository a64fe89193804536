/* How many there are of each: sockets by network or by account. */
#ifndef RELAY_TALLY_H
#define RELAY_TALLY_H

#include "core/network.h"
#include "core/map.h"

/* Start with all zero. */
struct tally {
    struct map map;
};

/* What is counted: by number, or by network. */
struct tally_key {
    int64_t a, b;
};

static inline struct tally_key tally_number(int64_t number) { return (struct tally_key){number, 0}; }
struct tally_key tally_network(struct address address);

/* One more; answers how many there are now. When memory runs out nothing is counted, and 0 answered. */
uint32_t tally_add(struct tally *tally, struct tally_key key);

/* One less, where there is one. */
void tally_remove(struct tally *tally, struct tally_key key);

#endif
