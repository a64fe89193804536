#include "service/call.h"

#include <string.h>

#include "core/network.h"

static bool network_at(const char *text, struct address *network)
{
    struct address address;
    if (!address_parse(text, &address))
        return false;
    *network = network_of(address);
    return true;
}

const char *call_network(const struct call *call)
{
    char text[ADDRESS_TEXT];
    struct address network;
    if (!network_at(call->address, &network))
        return "";
    address_write(&network, text);
    return arena_strdup(call->arena, text);
}

bool call_is_near(const struct call *call, const char *address)
{
    struct address here, there;
    return network_at(call->address, &here) && network_at(address, &there) && memcmp(&here, &there, sizeof here) == 0;
}
