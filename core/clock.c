#include "core/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* 9999-12-31T23:59:59.999Z: a year has four digits, also after an offset was taken off */
static const int64_t LAST_MS = INT64_C(253402300799999);

static int64_t system_now_ms(const struct clock *self)
{
    (void)self;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t fixed_now_ms(const struct clock *self) { return self->fixed_ms; }

struct clock clock_system(void) { return (struct clock){system_now_ms, 0}; }

struct clock clock_fixed(int64_t now_ms) { return (struct clock){fixed_now_ms, now_ms}; }

int64_t clock_elapsed_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void time_format(int64_t time_ms, char out[static TIME_TEXT_SIZE])
{
    int64_t ms = time_ms % 1000;
    if (ms < 0)
        ms += 1000;
    time_t seconds = (time_t)((time_ms - ms) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char date[32];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, TIME_TEXT_SIZE, "%.19s.%03dZ", date, (int)ms);
}

/* Reads exactly n digits; moves on. */
static bool digits(const char **p, int n, int *value)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *p += n;
    *value = v;
    return true;
}

static bool literal(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* "Z", "+hh:mm" or "-hh:mm" */
static bool offset(const char **p, int *minutes)
{
    if (literal(p, 'Z') || literal(p, 'z')) {
        *minutes = 0;
        return true;
    }
    int sign = **p == '-' ? -1 : 1;
    int h, m;
    if (!literal(p, '+') && !literal(p, '-'))
        return false;
    if (!digits(p, 2, &h) || !literal(p, ':') || !digits(p, 2, &m) || h > 23 || m > 59)
        return false;
    *minutes = sign * (h * 60 + m);
    return true;
}

/* ".5", ".123456": what lies under a millisecond is dropped */
static bool fraction(const char **p, int *ms)
{
    *ms = 0;
    if (!literal(p, '.'))
        return true;
    int scale = 100;
    const char *start = *p;
    while (**p >= '0' && **p <= '9') {
        *ms += (**p - '0') * scale;
        scale /= 10;
        (*p)++;
    }
    return *p > start;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

enum err time_parse(const char *text, int64_t *time_ms)
{
    const char *p = text;
    int year, month, day, h, m, s, ms, off;
    if (!digits(&p, 4, &year) || !literal(&p, '-') || !digits(&p, 2, &month) || !literal(&p, '-') ||
        !digits(&p, 2, &day))
        return ERR_VALIDATION_FAILED;
    if (!literal(&p, 'T') && !literal(&p, 't'))
        return ERR_VALIDATION_FAILED;
    if (!digits(&p, 2, &h) || !literal(&p, ':') || !digits(&p, 2, &m) || !literal(&p, ':') || !digits(&p, 2, &s))
        return ERR_VALIDATION_FAILED;
    if (!fraction(&p, &ms) || !offset(&p, &off) || *p != '\0')
        return ERR_VALIDATION_FAILED;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month) || h > 23 || m > 59 ||
        s > 59)
        return ERR_VALIDATION_FAILED;
    struct tm tm = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = h, .tm_min = m, .tm_sec = s};
    int64_t utc_ms = ((int64_t)timegm(&tm) - off * 60) * 1000 + ms;
    if (utc_ms > LAST_MS)
        return ERR_VALIDATION_FAILED;
    *time_ms = utc_ms;
    return ERR_OK;
}
