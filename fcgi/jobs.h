/* A worker that waits for no request but does jobs (service/job.h). */
#ifndef FCGI_JOBS_H
#define FCGI_JOBS_H

#include "core/scoreboard.h"
#include "service/app.h"

/* Does what is due, one job after the other, until SIGTERM. It is woken through Redis where jobs are added, and looks
 * by itself every ECHOMEET_HOUSEKEEPING_MS and when the next one is due. */
void jobs_loop(struct app *app, struct score *score, bool only_short);

#endif
