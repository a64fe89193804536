#include "service/metrics.h"

bool metrics_may_read(const struct call *call)
{
    struct address address;
    return address_parse(call->address, &address) && networks_have(&call->app->config->metrics_readers, &address);
}
