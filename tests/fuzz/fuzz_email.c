/* Addresses (core/email.c): the normal form of a normal form is itself, and holds nothing that hides. */
#include "core/email.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/unicode.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = fuzz_text(data, size);
    const char *normal = email_normal(arena, text);
    if (normal) {
        const char *again = email_normal(arena, normal);
        MUST(again && strcmp(again, normal) == 0);
        MUST(text_is_utf8(normal, strlen(normal)) && text_chars(normal) <= LIMIT_EMAIL_CHARS);
        MUST(!unicode_has_gap(normal) && text_is_ascii(strchr(normal, '@')));
        MUST(strchr(normal, '@') == strrchr(normal, '@'));
    }
    free(text);
    arena_free(&arena);
    return 0;
}
