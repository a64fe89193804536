#include "core/words.h"

#include <string.h>

struct slice words_take(struct slice *text, char end)
{
    const char *at = text->len ? memchr(text->at, end, text->len) : NULL;
    struct slice part = {text->at, at ? (size_t)(at - text->at) : text->len};
    size_t used = part.len + (at ? 1 : 0);
    if (used)
        *text = (struct slice){text->at + used, text->len - used};
    return part;
}

bool words_split(struct slice line, struct slice word[], int count)
{
    for (int i = 0; i < count; i++) {
        size_t before = line.len;
        word[i] = words_take(&line, ' ');
        bool blank_behind = word[i].len < before;
        if (word[i].len == 0 || blank_behind != (i < count - 1))
            return false;
    }
    return true;
}

bool words_is(struct slice word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

bool words_number(struct slice word, int64_t *value)
{
    int64_t v = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v))
            return false;
    }
    if (word.len == 0)
        return false;
    *value = v;
    return true;
}
