/* "echomeet-api user …": what an administrator does to accounts, at the command line. */
#ifndef FCGI_ADMIN_H
#define FCGI_ADMIN_H

#include "core/config.h"

/* argv[0] is what follows "user". Answers the program's exit status. */
int admin_user(const struct config *config, int argc, char **argv);

#endif
