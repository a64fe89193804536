#include "service/metrics.h"

#include <string.h>

bool metrics_may_read(const struct call *call)
{
    const char *list = call->app->config->metrics_from;
    size_t want = strlen(call->address), len;
    for (; *list; list += len, list += *list == ',') {
        len = strcspn(list, ",");
        if (len == want && memcmp(list, call->address, len) == 0)
            return true;
    }
    return false;
}
