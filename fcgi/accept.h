/* A worker's accept loop: the only part that knows libfcgi. */
#ifndef FCGI_ACCEPT_H
#define FCGI_ACCEPT_H

#include "core/scoreboard.h"
#include "http/request.h"
#include "service/app.h"

/* Serves requests that arrive on the listening socket, one at a time, until SIGTERM; the request at hand is finished
 * first. */
void accept_loop(struct app *app, enum pool pool, int listen_fd, struct score *score);

#endif
