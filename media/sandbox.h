/* What Janus, a program that reads the packets of strangers, may not do: it is held to be one that may be taken over.
 */
#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

#include <stdbool.h>

/* In the child, right before it becomes Janus, for it and whatever it starts, for good: it connects to nothing (not to
 * Redis, nor to the workers or the database, whatever its account may reach), has no TCP, looks into no other process,
 * and gains no rights by running another program. It sends and receives UDP, and answers on unix sockets. False where
 * the kernel does not take it, with errno. Where the processor is none that we know, only the last of these holds. */
bool sandbox_enter(void);

/* In the process that starts it: nobody of the same account, Janus above all, can read our memory or environment. */
void sandbox_hide_self(void);

#endif
