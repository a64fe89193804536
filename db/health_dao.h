/* A row that is written to find out whether the database can be. */
#ifndef DB_HEALTH_DAO_H
#define DB_HEALTH_DAO_H

#include "db/db.h"

/* In a transaction of its own. */
MUST_CHECK enum err health_dao_write(struct db *db, int64_t now_ms);

#endif
