#include "core/map.h"

#include <stdlib.h>

enum { FIRST_SIZE = 64 };

/* splitmix64's finish: neighbouring numbers spread over all buckets */
static size_t hash(int64_t a, int64_t b)
{
    uint64_t x = (uint64_t)a * 0x9e3779b97f4a7c15u + (uint64_t)b;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (size_t)(x ^ (x >> 31));
}

static void insert(struct map *map, struct map_node *node)
{
    struct map_node **bucket = &map->buckets[hash(node->a, node->b) & (map->size - 1)];
    node->next = *bucket;
    *bucket = node;
}

static void grow(struct map *map)
{
    struct map old = *map;
    size_t size = old.size ? old.size * 2 : FIRST_SIZE;
    struct map_node **buckets = calloc(size, sizeof(*buckets));
    if (!buckets)
        return;
    map->buckets = buckets;
    map->size = size;
    for (size_t i = 0; i < old.size; i++) {
        /* turned round first, so that the order of equal ones stays */
        struct map_node *turned = NULL;
        while (old.buckets[i]) {
            struct map_node *node = old.buckets[i];
            old.buckets[i] = node->next;
            node->next = turned;
            turned = node;
        }
        while (turned) {
            struct map_node *next = turned->next;
            insert(map, turned);
            turned = next;
        }
    }
    free(old.buckets);
}

bool map_add(struct map *map, struct map_node *node, int64_t a, int64_t b)
{
    if (map->count >= map->size)
        grow(map);
    if (map->size == 0)
        return false;
    node->a = a;
    node->b = b;
    insert(map, node);
    map->count++;
    return true;
}

void map_remove(struct map *map, struct map_node *node)
{
    struct map_node **p = &map->buckets[hash(node->a, node->b) & (map->size - 1)];
    while (*p != node)
        p = &(*p)->next;
    *p = node->next;
    node->next = NULL;
    map->count--;
}

struct map_node *map_find(const struct map *map, int64_t a, int64_t b)
{
    if (map->size == 0)
        return NULL;
    struct map_node *node = map->buckets[hash(a, b) & (map->size - 1)];
    while (node && (node->a != a || node->b != b))
        node = node->next;
    return node;
}

void map_free(struct map *map)
{
    free(map->buckets);
    *map = (struct map){0};
}
