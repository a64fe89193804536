/* What the pool tells a monitoring system. */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include <stdbool.h>

#include "service/context.h"

/* Whether the caller's address is one of those that may read them (ECHOMEET_METRICS_FROM). */
bool metrics_may_read(const struct context *ctx);

#endif
