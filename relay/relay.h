/* What the relay's modules share. There is one, made by main.c and handed to everybody; modules that stand higher are
 * named here only. */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/config.h"
#include "core/random.h"
#include "core/token.h"
#include "relay/metrics.h"
#include "relay/slab.h"
#include "relay/tally.h"
#include "relay/wheel.h"

struct backend;
struct conn;
struct conn_hooks;
struct hub;
struct presence;

enum { RELAY_ID_SIZE = 40, RELAY_CONN_NAME_SIZE = 64, RELAY_READ_BYTES = 64 * 1024 };

struct relay {
    struct ev_loop *loop;
    struct config config;
    struct clock clock; /* the workers', as far as it is known (backend.c) */
    struct random random;
    struct token_keys keys;
    char id[RELAY_ID_SIZE]; /* a new one at each start: seats of an earlier life are not ours */
    struct backend *backend;
    struct hub *hub;
    struct presence *presence;
    struct metrics metrics;
    struct wheel wheel;                  /* deadlines of connections */
    struct tally unauthenticated;        /* sockets that have not signed in, by network */
    struct tally by_account, by_network; /* those that have */
    int64_t sockets;                     /* of clients, in all */
    struct slab conn_memory;
    const struct conn_hooks *hooks;
    struct conn *conns;    /* all connections */
    struct conn *dirty;    /* those with output that was not tried to be written yet */
    struct conn *finished; /* those to free at the end of this turn of the loop */
    uint64_t last_number;  /* of a connection */
    bool stopping;
    char read_room[RELAY_READ_BYTES]; /* what one read takes; shared, since nothing is kept in it */
};

#endif
