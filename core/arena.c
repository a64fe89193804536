#include "core/arena.h"

#include <malloc.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 16 * 1024,
    TRIM_BYTES = 1024 * 1024 /* after so many the system gets back what it can */
};

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

struct arena {
    struct chunk *first; /* kept by reset */
    struct chunk *current;
};

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = malloc(sizeof *c + size);
    if (!c) {
        fputs("level=error event=out_of_memory\n", stderr);
        abort();
    }
    c->next = NULL;
    c->used = 0;
    c->size = size;
    return c;
}

/* Answers how many bytes they had. */
static size_t chunks_free(struct chunk *c)
{
    size_t bytes = 0;
    while (c) {
        struct chunk *next = c->next;
        bytes += c->size;
        free(c);
        c = next;
    }
    return bytes;
}

struct arena *arena_new(void)
{
    struct chunk *c = chunk_new(CHUNK_BYTES);
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        abort();
    a->first = a->current = c;
    return a;
}

void arena_free(struct arena **arena)
{
    if (!*arena)
        return;
    chunks_free((*arena)->first);
    free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *a)
{
    if (chunks_free(a->first->next) > TRIM_BYTES)
        malloc_trim(0); /* free() keeps what lies below something that is still used */
    a->first->next = NULL;
    a->first->used = 0;
    a->current = a->first;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        abort();
    size_t need = (size + align - 1) / align * align;
    struct chunk *c = a->current;
    if (c->size - c->used < need) {
        c = chunk_new(need > CHUNK_BYTES ? need : CHUNK_BYTES);
        a->current->next = c;
        a->current = c;
    }
    void *p = (char *)c->data + c->used;
    c->used += need;
    return memset(p, 0, need);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        abort();
    return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text) { return arena_strndup(a, text, strlen(text)); }

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}
