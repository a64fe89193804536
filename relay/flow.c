#include "relay/flow.h"

#include "core/limits.h"

bool flow_take(struct flow *flow, enum flow_class class, int64_t amount, int64_t per_second, double now)
{
    if (per_second == 0)
        return true;
    double full_at = flow->full_at[class] > now ? flow->full_at[class] : now;
    full_at += (double)amount / (double)per_second;
    /* half a token of tolerance: sums of fractions are not exact */
    if (full_at > now + FLOW_BURST_S + 0.5 / (double)per_second)
        return false;
    flow->full_at[class] = full_at;
    return true;
}

uint32_t flow_refuse(struct flow *flow, double now)
{
    if (now > flow->refused_at + LIMIT_REFUSED_PAUSE_S)
        flow->refused = 0;
    flow->refused_at = now;
    return ++flow->refused;
}
