#include "service/metrics.h"

bool metrics_may_read(const struct context *ctx)
{
    struct address address;
    return address_parse(ctx->address, &address) && networks_have(&ctx->app->config->metrics_readers, &address);
}
