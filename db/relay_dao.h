/* The relays' heartbeats, and what they tell of themselves. */
#ifndef DB_RELAY_DAO_H
#define DB_RELAY_DAO_H

#include <stdbool.h>

#include "db/db.h"

/* Renews the lease of a relay. *alive_since_ms: since when it was renewed without a break. */
MUST_CHECK enum err relay_dao_renew(struct db *db, const char *relay, int64_t now_ms, int64_t lease_until_ms,
                                    int64_t *alive_since_ms);

/* Gives a relay that was never heard of a lease, unless it has been heard of by now. */
MUST_CHECK enum err relay_dao_expect(struct db *db, const char *relay, int64_t until_ms);

MUST_CHECK enum err relay_dao_has_lease(struct db *db, const char *relay, int64_t now_ms, bool *has);

/* Forgets relays whose lease ended before a time and that hold no seat. */
MUST_CHECK enum err relay_dao_forget(struct db *db, int64_t before_ms);

MUST_CHECK enum err relay_dao_set_stats(struct db *db, const char *relay, const char *stats);

struct relay_row {
    char *id;
    int64_t alive_since_ms;
    char *stats; /* never NULL */
};

/* Those that were heard of and whose lease has not run out, by their name. */
MUST_CHECK enum err relay_dao_list(struct db *db, struct arena *arena, int64_t now_ms, struct relay_row **items,
                                   int *count);

#endif
