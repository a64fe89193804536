/* Names (core/unicode.c): whatever goes in, what is stored is well-formed, composed, trimmed, and turns nothing around.
 */
#include "core/text.h"
#include "core/unicode.h"
#include "tests/fuzz/fuzz.h"

static void check_name(struct arena *arena, const char *text)
{
    static const char *const turning[] = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
                                          "\u2067", "\u2068", "\u2069", "\u200e", "\u200f", "\u061c"};
    const char *name = unicode_name(arena, text);
    MUST(text_is_utf8(name, strlen(name)));
    MUST(strcmp(unicode_nfc(arena, name), name) == 0);
    MUST(strcmp(unicode_trim(arena_strdup(arena, name)), name) == 0);
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++)
        MUST(!strstr(name, turning[i]));
    MUST(unicode_is_blank(name) == unicode_is_blank(text));
    MUST(unicode_most_marks(name) <= text_chars(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = fuzz_text(data, size);
    if (text_is_utf8(text, strlen(text)))
        check_name(arena, text);
    free(text);
    arena_free(&arena);
    return 0;
}
