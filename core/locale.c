#include "core/locale.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *const tags[LOCALE_COUNT] =
    {[LOCALE_EN] = "en", [LOCALE_ZH_CN] = "zh-CN", [LOCALE_DE] = "de", [LOCALE_FR] = "fr"};

const char *locale_tag(enum locale locale) { return tags[locale]; }

/* By the language alone: "de-AT" is "de", and "zh-TW" is the Chinese that there is. */
static bool speaks(const char *range, enum locale locale)
{
    size_t len = strcspn(tags[locale], "-");
    return strncasecmp(range, tags[locale], len) == 0 && strcspn(range, "-;, ") == len;
}

enum locale locale_accepted(const char *header)
{
    for (const char *p = header; *p; p += strcspn(p, ","), p += *p == ',') {
        p += strspn(p, " ");
        for (int i = 0; i < LOCALE_COUNT; i++)
            if (speaks(p, (enum locale)i))
                return (enum locale)i;
    }
    return LOCALE_EN;
}
