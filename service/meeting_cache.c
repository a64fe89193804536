#include "service/meeting_cache.h"

#include <stddef.h>
#include <string.h>

#include "core/buf.h"
#include "db/column.h"

enum {
    CACHED_BYTES = 256 * 1024 /* a meeting that takes more is not cached */
};

static const char *key_of(struct context *ctx, int64_t meeting_id)
{
    return arena_printf(ctx->arena, "echomeet:meeting:%lld", (long long)meeting_id);
}

/* --- writing: numbers as eight bytes, bytes with their length before them, -1 for NULL --- */

static void put_int(struct buf *b, int64_t value) { buf_append(b, &value, sizeof value); }

static void put_bytes(struct buf *b, const void *bytes, size_t len)
{
    put_int(b, bytes ? (int64_t)len : -1);
    if (bytes)
        buf_append(b, bytes, len);
}

static void put_text(struct buf *b, const char *text) { put_bytes(b, text, text ? strlen(text) : 0); }

static void put_row(struct buf *b, const struct column *columns, int count, const void *row)
{
    for (const struct column *c = columns; c < columns + count; c++) {
        const void *member = (const char *)row + c->offset;
        switch (c->kind) {
        case COLUMN_INT:
        case COLUMN_TIME: put_int(b, *(const int64_t *)member); break;
        case COLUMN_BOOL: put_int(b, *(const bool *)member); break;
        case COLUMN_TEXT: put_text(b, *(const char *const *)member); break;
        case COLUMN_BLOB: put_bytes(b, ((const struct blob *)member)->bytes, ((const struct blob *)member)->len); break;
        }
    }
}

/* --- reading --- */

struct reader {
    struct arena *arena;
    const char *at, *end;
    bool failed;
};

static int64_t get_int(struct reader *r)
{
    int64_t value = 0;
    if (r->failed || r->end - r->at < (ptrdiff_t)sizeof value) {
        r->failed = true;
        return 0;
    }
    memcpy(&value, r->at, sizeof value);
    r->at += sizeof value;
    return value;
}

static void *get_bytes(struct reader *r, size_t *len)
{
    int64_t n = get_int(r);
    if (n > r->end - r->at)
        r->failed = true;
    if (r->failed || n < 0)
        return NULL;
    char *copy = arena_strndup(r->arena, r->at, (size_t)n);
    r->at += n;
    *len = (size_t)n;
    return copy;
}

static void get_row(struct reader *r, const struct column *columns, int count, void *row)
{
    size_t len;
    for (const struct column *c = columns; c < columns + count; c++) {
        void *member = (char *)row + c->offset;
        switch (c->kind) {
        case COLUMN_INT:
        case COLUMN_TIME: *(int64_t *)member = get_int(r); break;
        case COLUMN_BOOL: *(bool *)member = get_int(r) != 0; break;
        case COLUMN_TEXT: *(const char **)member = get_bytes(r, &len); break;
        case COLUMN_BLOB: ((struct blob *)member)->bytes = get_bytes(r, &((struct blob *)member)->len); break;
        }
    }
}

/* --- the two rows; all that a look at a meeting needs of the people in it --- */

static const struct column people_columns[] = {
    COLUMN_OF(struct participant, INT, meeting_id),    COLUMN_OF(struct participant, INT, user_id),
    COLUMN_OF(struct participant, TEXT, display_name), COLUMN_OF(struct participant, INT, role),
    COLUMN_OF(struct participant, INT, status),        COLUMN_OF(struct participant, BOOL, is_guest),
    COLUMN_OF(struct participant, BOOL, audio),        COLUMN_OF(struct participant, BOOL, video),
    COLUMN_OF(struct participant, BOOL, screen),       COLUMN_OF(struct participant, TIME, hand_raised_at_ms),
    COLUMN_OF(struct participant, TIME, joined_at_ms), COLUMN_OF(struct participant, TIME, left_at_ms),
    COLUMN_OF(struct participant, TEXT, connection),   COLUMN_OF(struct participant, TIME, offline_at_ms),
};

static uint64_t add_names(uint64_t hash, const struct column *columns, int count)
{
    for (const struct column *c = columns; c < columns + count; c++) {
        hash = (hash ^ (uint64_t)c->kind) * UINT64_C(1099511628211); /* FNV-1a */
        for (const char *p = c->member; *p; p++)
            hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    return hash;
}

/* Which columns these are, in which order: a worker of another version, which has others, reads nothing of what this
 * one wrote. */
static int64_t format(void)
{
    uint64_t hash = add_names(UINT64_C(14695981039346656037), meeting_columns, meeting_column_count);
    return (int64_t)add_names(hash, people_columns, COLUMN_COUNT(people_columns));
}

bool meeting_cache_get(struct context *ctx, int64_t meeting_id, struct meeting *meeting, struct participant **people,
                       int *count, struct kv_ticket *ticket)
{
    size_t len;
    const char *value = kv_cache_get(ctx->app->kv, ctx->arena, key_of(ctx, meeting_id), &len, ticket);
    if (!value)
        return false;
    struct reader r = {ctx->arena, value, value + len, false};
    struct meeting m = {0};
    if (get_int(&r) != format())
        return false;
    m.id = get_int(&r);
    get_row(&r, meeting_columns, meeting_column_count, &m);
    int64_t n = get_int(&r);
    if (r.failed || n < 0 || n > CACHED_BYTES / (int64_t)sizeof(int64_t))
        return false;
    struct participant *list = arena_array(ctx->arena, (size_t)n + 1, sizeof *list);
    for (int64_t i = 0; i < n; i++)
        get_row(&r, people_columns, COLUMN_COUNT(people_columns), &list[i]);
    if (r.failed || r.at != r.end)
        return false;
    *meeting = m;
    *people = list;
    *count = (int)n;
    return true;
}

void meeting_cache_put(struct context *ctx, struct kv_ticket ticket, const struct meeting *meeting,
                       const struct participant *people, int count)
{
    if (!ticket.good)
        return;
    struct buf value = {0};
    put_int(&value, format());
    put_int(&value, meeting->id);
    put_row(&value, meeting_columns, meeting_column_count, meeting);
    put_int(&value, count);
    for (int i = 0; i < count && value.len <= CACHED_BYTES; i++)
        put_row(&value, people_columns, COLUMN_COUNT(people_columns), &people[i]);
    if (!value.failed && value.len <= CACHED_BYTES)
        kv_cache_put(ctx->app->kv, key_of(ctx, meeting->id), ticket, value.data, value.len);
    buf_free(&value);
}

void meeting_cache_hold(struct context *ctx, int64_t meeting_id)
{
    kv_cache_hold(ctx->app->kv, key_of(ctx, meeting_id));
}

bool meeting_cache_publish(struct context *ctx, int64_t meeting_id, const char *channel,
                           const struct kv_message *messages, int count)
{
    return kv_cache_release(ctx->app->kv, key_of(ctx, meeting_id), channel, messages, count);
}
