/* One connection to MySQL or MariaDB, prepared statements with typed parameters and columns, transactions.
 *
 * Statements are prepared at their first use, kept, and prepared again by themselves on a new connection. A connection
 * that broke while idle is replaced unseen where a transaction begins and where a SELECT outside of one is sent. A
 * changing statement outside of a transaction is never sent twice, so whatever changes something belongs into a
 * transaction.
 *
 * Errors of all functions here: ERR_DB_LOST (no connection, or it broke), ERR_DB_DEADLOCK (MySQL 1213, 1205: try
 * the whole transaction again), ERR_DB_DUPLICATE (a unique key is taken), ERR_DB_DONE_ALREADY (of a change of the
 * tables: what it makes is there, or what it drops is not), ERR_DB_CANNOT_WRITE (a full disk, a read-only
 * server …), ERR_TIMEOUT, ERR_INTERNAL (logged). */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/config.h"
#include "core/err.h"

struct db;

/* Opens nothing yet: the connection is made at the first use and whenever it broke. config must outlive it. */
struct db *db_new(const struct config *config);

/* The same for work that may take hours: no statement is broken off for its time. */
struct db *db_new_patient(const struct config *config);

void db_free(struct db **db);

/* Counts errors but duplicate keys into counter, and notes in refused_us when the server could not write last
 * (clock_elapsed_us). Both must outlive the connection. */
void db_count_errors(struct db *db, _Atomic int64_t *counter, _Atomic int64_t *refused_us);

/* Whether the server answers. */
MUST_CHECK enum err db_ping(struct db *db);

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB, DB_TIME };

/* A value for a "?" of a statement. The memory that text and blob point to must live until the call returns. */
struct db_param {
    enum db_type type;
    int64_t number;
    const void *bytes;
    size_t len;
};

struct db_param db_null(void);
struct db_param db_int(int64_t value);
struct db_param db_text(const char *text);              /* NULL: SQL NULL */
struct db_param db_blob(const void *bytes, size_t len); /* NULL: SQL NULL */
struct db_param db_time(int64_t time_ms);               /* milliseconds since 1970, UTC; 0: SQL NULL */

#define DB_PARAMS(...) \
    (const struct db_param[]){__VA_ARGS__}, (int)(sizeof((struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param))
#define DB_NO_PARAMS NULL, 0

enum { DB_MAX_PARAMS = 260 }; /* of one statement */

/* A stored number that statements name. Its digits stand once, in a macro NUMBER_<name>; the enumerator and the text in
 * SQL both come from there:
 *
 *     #define NUMBER_MEETING_ENDED 3
 *     enum meeting_status { MEETING_ENDED = NUMBER_MEETING_ENDED };
 *     "… WHERE status = " SQL_NUMBER(MEETING_ENDED) */
#define SQL_NUMBER(name) SQL_EXPANDED(NUMBER_##name)
#define SQL_EXPANDED(number) SQL_TEXT(number)
#define SQL_TEXT(number) #number

/* What a changing statement did. */
struct db_result {
    int64_t affected;  /* rows really changed; INSERT … ON DUPLICATE KEY UPDATE: 1 inserted, 2 changed, 0 neither */
    int64_t insert_id; /* AUTO_INCREMENT or LAST_INSERT_ID(expr) */
};

/* Runs a changing statement; result may be NULL. */
MUST_CHECK enum err db_execute(struct db *db, const char *sql, const struct db_param *params, int count,
                               struct db_result *result);

/* The same for a statement that must change a row. ERR_DB_NO_ROW: it did not. */
MUST_CHECK enum err db_change_one(struct db *db, const char *sql, const struct db_param *params, int count);

/* The rows of a SELECT, read one after the other; each column is read once, in the order of the statement. */
struct db_rows {
    struct db *db;
    struct db_statement *statement;
    struct arena *arena;
    int column;
    size_t bytes; /* of the texts read so far */
};

/* Runs a SELECT. Its rows must be read or ended before the next statement of this connection.
 * Texts are copied into the arena. */
MUST_CHECK enum err db_select(struct db *db, struct arena *arena, const char *sql, const struct db_param *params,
                              int count, struct db_rows *rows);

/* Moves to the next row. ERR_DB_NO_ROW after the last one (the rows are ended then, as after every error). */
MUST_CHECK enum err db_next(struct db_rows *rows);

/* Ends the rows early. */
void db_end(struct db_rows *rows);

/* The next column of the row. SQL NULL reads as 0, NULL or 0. */
int64_t db_get_int(struct db_rows *rows);
char *db_get_text(struct db_rows *rows);
void *db_get_blob(struct db_rows *rows, size_t *len);
int64_t db_get_time(struct db_rows *rows); /* milliseconds since 1970, UTC */

/* The first row. ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err db_select_one(struct db *db, struct arena *arena, const char *sql, const struct db_param *params,
                                  int count, void (*read)(struct db_rows *rows, void *out), void *out);

/* All rows, as an array in the arena of things of `size` bytes, each zeroed and then filled by read. items points to
 * the caller's pointer to the first thing. */
MUST_CHECK enum err db_select_all(struct db *db, struct arena *arena, const char *sql, const struct db_param *params,
                                  int count, void (*read)(struct db_rows *rows, void *out), size_t size, void *items,
                                  int *item_count);

/* The same, but no row more once the texts of those before it have max_bytes. *more: there are others. */
MUST_CHECK enum err db_select_page(struct db *db, struct arena *arena, const char *sql, const struct db_param *params,
                                   int count, size_t max_bytes, void (*read)(struct db_rows *rows, void *out),
                                   size_t size, void *items, int *item_count, bool *more);

/* The first column of the first row as a number; ERR_DB_NO_ROW where there is no row. */
MUST_CHECK enum err db_select_int(struct db *db, const char *sql, const struct db_param *params, int count,
                                  int64_t *value);

/* Reads one column as a number: for db_select_one and db_select_all, out being an int64_t. */
void db_read_int(struct db_rows *rows, void *out);

/* Runs body in a transaction (READ COMMITTED) and commits when it answers ERR_OK. Body is run again after a deadlock
 * or where the connection broke before COMMIT was sent, so it must start from its inputs each time.
 * ERR_OUTCOME_UNKNOWN: the connection broke during COMMIT. */
MUST_CHECK enum err db_transaction(struct db *db, enum err (*body)(void *arg), void *arg);

/* The same for reading only: body sees one state of the database (REPEATABLE READ, consistent snapshot). */
MUST_CHECK enum err db_snapshot(struct db *db, enum err (*body)(void *arg), void *arg);

/* A pattern for LIKE … ESCAPE '!' that finds a text anywhere, "%" and "_" taken literally. In the arena. */
const char *db_like_pattern(struct arena *arena, const char *text);

/* Runs statements separated by semicolons as they are; for migrations. */
MUST_CHECK enum err db_run_script(struct db *db, const char *script);

/* Statements sent so far over this connection; for tests and figures. */
int64_t db_statements_sent(const struct db *db);

#endif
