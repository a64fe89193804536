/* The worker that waits for no request: it looks after meetings whose time has come (service/expiry.h). */
#ifndef FCGI_HOUSEKEEPING_H
#define FCGI_HOUSEKEEPING_H

#include "core/scoreboard.h"
#include "service/app.h"

/* Looks every second, and at once again while there is more to do, until SIGTERM. */
void housekeeping_loop(struct app *app, struct score *score);

#endif
