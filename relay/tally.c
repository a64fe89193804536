#include "relay/tally.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct map_node node;
    uint32_t count;
};

struct tally_key tally_network(struct address address)
{
    struct address network = network_of(address);
    struct tally_key key;
    memcpy(&key, network.ip, sizeof key);
    return key;
}

static struct entry *find(const struct tally *tally, struct tally_key key)
{
    struct map_node *node = map_find(&tally->map, key.a, key.b);
    return node ? MAP_ITEM(node, struct entry, node) : NULL;
}

uint32_t tally_add(struct tally *tally, struct tally_key key)
{
    struct entry *entry = find(tally, key);
    if (entry)
        return ++entry->count;
    entry = calloc(1, sizeof *entry);
    if (!entry || !map_add(&tally->map, &entry->node, key.a, key.b)) {
        free(entry);
        return 0;
    }
    return entry->count = 1;
}

void tally_remove(struct tally *tally, struct tally_key key)
{
    struct entry *entry = find(tally, key);
    if (!entry || --entry->count)
        return;
    map_remove(&tally->map, &entry->node);
    free(entry);
    if (tally->map.count == 0)
        map_free(&tally->map);
}
