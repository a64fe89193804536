/* What somebody gave, or did not give, as http/fields.h reads it and services take it. */
#ifndef CORE_INPUT_H
#define CORE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct in_text {
    bool given; /* it was there and not null */
    bool null;  /* it was there and null */
    const char *value;
};
struct in_int {
    bool given;
    int64_t value; /* a time is milliseconds since 1970; a choice is its place among the choices, from 1 */
};
struct in_bool {
    bool given;
    bool value;
};

/* Initializes one that is given. */
#define GIVEN(something) \
    { \
        .given = true, .value = (something) \
    }

/* The struct that takes each kind of input (FIELD_… in http/fields.h), for tables of what may be given. */
#define IN_NAME struct in_text
#define IN_LINES struct in_text
#define IN_INT struct in_int
#define IN_TIME struct in_int
#define IN_CHOICE struct in_int
#define IN_BOOL struct in_bool

#endif
