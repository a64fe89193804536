/* Time, handed in so that tests own it. All times are milliseconds since 1970-01-01T00:00Z (UTC). */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct clock {
    int64_t (*now_ms)(const struct clock *self);
    int64_t fixed_ms; /* what clock_fixed() answers; tests set it forward */
    int64_t ahead_ms; /* what clock_from() adds to the time of clock_elapsed_us() */
};

struct clock clock_system(void);
struct clock clock_fixed(int64_t now_ms);

/* Another machine's clock, which says now_ms now. It goes on by clock_elapsed_us(): setting the system's clock does not
 * move it. */
struct clock clock_from(int64_t now_ms);

/* How far it is ahead of the system's. */
int64_t clock_difference_ms(const struct clock *clock);

static inline int64_t clock_now_ms(const struct clock *c) { return c->now_ms(c); }

/* Microseconds of a clock that only measures: it never jumps and has no date. */
int64_t clock_elapsed_us(void);

/* The same in seconds, for what lasts a while: deadlines, rates, silences. */
double clock_elapsed_s(void);

/* 9999-12-31T23:59:59.999Z: a year has four digits, also after an offset was taken off. */
#define TIME_LAST_MS INT64_C(253402300799999)

/* A date and time of day in UTC, by the Gregorian calendar: month 1 to 12, day 1 to 31. Years 0 to 9999. */
struct time_parts {
    int year, month, day, hour, minute, second, ms;
};

/* These take a fraction of what the library's functions for time zones take, and a reply has dozens of times. */
struct time_parts time_to_parts(int64_t time_ms);
int64_t time_from_parts(const struct time_parts *parts);

enum { TIME_TEXT_SIZE = sizeof "2026-01-31T23:59:59.999Z" };

/* Writes RFC 3339 UTC with milliseconds, "2026-01-31T23:59:59.999Z". */
void time_format(int64_t time_ms, char out[static TIME_TEXT_SIZE]);

/* Reads RFC 3339 (any offset, fraction optional). ERR_VALIDATION_FAILED where it is anything else. */
MUST_CHECK enum err time_parse(const char *text, int64_t *time_ms);

#endif
