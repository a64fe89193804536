#include "core/clock.h"

#include <stdbool.h>
#include <time.h>

static int64_t system_now_ms(const struct clock *self)
{
    (void)self;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t fixed_now_ms(const struct clock *self) { return self->fixed_ms; }

struct clock clock_system(void) { return (struct clock){.now_ms = system_now_ms}; }

struct clock clock_fixed(int64_t now_ms) { return (struct clock){.now_ms = fixed_now_ms, .fixed_ms = now_ms}; }

int64_t clock_elapsed_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

double clock_elapsed_s(void) { return (double)clock_elapsed_us() / 1e6; }

static int64_t running_now_ms(const struct clock *self) { return self->ahead_ms + clock_elapsed_us() / 1000; }

struct clock clock_from(int64_t now_ms)
{
    return (struct clock){.now_ms = running_now_ms, .ahead_ms = now_ms - clock_elapsed_us() / 1000};
}

int64_t clock_difference_ms(const struct clock *clock)
{
    struct clock ours = clock_system();
    return clock_now_ms(clock) - clock_now_ms(&ours);
}

/* Days are counted from 0000-03-01, so that a leap day is the last one of its year; 400 years always have the same
 * number. */
enum { DAY_MS = 24 * 3600 * 1000, DAYS_400_YEARS = 146097, DAYS_TO_1970 = 719468 };

/* Days from 1 March to the first of a month, March being 0. */
static int days_to_month(int months) { return (153 * months + 2) / 5; }

struct time_parts time_to_parts(int64_t time_ms)
{
    int64_t days = time_ms / DAY_MS;
    int rest_ms = (int)(time_ms % DAY_MS);
    if (rest_ms < 0) {
        rest_ms += DAY_MS;
        days--;
    }
    days += DAYS_TO_1970;
    int cycle = (int)(days / DAYS_400_YEARS), day = (int)(days % DAYS_400_YEARS);
    int year = (day - day / 1460 + day / 36524 - day / (DAYS_400_YEARS - 1)) / 365;
    int day_of_year = day - (365 * year + year / 4 - year / 100);
    int months = (5 * day_of_year + 2) / 153;
    return (struct time_parts){
        .year = year + 400 * cycle + (months >= 10),
        .month = months < 10 ? months + 3 : months - 9,
        .day = day_of_year - days_to_month(months) + 1,
        .hour = rest_ms / 3600000,
        .minute = rest_ms / 60000 % 60,
        .second = rest_ms / 1000 % 60,
        .ms = rest_ms % 1000,
    };
}

int64_t time_from_parts(const struct time_parts *p)
{
    int year = p->month > 2 ? p->year : p->year - 1, months = p->month > 2 ? p->month - 3 : p->month + 9;
    int64_t days = 365 * (int64_t)year + year / 4 - year / 100 + year / 400 + days_to_month(months) + p->day - 1;
    return (((days - DAYS_TO_1970) * 24 + p->hour) * 60 + p->minute) * 60000 + (int64_t)p->second * 1000 + p->ms;
}

/* Writes n digits and what follows them; answers where it goes on. */
static char *put_digits(char *out, int value, int n, char follows)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    out[n] = follows;
    return out + n + 1;
}

void time_format(int64_t time_ms, char out[static TIME_TEXT_SIZE])
{
    struct time_parts t = time_to_parts(time_ms);
    out = put_digits(out, t.year, 4, '-');
    out = put_digits(out, t.month, 2, '-');
    out = put_digits(out, t.day, 2, 'T');
    out = put_digits(out, t.hour, 2, ':');
    out = put_digits(out, t.minute, 2, ':');
    out = put_digits(out, t.second, 2, '.');
    out = put_digits(out, t.ms, 3, 'Z');
    *out = '\0';
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
    struct time_parts parts = {year, month, day, h, m, s, ms};
    int64_t utc_ms = time_from_parts(&parts) - (int64_t)off * 60000;
    if (utc_ms > TIME_LAST_MS)
        return ERR_VALIDATION_FAILED;
    *time_ms = utc_ms;
    return ERR_OK;
}
