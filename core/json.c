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

static bool is_plain(unsigned char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f; }

/* The escape of a character that may not stand in a string as it is. */
static const char *escape(unsigned char c, char room[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: snprintf(room, 8, "\\u%04x", c); return room;
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
    for (const char *p = value;;) {
        char room[8];
        const char *run = p;
        while (is_plain((unsigned char)*p))
            p++;
        buf_append(j->out, run, (size_t)(p - run));
        if (!*p)
            break;
        buf_puts(j->out, escape((unsigned char)*p++, room));
    }
    buf_putc(j->out, '"');
}

void json_int(struct json *j, const char *key, int64_t value)
{
    char digits[24], *end = digits + sizeof digits, *p = end;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    lead(j, key);
    buf_append(j->out, p, (size_t)(end - p));
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

void json_id(struct json *j, const char *key, int64_t id)
{
    if (id)
        json_int(j, key, id);
    else
        json_null(j, key);
}

void json_raw(struct json *j, const char *key, const char *value)
{
    lead(j, key);
    buf_puts(j->out, value);
}
