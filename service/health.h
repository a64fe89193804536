/* Whether what the system needs answers and can be written to. */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include <stdbool.h>

#include "service/context.h"

struct health {
    bool mysql;
    bool redis;      /* and takes what is written */
    bool migrations; /* the database is as new as this program needs it */
    bool writes;     /* the database can be written to */
};

struct health health_check(struct context *ctx);

#endif
