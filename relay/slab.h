/* Memory for very many things of one size that live long, apart from the heap: what comes and goes between them would
 * leave holes there that never go back to the system. */
#ifndef RELAY_SLAB_H
#define RELAY_SLAB_H

#include <stddef.h>

struct slab_chunk;

/* Start with the size of a thing and all else zero. */
struct slab {
    size_t size;
    struct slab_chunk *partial; /* chunks that have room */
};

/* Zeroed memory, aligned for any type; NULL when there is none. */
void *slab_alloc(struct slab *slab);

void slab_free(struct slab *slab, void *thing);

#endif
