#include "core/skim.h"

#include <string.h>

#include "core/limits.h"

struct cursor {
    const char *p;
    const char *end;
};

static void blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

static bool accept_char(struct cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool digits(struct cursor *c)
{
    const char *start = c->p;
    while (c->p < c->end && is_digit(*c->p))
        c->p++;
    return c->p > start;
}

static bool number(struct cursor *c)
{
    accept_char(c, '-');
    if (!accept_char(c, '0') && !digits(c))
        return false;
    if (accept_char(c, '.') && !digits(c))
        return false;
    if (accept_char(c, 'e') || accept_char(c, 'E')) {
        if (!accept_char(c, '+'))
            accept_char(c, '-');
        return digits(c);
    }
    return true;
}

/* The four digits behind "\u". */
static bool code_unit(struct cursor *c, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, c->p++) {
        if (c->p == c->end || !is_hex(*c->p))
            return false;
        *unit = *unit << 4 | (unsigned)(is_digit(*c->p) ? *c->p - '0' : (*c->p | 0x20) - 'a' + 10);
    }
    return true;
}

/* Behind a backslash. Half a surrogate pair is no character: whoever reads it would put another one there, the same
 * for all. */
static bool escape(struct cursor *c)
{
    if (c->p == c->end)
        return false;
    char kind = *c->p++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    unsigned high, low;
    if (!code_unit(c, &high) || (high & 0xfc00) == 0xdc00)
        return false;
    if ((high & 0xfc00) != 0xd800)
        return true;
    return accept_char(c, '\\') && accept_char(c, 'u') && code_unit(c, &low) && (low & 0xfc00) == 0xdc00;
}

static bool string(struct cursor *c)
{
    if (!accept_char(c, '"'))
        return false;
    while (c->p < c->end) {
        unsigned char ch = (unsigned char)*c->p++;
        if (ch == '"')
            return true;
        if (ch < 0x20 || (ch == '\\' && !escape(c)))
            return false;
    }
    return false;
}

static bool word(struct cursor *c, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0)
        return false;
    c->p += n;
    return true;
}

static bool value(struct cursor *c, int depth);

static bool array(struct cursor *c, int depth)
{
    c->p++;
    blanks(c);
    if (accept_char(c, ']'))
        return true;
    do
        if (!value(c, depth - 1))
            return false;
    while (accept_char(c, ','));
    return accept_char(c, ']');
}

static bool object(struct cursor *c, int depth)
{
    c->p++;
    blanks(c);
    if (accept_char(c, '}'))
        return true;
    do {
        blanks(c);
        if (!string(c))
            return false;
        blanks(c);
        if (!accept_char(c, ':') || !value(c, depth - 1))
            return false;
    } while (accept_char(c, ','));
    return accept_char(c, '}');
}

/* A value with the blanks around it. depth: how many levels may still open. */
static bool value(struct cursor *c, int depth)
{
    bool ok;
    blanks(c);
    if (c->p == c->end)
        return false;
    switch (*c->p) {
    case '{': ok = depth > 0 && object(c, depth); break;
    case '[': ok = depth > 0 && array(c, depth); break;
    case '"': ok = string(c); break;
    case 't': ok = word(c, "true"); break;
    case 'f': ok = word(c, "false"); break;
    case 'n': ok = word(c, "null"); break;
    default: ok = number(c);
    }
    blanks(c);
    return ok;
}

bool skim_check(const char *text, size_t len, int depth)
{
    struct cursor c = {text, text + len};
    return value(&c, depth) && c.p == c.end;
}

static bool same(struct slice key, const char *name)
{
    return strlen(name) == key.len && memcmp(key.at, name, key.len) == 0;
}

