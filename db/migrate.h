/* Migrations: files NNNN_what.sql, applied once each in the order of their numbers, forward only. */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "core/clock.h"
#include "core/config.h"
#include "core/err.h"

/* The number of the newest file in db/migrations: what this program needs. */
enum { SCHEMA_VERSION = 26 };

/* Makes the database where it is missing and applies what is not applied yet; *applied is the number of files run.
 * Safe to run twice and from two starters at once: the second waits for a lock in the database. Where something fails,
 * the log names the file, and the next run goes on at the statement where this one broke off. ERR_CONFLICT: a file that
 * was applied before, whole or in part, has other contents now. */
MUST_CHECK enum err migrate_run(const struct config *config, const struct clock *clock, const char *folder,
                                int *applied);

/* The number of the newest migration that the database has; 0 where it has none. */
struct db;
MUST_CHECK enum err migrate_version(struct db *db, int64_t *version);

#endif
