/* Columns whose members, reader and values follow from one table (db/meeting.def). A column's kind says three things:
 * the C type of its member, how it is read, and how it is bound. */
#ifndef DB_COLUMN_H
#define DB_COLUMN_H

#include "db/db.h"

enum column_kind { COLUMN_INT, COLUMN_BOOL, COLUMN_TEXT, COLUMN_TIME, COLUMN_BLOB };

/* The C type of each kind. */
#define TYPE_INT int64_t
#define TYPE_BOOL bool
#define TYPE_TEXT const char *
#define TYPE_TIME int64_t /* ms since 1970, UTC; 0: SQL NULL */
#define TYPE_BLOB struct blob

struct blob {
    const void *bytes; /* NULL: SQL NULL */
    size_t len;
};

/* Where a column has its member in a struct. */
struct column {
    enum column_kind kind;
    size_t offset;
    const char *member;
};

/* The compiler refuses a member that is not of the kind's type. */
#define COLUMN_OF(type, kind, name) \
    { \
        COLUMN_##kind, _Generic(((type *)NULL)->name, TYPE_##kind : offsetof(type, name)), #name \
    }

#define COLUMN_COUNT(columns) ((int)(sizeof(columns) / sizeof *(columns)))

/* Reads the next `count` columns of a row into the members of `out`. */
void column_read(const struct column *columns, int count, struct db_rows *rows, void *out);

/* The members of `row` as `count` values, in the order of the columns; they point into what the row points to. */
void column_bind(const struct column *columns, int count, const void *row, struct db_param *params);

#endif
