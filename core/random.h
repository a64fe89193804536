/* Randomness, handed in so that tests own it. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    void (*fill)(struct random *self, void *out, size_t len);
    const uint8_t *script; /* random_script(): the bytes to give out, over and over */
    size_t script_len;
    size_t script_at;
};

/* The system's random source (libsodium). */
struct random random_system(void);

/* Gives out the bytes of script, over and over; for tests. Script must outlive it. */
struct random random_script(const void *script, size_t len);

static inline void random_fill(struct random *r, void *out, size_t len) { r->fill(r, out, len); }

#endif
