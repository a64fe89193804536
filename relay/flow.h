/* How fast a client may send: a token bucket for each class of messages of a connection, and one for bytes. A bucket
 * holds what comes in FLOW_BURST_S seconds at its rate, and is full at the start. It is kept as the time when it will
 * be full again, so that a connection that is idle needs no looking after. Pure: the clock is handed in. */
#ifndef RELAY_FLOW_H
#define RELAY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

enum flow_class {
    FLOW_SIGNAL,       /* webrtc_signal, media_signal */
    FLOW_CALL,         /* what goes to the workers */
    FLOW_TRANSIENT,    /* typing, reaction */
    FLOW_PING,         /* ping, auth, and WebSocket pings */
    FLOW_SIGNAL_BYTES, /* of their data */
    FLOW_CLASSES
};

enum { FLOW_BURST_S = 10 };

/* Start with all zero. Times are seconds. */
struct flow {
    double full_at[FLOW_CLASSES];
    double refused_at; /* the last refusal */
    uint32_t refused;  /* without LIMIT_REFUSED_PAUSE_S between two of them */
};

/* Takes so many tokens. False where there are not enough. per_second 0: no limit. */
bool flow_take(struct flow *flow, enum flow_class class, int64_t amount, int64_t per_second, double now);

/* Counts a message that was refused. Answers how many were, without a longer pause between two of them. */
uint32_t flow_refuse(struct flow *flow, double now);

#endif
