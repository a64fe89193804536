#include "core/email.h"

#include <ctype.h>
#include <idn2.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/unicode.h"

char *email_former(struct arena *arena, const char *address)
{
    char *copy = arena_strdup(arena, address);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* Letters, digits, dots and dashes; the rest only a mail can tell. */
static bool is_domain(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t len = strlen(name);
    return len && strspn(name, letters) == len && name[0] != '.' && name[0] != '-' && name[len - 1] != '.' &&
           !strstr(name, "..");
}

/* What is ASCII is left to the DNS as it is, in lower case. NULL where it is no domain. */
static const char *normal_domain(struct arena *arena, const char *domain)
{
    uint8_t *ascii;
    const char *name = email_former(arena, domain);
    if (!text_is_ascii(domain)) {
        if (idn2_lookup_u8((const uint8_t *)domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
            return NULL;
        name = arena_strdup(arena, (const char *)ascii);
        idn2_free(ascii);
    }
    return is_domain(name) ? name : NULL;
}

static bool is_local(const char *name)
{
    return *name && !strpbrk(name, " \t<>\"(),;:\\[]@") && !text_has_control(name, false);
}

char *email_normal(struct arena *arena, const char *address)
{
    if (!text_is_utf8(address, strlen(address)) || unicode_has_gap(address))
        return NULL;
    const char *at = strrchr(address, '@');
    if (!at)
        return NULL;
    const char *domain = normal_domain(arena, at + 1);
    const char *local = unicode_lower(arena, arena_strndup(arena, address, (size_t)(at - address)));
    if (!domain || !is_local(local))
        return NULL;
    char *normal = arena_printf(arena, "%s@%s", local, domain);
    return text_chars(normal) <= LIMIT_EMAIL_CHARS ? normal : NULL;
}
