/* Cuts a migration into its statements, so that it is known how far it came where it breaks off. Of SQL's grammar only
 * what can hide a semicolon matters here. */
#include "db/script.h"

#include <stddef.h>
#include <string.h>

/* Behind a text that ends a stretch, or at the end of everything where it is not closed. */
static char *behind(char *p, const char *end)
{
    char *found = strstr(p, end);
    return found ? found + strlen(end) : p + strlen(p);
}

/* "--" begins a comment only before a space or the end of the line: 5--1 is 6. */
static char *skip_comment(char *p)
{
    if (*p == '#' || (p[0] == '-' && p[1] == '-' && (p[2] == '\0' || strchr(" \t\r\n", p[2]))))
        return behind(p, "\n");
    return p[0] == '/' && p[1] == '*' ? behind(p + 2, "*/") : p;
}

/* p is at the opening quote. Two of them in a row are two stretches, one after the other: that cuts no differently. */
static char *skip_quoted(char *p)
{
    char quote = *p++;
    for (; *p && *p != quote; p++)
        if (*p == '\\' && quote != '`' && p[1])
            p++;
    return *p ? p + 1 : p;
}

static char *skip_space(char *p)
{
    for (char *next;; p = next) {
        next = skip_comment(p + strspn(p, " \t\r\n;"));
        if (next == p)
            return p;
    }
}

char *script_next(char **rest)
{
    char *start = skip_space(*rest), *p = start;
    while (*p && *p != ';') {
        char *next = strchr("'\"`", *p) ? skip_quoted(p) : skip_comment(p);
        p = next == p ? p + 1 : next;
    }
    *rest = p;
    if (*p)
        *(*rest)++ = '\0';
    return *start ? start : NULL;
}
