/* The HTTP request that opens a connection: who may come in, and what is answered. */
#ifndef RELAY_OPENING_H
#define RELAY_OPENING_H

struct conn;

/* Looks at what has come of the request; does nothing while it is not whole. */
void opening_read(struct conn *c);

/* A socket was accepted: counts it, and refuses it where its network has too many that did not sign in. */
void opening_begin(struct conn *c);

/* It signed in or ended: it does not count any more. */
void opening_done(struct conn *c);

#endif
