#include "db/column.h"

void column_read(const struct column *columns, int count, struct db_rows *rows, void *out)
{
    for (const struct column *c = columns; c < columns + count; c++) {
        void *member = (char *)out + c->offset;
        switch (c->kind) {
        case COLUMN_INT: *(int64_t *)member = db_get_int(rows); break;
        case COLUMN_BOOL: *(bool *)member = db_get_int(rows) != 0; break;
        case COLUMN_TEXT: *(const char **)member = db_get_text(rows); break;
        case COLUMN_TIME: *(int64_t *)member = db_get_time(rows); break;
        case COLUMN_BLOB: {
            struct blob *blob = member;
            blob->bytes = db_get_blob(rows, &blob->len);
            break;
        }
        }
    }
}

static struct db_param param_of(enum column_kind kind, const void *member)
{
    switch (kind) {
    case COLUMN_INT: return db_int(*(const int64_t *)member);
    case COLUMN_BOOL: return db_int(*(const bool *)member);
    case COLUMN_TEXT: return db_text(*(const char *const *)member);
    case COLUMN_TIME: return db_time(*(const int64_t *)member);
    case COLUMN_BLOB: break;
    }
    const struct blob *blob = member;
    return db_blob(blob->bytes, blob->len);
}

void column_bind(const struct column *columns, int count, const void *row, struct db_param *params)
{
    for (int i = 0; i < count; i++)
        params[i] = param_of(columns[i].kind, (const char *)row + columns[i].offset);
}
