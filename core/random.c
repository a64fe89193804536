#include "core/random.h"

#include <sodium.h>

static void system_fill(struct random *self, void *out, size_t len)
{
    (void)self;
    randombytes_buf(out, len);
}

static void script_fill(struct random *self, void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++)
        p[i] = self->script[self->script_at++ % self->script_len];
}

struct random random_system(void) { return (struct random){.fill = system_fill}; }

struct random random_script(const void *script, size_t len)
{
    return (struct random){.fill = script_fill, .script = script, .script_len = len};
}
