#include "http/url.h"

#include <ctype.h>
#include <string.h>

#include "core/text.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *url_decode(struct arena *arena, const char *text, size_t len, int plus)
{
    char *out = arena_alloc(arena, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            if (len - i < 3)
                return NULL;
            int a = hex(text[i + 1]), b = hex(text[i + 2]);
            if (a < 0 || b < 0)
                return NULL;
            c = (char)(a << 4 | b);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        out[n++] = c;
    }
    return text_is_utf8(out, n) ? out : NULL;
}
