#include "service/context.h"

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

const char *context_network(const struct context *ctx)
{
    char text[ADDRESS_TEXT];
    struct address network;
    if (!network_at(ctx->address, &network))
        return "";
    address_write(&network, text);
    return arena_strdup(ctx->arena, text);
}

bool context_is_near(const struct context *ctx, const char *address)
{
    struct address here, there;
    return network_at(ctx->address, &here) && network_at(address, &there) && memcmp(&here, &there, sizeof here) == 0;
}
