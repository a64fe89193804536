#include "core/text.h"

#include <ctype.h>
#include <string.h>

/* Length of the well-formed sequence at p (1 to 4), 0 where there is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* the second byte rules out overlong forms, surrogates and what lies above U+10FFFF */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool text_is_utf8(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len;) {
        size_t n = sequence(p + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

void text_drop_broken(char *text)
{
    size_t len = strlen(text), kept = 0;
    for (size_t i = 0; i < len;) {
        size_t n = sequence((const unsigned char *)text + i, len - i);
        memmove(text + kept, text + i, n);
        kept += n;
        i += n ? n : 1;
    }
    text[kept] = '\0';
}

size_t text_chars(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

bool text_is_ascii(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

bool text_has_control(const char *text, bool lines)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool separates = *p == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
        if (lines && (*p == '\n' || *p == '\r' || *p == '\t' || separates))
            continue;
        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) || separates)
            return true;
    }
    return false;
}

bool text_to_int(const char *text, int64_t *value)
{
    int64_t v = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *text - '0', &v))
            return false;
    }
    *value = v;
    return true;
}

char *text_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

int64_t text_choice_place(const char *choices, const char *text)
{
    size_t len = strlen(text);
    int64_t place = 1;
    if (len == 0 || strchr(text, '|'))
        return 0;
    for (const char *p = choices; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL, place++)
        if (strncmp(p, text, len) == 0 && (p[len] == '|' || p[len] == '\0'))
            return place;
    return 0;
}

const char *text_choice(struct arena *arena, const char *choices, int64_t place)
{
    for (; place > 1; place--)
        choices = strchr(choices, '|') + 1;
    return arena_strndup(arena, choices, strcspn(choices, "|"));
}
