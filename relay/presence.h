/* Seats whose connection has ended: tells the workers at once, and again when the grace period is over. Whether the
 * seat still belongs to that connection is for the workers to say. Those that come
 * together go in one call, and each is repeated until a worker took it. */
#ifndef RELAY_PRESENCE_H
#define RELAY_PRESENCE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct backend;
struct presence;

struct presence *presence_new(struct ev_loop *loop, struct backend *backend);
void presence_free(struct presence **presence);

struct presence_seat {
    const char *meeting; /* as it stands in a path */
    int64_t user_id;
    const char *connection; /* the connection's name */
    double due;             /* when the grace period is over */
    bool doubtful;          /* no answer came from the join: the seat may be taken even after the first report */
};

/* Everything is copied. When memory runs out nothing is reported: the seat is swept when this relay has ended. */
void presence_add(struct presence *presence, const struct presence_seat *seat);

#endif
