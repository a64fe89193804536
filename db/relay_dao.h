/* The relays' signs of life. */
#ifndef DB_RELAY_DAO_H
#define DB_RELAY_DAO_H

#include "db/db.h"

/* Renews the lease of a relay. *alive_since_ms: since when it was renewed without a break. */
MUST_CHECK enum err relay_dao_renew(struct db *db, const char *relay, int64_t now_ms, int64_t lease_until_ms, int64_t *alive_since_ms);

/* Forgets relays whose lease ended before a time and that hold no seat. */
MUST_CHECK enum err relay_dao_forget(struct db *db, int64_t before_ms);

#endif
