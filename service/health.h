/* Whether what the system needs answers. */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include <stdbool.h>

#include "service/call.h"

struct health {
    bool mysql;
    bool redis;
    bool migrations; /* the database is as new as this program needs it */
};

struct health health_check(struct call *call);

#endif
