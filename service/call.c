#include "service/call.h"

#include "core/network.h"

const char *call_network(const struct call *call)
{
    char text[ADDRESS_TEXT];
    struct address address;
    if (!address_parse(call->address, &address))
        return "";
    address = network_of(address);
    address_write(&address, text);
    return arena_strdup(call->arena, text);
}
