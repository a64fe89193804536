#include "relay/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct address *a) { return memcmp(a->ip, MAPPED, sizeof MAPPED) == 0; }

static struct address from_v4(const void *four)
{
    struct address a;
    memcpy(a.ip, MAPPED, sizeof MAPPED);
    memcpy(a.ip + sizeof MAPPED, four, 4);
    return a;
}

struct address address_of(const struct sockaddr *peer)
{
    struct address a = {0};
    if (peer->sa_family == AF_INET6)
        memcpy(a.ip, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, sizeof a.ip);
    else if (peer->sa_family == AF_INET)
        a = from_v4(&((const struct sockaddr_in *)(const void *)peer)->sin_addr);
    return a;
}

bool address_parse(const char *text, struct address *out)
{
    struct address a;
    if (inet_pton(AF_INET, text, a.ip) == 1)
        a = from_v4((uint8_t[4]){a.ip[0], a.ip[1], a.ip[2], a.ip[3]});
    else if (inet_pton(AF_INET6, text, a.ip) != 1)
        return false;
    *out = a;
    return true;
}

void address_write(const struct address *address, char out[static ADDRESS_TEXT])
{
    bool v4 = is_v4(address);
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, address->ip + (v4 ? sizeof MAPPED : 0), out, ADDRESS_TEXT))
        out[0] = '\0';
}

bool address_is_loopback(const struct address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    return is_v4(address) ? address->ip[12] == 127 : memcmp(address->ip, one, sizeof one) == 0;
}

struct entry {
    struct map_node node;
    uint32_t count;
};

static struct entry *find(const struct address_counts *counts, const struct address *address, int64_t key[static 2])
{
    memcpy(key, address->ip, sizeof address->ip);
    if (!is_v4(address))
        key[1] = 0;
    struct map_node *node = map_find(&counts->map, key[0], key[1]);
    return node ? MAP_ITEM(node, struct entry, node) : NULL;
}

uint32_t address_count(struct address_counts *counts, const struct address *address)
{
    int64_t key[2];
    struct entry *entry = find(counts, address, key);
    if (entry)
        return ++entry->count;
    entry = calloc(1, sizeof *entry);
    if (!entry || !map_add(&counts->map, &entry->node, key[0], key[1])) {
        free(entry);
        return 0;
    }
    return entry->count = 1;
}

void address_uncount(struct address_counts *counts, const struct address *address)
{
    int64_t key[2];
    struct entry *entry = find(counts, address, key);
    if (!entry || --entry->count)
        return;
    map_remove(&counts->map, &entry->node);
    free(entry);
    if (counts->map.count == 0)
        map_free(&counts->map);
}
