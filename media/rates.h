/* What publishers really send. Janus only asks a sender to keep to a rate (REMB), and one that does not listen floods
 * everybody. So Janus's admin API is asked about one publisher after the other, each every two seconds.
 *
 * One question is on its way at a time, and nothing waits for it. Where the admin API cannot be had nothing is told.
 */
#ifndef MEDIA_RATES_H
#define MEDIA_RATES_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"
#include "media/janus.h"
#include "media/sdp.h"

struct rates;
struct rate_watch;

struct rates_options {
    const char *socket_path; /* of Janus's admin API: admin_ws_unix */
    const char *admin_secret;
};

/* options and random must outlive it. NULL when memory runs out. */
struct rates *rates_new(struct ev_loop *loop, const struct rates_options *options, struct random *random);

/* All watches must have ended before. */
void rates_free(struct rates **rates);

/* A measurement. bits: in a second; too_much: over twice the cap. The watch may be ended within it. It is not called
 * from within a function of this module. */
typedef void rates_fn(void *data, int64_t bits, bool too_much);

/* Watches what comes in over a handle on these lines. cap: bits in a second. handle and lines must outlive the watch.
 * NULL when memory runs out. */
struct rate_watch *rates_watch(struct rates *rates, const struct janus_handle *handle, const struct sdp_lines *lines,
                               int64_t cap, rates_fn *fn, void *data);

/* Clears the pointer; NULL is fine. */
void rates_unwatch(struct rate_watch **watch);

#endif
