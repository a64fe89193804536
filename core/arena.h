/* Memory of one request: allocated piece by piece, freed at once. Allocation never returns NULL:
 * when memory runs out the process ends, and the supervisor starts another worker. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);

/* Forgets everything allocated and keeps the first chunk for the next request. After a large one, all memory that is
 * free goes back to the system. */
void arena_reset(struct arena *arena);

/* Zeroed memory, aligned for any type, valid until reset or free. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed memory for count things of size bytes; ends the process where the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
