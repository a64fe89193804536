#include "core/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

static const uint8_t *bytes(const char *text) { return (const uint8_t *)text; }

/* The character at *p, which moves behind it; 0 at the end. */
static ucs4_t next(const char **p)
{
    ucs4_t c = 0;
    if (**p)
        *p += u8_mbtouc(&c, bytes(*p), strnlen(*p, 4));
    return c;
}

static bool within(ucs4_t c, ucs4_t first, ucs4_t last) { return c >= first && c <= last; }

/* U+2800 is the empty pattern of Braille: a blank in all but name. */
static bool is_white(ucs4_t c) { return uc_is_property_white_space(c) || c == 0x2800; }

/* The interlinear annotation characters hide the text between them. */
static bool is_invisible(ucs4_t c)
{
    return uc_is_property_default_ignorable_code_point(c) || within(c, 0xfff9, 0xfffb);
}

static bool is_mark(ucs4_t c) { return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M); }

char *unicode_trim(char *text)
{
    char *start = NULL, *end = text;
    for (const char *p = text, *at = p; *p; at = p) {
        if (is_white(next(&p)))
            continue;
        start = start ? start : text + (at - text);
        end = text + (p - text);
    }
    *end = '\0';
    return start ? start : text;
}

char *unicode_nfc(struct arena *arena, const char *text)
{
    size_t len;
    uint8_t *normal = u8_normalize(UNINORM_NFC, bytes(text), strlen(text), NULL, &len);
    if (!normal)
        abort(); /* out of memory, as in the arena */
    char *copy = arena_strndup(arena, (const char *)normal, len);
    free(normal);
    return copy;
}

/* By way of the capital, where forms of one letter meet (ς and σ). The Turkish i's are letters of their own. */
static ucs4_t lower(ucs4_t c) { return c == 0x130 || c == 0x131 ? c : uc_tolower(uc_toupper(c)); }

char *unicode_lower(struct arena *arena, const char *text)
{
    text = unicode_nfc(arena, text);
    /* a letter's other case takes three bytes at most where the letter has two */
    char *folded = arena_alloc(arena, 2 * strlen(text) + 1), *out = folded;
    for (ucs4_t c; (c = next(&text));)
        out += u8_uctomb((uint8_t *)out, lower(c), 4);
    *out = '\0';
    return unicode_nfc(arena, folded);
}

/* Joiners shape words in the scripts from Arabic to Mongolian and in those of South Asia. */
static bool is_shaped(ucs4_t c)
{
    return within(c, 0x0600, 0x109f) || within(c, 0x1780, 0x1cff) || within(c, 0xa800, 0xabff) ||
           within(c, 0x10a00, 0x11fff);
}

/* An emoji may end in a skin's colour or in the sign that it is one. */
static bool ends_emoji(ucs4_t c)
{
    return uc_is_property_extended_pictographic(c) || uc_is_property_emoji_modifier(c) || c == 0xfe0f;
}

/* Whether an invisible character does something between the one kept before it and the one behind it. */
static bool is_needed(ucs4_t before, ucs4_t c, ucs4_t after)
{
    if (c == 0x200c || c == 0x200d)
        return (is_shaped(before) && !is_invisible(before)) ||
               (c == 0x200d && ends_emoji(before) && uc_is_property_extended_pictographic(after));
    if (within(c, 0x180b, 0x180f))
        return within(before, 0x1820, 0x18aa);
    if (c == 0xfe0e || c == 0xfe0f)
        return uc_is_property_emoji(before);
    return (within(c, 0xfe00, 0xfe0f) || within(c, 0xe0100, 0xe01ef)) && uc_is_property_ideographic(before);
}

/* The bytes of the tags behind a black flag that make it the flag of a region (England's: gbeng); else 0. */
static size_t flag_tags(const char *text)
{
    const char *p = text;
    for (int i = 0; i < 8; i++) {
        ucs4_t c = next(&p);
        if (c == 0xe007f)
            return i ? (size_t)(p - text) : 0;
        if (!within(c, 0xe0030, 0xe0039) && !within(c, 0xe0061, 0xe007a))
            return 0;
    }
    return 0;
}

/* Takes out, in place, the invisible characters that are not needed. */
static void drop_invisible(char *text)
{
    char *out = text;
    ucs4_t before = 0;
    for (const char *p = text, *at = p; *p; at = p) {
        ucs4_t c = next(&p);
        const char *behind = p;
        if (is_invisible(c) && !is_needed(before, c, next(&behind)))
            continue;
        if (c == 0x1f3f4)
            p += flag_tags(p);
        memmove(out, at, (size_t)(p - at));
        out += p - at;
        before = c;
    }
    *out = '\0';
}

char *unicode_name(struct arena *arena, const char *text)
{
    char *name = arena_strdup(arena, text);
    drop_invisible(name);
    return unicode_trim(unicode_nfc(arena, name));
}

bool unicode_is_blank(const char *text)
{
    for (ucs4_t c; (c = next(&text));)
        if (!is_white(c) && !is_invisible(c) && !is_mark(c))
            return false;
    return true;
}

bool unicode_has_hidden(const char *text)
{
    ucs4_t first = 0, last = 0;
    for (ucs4_t c; (c = next(&text)); last = c) {
        if (is_invisible(c))
            return true;
        first = first ? first : c;
    }
    return is_white(first) || is_white(last);
}

bool unicode_has_gap(const char *text)
{
    for (ucs4_t c; (c = next(&text));)
        if (is_white(c) || is_invisible(c))
            return true;
    return false;
}

size_t unicode_most_marks(const char *text)
{
    size_t most = 0, here = 0;
    for (ucs4_t c; (c = next(&text));) {
        if (!is_invisible(c)) /* one between two marks makes no new character */
            here = is_mark(c) ? here + 1 : 0;
        most = here > most ? here : most;
    }
    return most;
}
