/* FastCGI records of an answer and name-value pairs (core/fcgi.c). However the bytes are cut into pieces, the same
 * comes out. */
#include "core/fcgi.h"
#include "tests/fuzz/fuzz.h"

struct outcome {
    struct buf output, errors;
    enum fcgi_event last;
    int status;
};

static struct outcome read_all(const uint8_t *data, size_t size, uint32_t seed)
{
    struct outcome o = {.last = FCGI_EVENT_MORE};
    struct fcgi_reader reader = {0};
    while (size && o.last != FCGI_EVENT_END && o.last != FCGI_EVENT_BROKEN) {
        size_t n = seed ? fuzz_piece(&seed, size) : size;
        char *piece = fuzz_copy(data, n);
        const char *p = piece;
        size_t left = n;
        do {
            struct fcgi_piece item = {0};
            o.last = fcgi_read(&reader, &p, &left, &item);
            if (o.last == FCGI_EVENT_STDOUT)
                buf_append(&o.output, item.data, item.len);
            if (o.last == FCGI_EVENT_STDERR)
                buf_append(&o.errors, item.data, item.len);
            if (o.last == FCGI_EVENT_END)
                o.status = item.protocol_status;
        } while (o.last == FCGI_EVENT_STDOUT || o.last == FCGI_EVENT_STDERR);
        MUST(o.last != FCGI_EVENT_MORE || left == 0);
        free(piece);
        data += n;
        size -= n;
    }
    return o;
}

static void must_equal(const struct buf *a, const struct buf *b)
{
    MUST(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

static void read_pairs(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(data, size);
    const char *p = copy;
    size_t left = size;
    struct fcgi_pair pair;
    while (fcgi_read_pair(&p, &left, &pair)) {
        MUST(pair.name >= copy && pair.name + pair.name_len == pair.value);
        MUST(pair.value + pair.value_len == p && p + left == copy + size);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = read_all(data, size, 0), cut = read_all(data, size, (uint32_t)size | 1);
    MUST(whole.last == cut.last && whole.status == cut.status);
    must_equal(&whole.output, &cut.output);
    must_equal(&whole.errors, &cut.errors);
    buf_free(&whole.output);
    buf_free(&whole.errors);
    buf_free(&cut.output);
    buf_free(&cut.errors);
    read_pairs(data, size);
    return 0;
}
