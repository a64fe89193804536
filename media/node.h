/* The meetings whose media this node has. It follows the log of each, so that what the log says of somebody stands in
 * Janus; it carries signals between pages and rooms; and it tells the workers every second what it holds, which is its
 * sign of life, and hears from them what it is to take and to leave. It knows no rule.
 *
 * Authority is the workers': a node that could not tell them anything for as long as its lease lasts ends all its
 * rooms, since another node may have them by then, and begins as if it were new. */
#ifndef MEDIA_NODE_H
#define MEDIA_NODE_H

#include <ev.h>
#include <stdbool.h>

#include "core/random.h"
#include "media/janus.h"

struct backend;
struct config;
struct node;
struct rates;

/* All must outlive the node. */
struct node_setup {
    struct ev_loop *loop;
    const struct config *config;
    struct backend *backend; /* its name to the workers is the node's */
    const char *name;
    const char *admin_key; /* of the VideoRoom plugin */
    struct random *random;
    struct janus *janus;
    struct rates *rates;
};

/* NULL when memory runs out. Nobody is told anything before Janus works for the first time. */
struct node *node_new(const struct node_setup *setup);
void node_free(struct node **node);

/* Janus works, in this version; or does so no more, and all that was in it is gone. False when memory runs out. */
MUST_CHECK bool node_janus_up(struct node *node, int version);
void node_janus_down(struct node *node);

/* Takes no room any more, and tells the workers that they are to move those that it has. */
void node_drain(struct node *node);

/* It drains, and the workers have heard of it and moved every room. */
bool node_is_drained(const struct node *node);

/* To be called at the end of each turn of the loop. */
void node_end_turn(struct node *node);

#endif