/* The value at the cursor without the blanks around it. */
static struct slice member_value(struct cursor *c)
{
    blanks(c);
    struct slice s = {c->p, 0};
    value(c, (int)(c->end - c->p));
    const char *end = c->p;
    while (end > s.at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    s.len = (size_t)(end - s.at);
    return s;
}

/* What stands between the brackets of an array or an object. */
static struct skim_items inside(struct slice s, char open, char close)
{
    struct cursor c = {s.at, s.at + s.len};
    if (!s.len)
        return (struct skim_items){NULL, NULL};
    blanks(&c);
    if (!accept_char(&c, open))
        return (struct skim_items){NULL, NULL};
    blanks(&c);
    return (struct skim_items){c.p < c.end && *c.p == close ? NULL : c.p, c.end};
}

struct skim_items skim_walk(struct slice s) { return inside(s, '{', '}'); }

bool skim_next_member(struct skim_items *members, struct slice *name, struct slice *found)
{
    if (!members->at)
        return false;
    struct cursor c = {members->at, members->end};
    blanks(&c);
    *name = (struct slice){c.p + 1, 0};
    string(&c);
    name->len = (size_t)(c.p - name->at) - 1;
    blanks(&c);
    accept_char(&c, ':');
    *found = member_value(&c);
    members->at = accept_char(&c, ',') ? c.p : NULL;
    return true;
}

/* False where it was noted already. */
static bool note_member(struct slice name, struct slice found, const char *const names[], struct slice values[],
                        int count)
{
    for (int i = 0; i < count; i++) {
        if (!same(name, names[i]))
            continue;
        if (values[i].at)
            return false;
        values[i] = found;
    }
    return true;
}

bool skim_members(struct slice whole, const char *const names[], struct slice values[], int count)
{
    struct skim_items members = skim_walk(whole);
    struct slice name, found;
    for (int i = 0; i < count; i++)
        values[i] = (struct slice){NULL, 0};
    while (skim_next_member(&members, &name, &found))
        if (!note_member(name, found, names, values, count))
            return false;
    return skim_is_object(whole);
}

int skim_member_count(struct slice object)
{
    struct skim_items members = skim_walk(object);
    struct slice name, found;
    int count = 0;
    while (skim_next_member(&members, &name, &found))
        count++;
    return count;
}

bool skim_is_object(struct slice s)
{
    struct cursor c = {s.at, s.at + s.len};
    if (s.len)
        blanks(&c);
    return s.len && c.p < c.end && *c.p == '{';
}

bool skim_int(struct slice s, int64_t *out)
{
    int64_t v = 0;
    if (s.len == 0 || s.len > 16)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.at[i]))
            return false;
        v = v * 10 + (s.at[i] - '0');
    }
    if (v > LIMIT_ID)
        return false;
    *out = v;
    return true;
}

bool skim_plain(struct slice s, struct slice *out)
{
    if (s.len < 2 || s.at[0] != '"' || memchr(s.at, '\\', s.len))
        return false;
    *out = (struct slice){s.at + 1, s.len - 2};
    return true;
}

bool skim_is(struct slice s, const char *text)
{
    struct slice plain;
    return skim_plain(s, &plain) && same(plain, text);
}

static void put_utf8(struct buf *out, unsigned c)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n == 1)
        buf_putc(out, (char)c);
    else
        buf_putc(out, (char)(lead[n] | c >> (6 * (n - 1))));
    for (int i = n - 2; i >= 0; i--)
        buf_putc(out, (char)(0x80 | (c >> (6 * i) & 0x3f)));
}

/* Behind a backslash of a text that skim_check has passed. The character, or 0 where it is a NUL. */
static unsigned escaped(struct cursor *c)
{
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    char kind = *c->p++;
    const char *at = strchr(names, kind);
    if (kind != 'u')
        return (unsigned char)(at ? values[at - names] : kind);
    unsigned high, low;
    code_unit(c, &high);
    if ((high & 0xfc00) != 0xd800)
        return high;
    c->p += 2;
    code_unit(c, &low);
    return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

bool skim_text(struct slice s, struct buf *out)
{
    if (s.len < 2 || s.at[0] != '"')
        return false;
    struct cursor c = {s.at + 1, s.at + s.len - 1};
    while (c.p < c.end) {
        const char *back = memchr(c.p, '\\', (size_t)(c.end - c.p)), *stop = back ? back : c.end;
        buf_append(out, c.p, (size_t)(stop - c.p));
        c.p = stop;
        if (!accept_char(&c, '\\'))
            break;
        unsigned ch = escaped(&c);
        if (!ch)
            return false;
        put_utf8(out, ch);
    }
    return true;
}

struct skim_items skim_items(struct slice s) { return inside(s, '[', ']'); }

bool skim_next(struct skim_items *items, struct slice *item)
{
    if (!items->at)
        return false;
    struct cursor c = {items->at, items->end};
    *item = member_value(&c);
    items->at = accept_char(&c, ',') ? c.p : NULL;
    return true;
}
