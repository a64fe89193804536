/* What the fuzz targets share. A target is one file fuzz_NAME.c with the function below. `make fuzz` links it with
 * libFuzzer; `make test` links it with replay.c, which feeds it the corpus. A target holds more than memory against a
 * parser: it says what must be true of every input, with MUST(). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* A copy that ends where the input ends, so that the sanitizer sees a step beyond; at least one byte. */
static inline char *fuzz_copy(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    MUST(copy);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* The same with a NUL behind it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    MUST(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* Sizes of the pieces in which a stream arrives, made up from a seed. */
static inline size_t fuzz_piece(uint32_t *seed, size_t left)
{
    *seed = *seed * 1664525u + 1013904223u;
    size_t most = *seed >> 28 ? (*seed >> 24 & 15) + 1 : left;
    return most < left ? most : left;
}

#endif
