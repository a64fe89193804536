/* A growing byte buffer on malloc. It is always followed by a NUL that len does not count.
 * When memory runs out, `failed` is set and later appends do nothing: look at it once, at the end. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL while nothing was appended */
    size_t len;
    size_t cap;
    bool failed;
};

/* Makes sure that `more` bytes fit behind len; false (and failed) when there is no memory. */
bool buf_reserve(struct buf *b, size_t more);

void buf_append(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_putc(struct buf *b, char c)
{
    if (b->len + 1 < b->cap && !b->failed) {
        b->data[b->len++] = c;
        b->data[b->len] = '\0';
    } else {
        buf_append(b, &c, 1);
    }
}

/* Removes the first n bytes; n is at most len. */
void buf_consume(struct buf *b, size_t n);

/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *b);

/* Gives the memory back; the buffer may be used again. */
void buf_free(struct buf *b);

#endif
