/* Where Redis is: one server, or several over which the meetings are spread. Workers and relays must choose alike. */
#ifndef CORE_REDIS_H
#define CORE_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"

enum { REDIS_SERVERS = 16 };

struct redis_server {
    char socket[108]; /* unix socket; empty: host and port */
    char host[256];
    int port;
};

struct redis_servers {
    struct redis_server list[REDIS_SERVERS];
    int count; /* at least 1 */
};

/* Reads config->redis_servers ("unix:/path" and "host:port", separated by commas); where that is empty, the one server
 * of the other variables. False where it is no such list, or too long; *out is untouched then. */
bool redis_servers_read(const struct config *config, struct redis_servers *out);

/* Which of them has a meeting's channel and cache: jump consistent hash (Lamping and Veach, 2014), so that one more
 * server at the end of the list moves as few meetings as possible. */
int redis_server_of(int64_t meeting_id, int count);

#endif
