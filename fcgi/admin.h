/* "echomeet-api user …" and "echomeet-api media …": what an administrator does to accounts and to media nodes, at the
 * command line. */
#ifndef FCGI_ADMIN_H
#define FCGI_ADMIN_H

#include "core/config.h"

/* argv[0] is what follows "user" or "media". Answers the program's exit status. */
int admin_user(const struct config *config, int argc, char **argv);
int admin_media(const struct config *config, int argc, char **argv);

#endif
