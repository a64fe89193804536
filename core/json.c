#include "core/json.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

static void lead(struct json *j, const char *key)
{
    if (j->comma)
        buf_putc(j->out, ',');
    j->comma = true;
    if (!key)
        return;
    buf_putc(j->out, '"');
    buf_puts(j->out, key);
    buf_append(j->out, "\":", 2);
}

static void open(struct json *j, const char *key, char bracket)
{
    lead(j, key);
    buf_putc(j->out, bracket);
    j->comma = false;
}

static void close(struct json *j, char bracket)
{
    buf_putc(j->out, bracket);
    j->comma = true;
}

void json_object(struct json *j, const char *key) { open(j, key, '{'); }

void json_object_end(struct json *j) { close(j, '}'); }

void json_array(struct json *j, const char *key) { open(j, key, '['); }

void json_array_end(struct json *j) { close(j, ']'); }

/* The escape of a character that may not stand in a string as it is; NULL where it may. */
static const char *escape(unsigned char c, char room[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default:
        if (c >= 0x20 && c != 0x7f)
            return NULL;
        snprintf(room, 8, "\\u%04x", c);
        return room;
    }
}

void json_str(struct json *j, const char *key, const char *value)
{
    if (!value) {
        json_null(j, key);
        return;
    }
    lead(j, key);
    buf_putc(j->out, '"');
    const char *run = value;
    for (const char *p = value; *p; p++) {
        char room[8];
        const char *esc = escape((unsigned char)*p, room);
        if (!esc)
            continue;
        buf_append(j->out, run, (size_t)(p - run));
        buf_puts(j->out, esc);
        run = p + 1;
    }
    buf_puts(j->out, run);
    buf_putc(j->out, '"');
}

void json_int(struct json *j, const char *key, int64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    lead(j, key);
    buf_append(j->out, digits, (size_t)n);
}

void json_bool(struct json *j, const char *key, bool value) { json_raw(j, key, value ? "true" : "false"); }

void json_null(struct json *j, const char *key) { json_raw(j, key, "null"); }

void json_time(struct json *j, const char *key, int64_t time_ms)
{
    if (time_ms == 0) {
        json_null(j, key);
        return;
    }
    char text[TIME_TEXT_SIZE];
    time_format(time_ms, text);
    json_str(j, key, text);
}

void json_raw(struct json *j, const char *key, const char *value)
{
    lead(j, key);
    buf_puts(j->out, value);
}
