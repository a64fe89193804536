#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
    const char *proc;
    const char *request_id;
    enum log_level least;
} state = {.proc = "-", .least = LOG_INFO};

void log_setup(const char *proc, enum log_level least)
{
    state.proc = proc;
    state.least = least;
}

void log_request(const char *request_id) { state.request_id = request_id; }

struct log_int_text log_int_text(int64_t value)
{
    struct log_int_text t;
    snprintf(t.text, sizeof t.text, "%lld", (long long)value);
    return t;
}

static void put_value(struct buf *b, const char *value)
{
    if (!value || !*value) {
        buf_puts(b, value ? "\"\"" : "-");
        return;
    }
    if (!strpbrk(value, " \"\\=\n\r\t") && (unsigned char)value[0] > 0x20) {
        bool plain = true;
        for (const char *p = value; *p && plain; p++)
            plain = (unsigned char)*p >= 0x20 && *p != 0x7f;
        if (plain) {
            buf_puts(b, value);
            return;
        }
    }
    buf_putc(b, '"');
    for (const char *p = value; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            buf_putc(b, '\\');
        if (c < 0x20 || c == 0x7f)
            buf_printf(b, "\\x%02x", c);
        else
            buf_putc(b, (char)c);
    }
    buf_putc(b, '"');
}

static void put_pair(struct buf *b, const char *key, const char *value)
{
    if (b->len)
        buf_putc(b, ' ');
    buf_puts(b, key);
    buf_putc(b, '=');
    put_value(b, value);
}

void log_event(enum log_level level, const char *event, ...)
{
    if (level < state.least)
        return;
    struct buf line = {0};
    struct clock clock = clock_system();
    char now[TIME_TEXT_SIZE];
    time_format(clock_now_ms(&clock), now);
    put_pair(&line, "time", now);
    put_pair(&line, "level", level_names[level]);
    put_pair(&line, "proc", state.proc);
    put_pair(&line, "pid", LOG_INT(getpid()));
    put_pair(&line, "event", event);
    if (state.request_id)
        put_pair(&line, "request", state.request_id);
    va_list args;
    va_start(args, event);
    for (const char *key; (key = va_arg(args, const char *));)
        put_pair(&line, key, va_arg(args, const char *));
    va_end(args);
    buf_putc(&line, '\n');
    /* one write, so that the lines of several processes do not mix */
    if (!line.failed && write(STDERR_FILENO, line.data, line.len) < 0)
        (void)0; /* nobody is left to tell */
    buf_free(&line);
}
