/* A hash table of things that carry their own links. A thing is found by two numbers; several things may have the
 * same ones, then the last one put in is found first. The table owns nothing that is in it. */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_node {
    struct map_node *next;
    int64_t a, b;
};

/* Start with all zero. */
struct map {
    struct map_node **buckets;
    size_t size; /* a power of two, or 0 */
    size_t count;
};

/* False when there is no memory for the first bucket; otherwise a table that cannot grow only gets slower. */
bool map_add(struct map *map, struct map_node *node, int64_t a, int64_t b);

/* The node must be in the map. */
void map_remove(struct map *map, struct map_node *node);

/* NULL where there is none. */
struct map_node *map_find(const struct map *map, int64_t a, int64_t b);

void map_free(struct map *map);

#define MAP_ITEM(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
