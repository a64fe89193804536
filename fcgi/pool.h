/* The supervisor: owns the listening sockets and keeps the workers behind them running. */
#ifndef FCGI_POOL_H
#define FCGI_POOL_H

#include "core/config.h"
#include "core/err.h"

/* Opens the sockets, starts the workers, and looks after them until SIGTERM or SIGINT:
 *   a worker that ends is replaced; one that keeps ending at once is replaced more and more slowly
 *   a worker that holds one request longer than ECHOMEET_REQUEST_LIMIT_MS is killed, its request logged
 *   SIGHUP replaces all workers one by one (a new program file is used); no request fails
 *   SIGTERM, SIGINT: workers finish what they are at; then the sockets are removed
 * Answers the program's exit status. */
int pool_run(const struct config *config, const char *program);

/* The program's other side: what the supervisor starts as "echomeet-api worker PLACE POOL COUNT". */
int pool_worker(const struct config *config, int argc, char **argv);

#endif
