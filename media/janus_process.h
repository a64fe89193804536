/* Janus as a child of ours. It is held to be a program that may die or hang at any moment: it is started again when it
 * ends, 200 ms later, and later each time where it ends at once; it is killed where it does not come to work in time;
 * and the kernel kills it when we end. */
#ifndef MEDIA_JANUS_PROCESS_H
#define MEDIA_JANUS_PROCESS_H

#include <ev.h>

struct janus_process;

struct janus_process_options {
    const char *folder; /* what scripts/janus-config has written; where there is a loopback.so in it, it is preloaded */
    const char *prefix; /* Janus is PREFIX/bin/janus */
};

/* Starts it when the loop runs; the loop must be the default one, which alone hears of children. What it says goes to
 * janus.log in the folder, which begins anew with each of our lives; of a long one the end is kept. options must
 * outlive it. NULL when memory runs out.
 */
struct janus_process *janus_process_new(struct ev_loop *loop, const struct janus_process_options *options);

/* Kills it, and waits for that. */
void janus_process_free(struct janus_process **process);

/* It works: its session stands. */
void janus_process_works(struct janus_process *process);

/* It hangs, or makes no sense: it is killed, and started again. Does nothing where it has ended. */
void janus_process_kill(struct janus_process *process);

#endif
