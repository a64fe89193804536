#include "core/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/text.h"

enum { MAPPED_BITS = 96, ENTRY_SIZE = 64 /* of a list: an address with a length, or with a port */ };

static const uint8_t MAPPED[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

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
    static const struct address unknown;
    bool v4 = is_v4(address);
    if (memcmp(address, &unknown, sizeof unknown) == 0 ||
        !inet_ntop(v4 ? AF_INET : AF_INET6, address->ip + (v4 ? sizeof MAPPED : 0), out, ADDRESS_TEXT))
        out[0] = '\0';
}

struct address network_of(struct address address)
{
    if (!is_v4(&address))
        memset(address.ip + 8, 0, 8);
    return address;
}

/* "10.0.0.0/8" or an address; writes into the text. */
static bool read_network(char *text, struct network *out)
{
    char *slash = strchr(text, '/');
    int64_t bits;
    if (slash)
        *slash = '\0';
    if (!address_parse(text, &out->base))
        return false;
    int before = strchr(text, ':') ? 0 : MAPPED_BITS, most = 128 - before;
    if (!slash)
        bits = most;
    else if (!text_to_int(slash + 1, &bits) || bits < 0 || bits > most)
        return false;
    out->bits = (int)bits + before;
    return true;
}

/* A list's entry without the blanks around it; false where it cannot be one. */
static bool copy_entry(const char *at, size_t len, char out[static ENTRY_SIZE])
{
    for (; len && (*at == ' ' || *at == '\t'); len--)
        at++;
    while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    if (len >= ENTRY_SIZE)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

bool networks_read(const char *text, struct networks *out)
{
    struct networks n = {0};
    char entry[ENTRY_SIZE];
    for (size_t len; *text; text += len, text += *text == ',') {
        len = strcspn(text, ",");
        if (n.count == NETWORKS || !copy_entry(text, len, entry) || !read_network(entry, &n.list[n.count++]))
            return false;
    }
    *out = n;
    return true;
}

static bool is_in(const struct network *network, const struct address *address)
{
    size_t whole = (size_t)network->bits / 8;
    int rest = network->bits % 8;
    return memcmp(network->base.ip, address->ip, whole) == 0 &&
           (rest == 0 || (network->base.ip[whole] ^ address->ip[whole]) >> (8 - rest) == 0);
}

bool networks_have(const struct networks *networks, const struct address *address)
{
    for (int i = 0; i < networks->count; i++)
        if (is_in(&networks->list[i], address))
            return true;
    return false;
}

/* What a proxy wrote: an address; some add a port, "192.0.2.1:4711" or "[2001:db8::1]:4711". Writes into the text. */
static bool read_forwarded(char *text, struct address *out)
{
    char *end = *text == '[' ? strchr(text, ']') : NULL;
    if (end) {
        *end = '\0';
        return (end[1] == '\0' || end[1] == ':') && address_parse(text + 1, out);
    }
    char *colon = strchr(text, ':');
    if (colon && !strchr(colon + 1, ':'))
        *colon = '\0';
    return address_parse(text, out);
}

struct address network_client(const struct networks *trusted, struct address peer, const char *forwarded_for)
{
    size_t end = strlen(forwarded_for);
    char entry[ENTRY_SIZE];
    while (end && networks_have(trusted, &peer)) {
        size_t begin = end;
        while (begin && forwarded_for[begin - 1] != ',')
            begin--;
        if (!copy_entry(forwarded_for + begin, end - begin, entry) || !read_forwarded(entry, &peer))
            break;
        end = begin ? begin - 1 : 0;
    }
    return peer;
}
