/* The comparison with the workers: every few seconds, and more often while Redis is away, one call names all rooms of
 * this relay with the last event of each, and hears which have gone on. It closes what a lost message opened, and is
 * this relay's sign of life. */
#ifndef RELAY_SYNC_H
#define RELAY_SYNC_H

struct relay;
struct sync;

/* Begins at once. NULL when memory runs out. */
struct sync *sync_new(struct relay *relay);
void sync_free(struct sync **sync);

/* Compares now, or right after the comparison under way: that one may have been asked too early. */
void sync_now(struct sync *sync);

#endif
