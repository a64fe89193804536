#include "service/list_cursor.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/text.h"

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

/* What a list is, in few characters. It keeps nobody from making cursors, which show nothing that the list does not. */
static const char *list_hash(struct context *ctx, const struct meeting_filter *f)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "echomeet lists.";
    uint64_t hash;
    const char *all = arena_printf(ctx->arena, "%lld %d %s %lld %lld %lld %lld %d %d %d %d %s", (long long)ctx->user_id,
                                   f->everything, f->sort, (long long)f->status, (long long)f->creator_id,
                                   (long long)f->start_from_ms, (long long)f->start_to_ms, f->is_private,
                                   f->is_recorded, f->only_joined, f->only_created, f->keyword ? f->keyword : "");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)all, strlen(all), key);
    return arena_printf(ctx->arena, "%016llx", (unsigned long long)hash);
}

const char *list_cursor_write(struct context *ctx, const struct meeting_filter *filter,
                              const struct meeting_place *place)
{
    const char *plain = arena_printf(ctx->arena, "%s %lld %lld %s", list_hash(ctx, filter), (long long)place->id,
                                     (long long)place->time_ms, place->title ? place->title : "");
    size_t len = strlen(plain), size = sodium_base64_encoded_len(len, VARIANT);
    char *text = arena_alloc(ctx->arena, size);
    return sodium_bin2base64(text, size, (const unsigned char *)plain, len, VARIANT);
}

/* A number and the space behind it; the part that follows, or NULL. */
static char *read_number(char *text, int64_t *number)
{
    char *space = text ? strchr(text, ' ') : NULL;
    if (!space)
        return NULL;
    *space = '\0';
    return text_to_int(text, number) ? space + 1 : NULL;
}

enum err list_cursor_read(struct context *ctx, const struct meeting_filter *filter, const char *cursor,
                          struct meeting_place *place)
{
    size_t len, size = strlen(cursor) + 1;
    char *plain = arena_alloc(ctx->arena, size);
    const char *hash = list_hash(ctx, filter);
    if (sodium_base642bin((unsigned char *)plain, size - 1, cursor, size - 1, NULL, &len, NULL, VARIANT) != 0)
        return ERR_INVALID_CURSOR;
    plain[len] = '\0';
    if (strlen(plain) != len || !text_is_utf8(plain, len) || strncmp(plain, hash, strlen(hash)) != 0 ||
        plain[strlen(hash)] != ' ')
        return ERR_INVALID_CURSOR;
    struct meeting_place p = {0};
    bool by_title = strcmp(filter->sort, "title") == 0 || strcmp(filter->sort, "-title") == 0;
    char *title = read_number(read_number(plain + strlen(hash) + 1, &p.id), &p.time_ms);
    if (!title || p.id < 0 || p.time_ms < 0 || p.time_ms > TIME_LAST_MS || by_title == (p.time_ms != 0) ||
        (!by_title && *title))
        return ERR_INVALID_CURSOR;
    if (by_title)
        p.title = title;
    *place = p;
    return ERR_OK;
}
