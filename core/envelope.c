#include "core/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

struct effect effect_connection(const char *name, int close_code)
{
    struct effect f = {.kind = EFFECT_CONNECTION, .close_code = close_code};
    snprintf(f.connection, sizeof f.connection, "%s", name);
    return f;
}

void envelope_write_audience(struct buf *out, const struct audience *a)
{
    switch (a->kind) {
    case AUDIENCE_EVERYBODY: buf_putc(out, '*'); break;
    case AUDIENCE_USERS:
        for (int i = 0; i < a->count; i++)
            buf_printf(out, "%s%lld", i ? "," : "", (long long)a->users[i]);
        break;
    case AUDIENCE_OTHERS: buf_printf(out, "!%lld@%s", (long long)a->but_user, a->relay); break;
    }
}

void envelope_write_effect(struct buf *out, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_NONE: buf_puts(out, ENVELOPE_NO_EFFECT); break;
    case EFFECT_USER: buf_printf(out, "user:%lld:%d", (long long)f->user_id, f->close_code); break;
    case EFFECT_WAITING: buf_printf(out, "waiting:%lld", (long long)f->user_id); break;
    case EFFECT_CONNECTION: buf_printf(out, "conn:%s:%d", f->connection, f->close_code); break;
    case EFFECT_ALL: buf_printf(out, "all:%d", f->close_code); break;
    }
}

void envelope_write(struct buf *out, int64_t meeting_id, int64_t seq, const char *audience, const char *effect,
                    const char *frame)
{
    buf_printf(out, "%lld %lld %s %s ", (long long)meeting_id, (long long)seq, audience, effect);
    buf_puts(out, frame);
}

/* ---- reading ---- */

/* Reads a number that ends at `end` or at the first byte that is no digit; *p moves there. */
static bool number(const char **p, const char *end, int64_t *value)
{
    int64_t v = 0;
    const char *start = *p;
    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, **p - '0', &v))
            return false;
    *value = v;
    return *p > start;
}

static bool skip(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    (*p)++;
    return true;
}

/* A word that a blank ends. */
static bool word(const char **p, const char *end, const char **text, size_t *len)
{
    const char *blank = memchr(*p, ' ', (size_t)(end - *p));
    if (!blank || blank == *p)
        return false;
    *text = *p;
    *len = (size_t)(blank - *p);
    *p = blank + 1;
    return true;
}

bool envelope_read(const char *line, size_t len, struct envelope *out)
{
    struct envelope e;
    const char *p = line, *end = line + len;
    if (!number(&p, end, &e.meeting_id) || !skip(&p, end, ' ') || !number(&p, end, &e.seq) || !skip(&p, end, ' '))
        return false;
    if (!word(&p, end, &e.audience, &e.audience_len) || !word(&p, end, &e.effect, &e.effect_len) || p == end)
        return false;
    e.frame = p;
    e.frame_len = (size_t)(end - p);
    *out = e;
    return true;
}

bool envelope_concerns(const struct envelope *e, int64_t user_id)
{
    const char *p = e->audience, *end = p + e->audience_len;
    if (e->audience_len == 1 && *p == '*')
        return true;
    int64_t id;
    if (skip(&p, end, '!'))
        return number(&p, end, &id) && id != user_id;
    return envelope_names(e, user_id);
}

bool envelope_names(const struct envelope *e, int64_t user_id)
{
    const char *p = e->audience, *end = p + e->audience_len;
    int64_t id;
    while (number(&p, end, &id)) {
        if (id == user_id)
            return true;
        if (!skip(&p, end, ','))
            return false;
    }
    return false;
}

bool envelope_delivered_by(const struct envelope *e, const char *relay)
{
    size_t n = strlen(relay);
    const char *at = memchr(e->audience, '@', e->audience_len);
    return at && (size_t)(e->audience + e->audience_len - at) == n + 1 && memcmp(at + 1, relay, n) == 0;
}

static bool starts(const char **p, const char *end, const char *prefix)
{
    size_t n = strlen(prefix);
    if ((size_t)(end - *p) < n || memcmp(*p, prefix, n) != 0)
        return false;
    *p += n;
    return true;
}

static bool close_code(const char **p, const char *end, int *code)
{
    int64_t value;
    if (!number(p, end, &value) || *p != end || value > 4999)
        return false;
    *code = (int)value;
    return true;
}

bool envelope_effect(const struct envelope *e, struct effect *out)
{
    const char *p = e->effect, *end = p + e->effect_len;
    struct effect f = {EFFECT_NONE, 0, "", 0};
    if (starts(&p, end, "user:")) {
        f.kind = EFFECT_USER;
        if (!number(&p, end, &f.user_id) || !skip(&p, end, ':') || !close_code(&p, end, &f.close_code))
            return false;
    } else if (starts(&p, end, "waiting:") || starts(&p, end, "outside:")) {
        f.kind = EFFECT_WAITING;
        if (!number(&p, end, &f.user_id) || p != end)
            return false;
    } else if (starts(&p, end, "conn:")) {
        f.kind = EFFECT_CONNECTION;
        const char *colon = memchr(p, ':', (size_t)(end - p));
        if (!colon || (size_t)(colon - p) >= sizeof f.connection)
            return false;
        memcpy(f.connection, p, (size_t)(colon - p));
        p = colon + 1;
        if (!close_code(&p, end, &f.close_code))
            return false;
    } else if (starts(&p, end, "all:")) {
        f.kind = EFFECT_ALL;
        if (!close_code(&p, end, &f.close_code))
            return false;
    } else if (!starts(&p, end, "-") || p != end) {
        return false;
    }
    *out = f;
    return true;
}
