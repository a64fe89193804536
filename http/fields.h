/* Input by a table of fields: a handler names what it accepts, with limits, and gets a filled struct.
 * The first field that is wrong is named in the error; a field that the table does not have is refused. */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/fault.h"
#include "core/input.h"

enum field_type {
    FIELD_TEXT,   /* one line of text, in_text; min and max are characters; white space around it is cut */
    FIELD_NAME,   /* the same, for what people are shown as the name of something: unicode_name in core/unicode.h */
    FIELD_LINES,  /* text with line ends, in_text; min and max are characters */
    FIELD_EXACT,  /* text taken as it is (a password), in_text */
    FIELD_ID,     /* a client's own name of something, taken as it is, in_text; nothing in it or around it is unseen */
    FIELD_INT,    /* in_int, min to max; an integer without fraction or exponent */
    FIELD_CHOICE, /* one of the choices, in_int: its place among them, from 1 */
    FIELD_BOOL,   /* in_bool */
    FIELD_TIME,   /* RFC 3339, in_int */
    FIELD_IGNORED /* accepted and not looked at */
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    bool required;
    bool nullable; /* null is accepted and noted (in_text only) */
    int64_t min, max;
    const char *choices; /* NULL, or the only texts accepted, separated by "|" */
};

#define REQUIRED true
#define OPTIONAL false

/* Reads a JSON object. ERR_MALFORMED_JSON, or ERR_VALIDATION_FAILED with each wrong field named. An empty text is read
 * as {}.
 */
MUST_CHECK enum err fields_from_json(const struct field *fields, int count, const char *text, size_t len,
                                     struct arena *arena, void *out, struct fault *fault);

/* Reads a query string, "a=1&b=two". ERR_BAD_REQUEST where it is not well-formed, or ERR_VALIDATION_FAILED with the
 * field named. */
MUST_CHECK enum err fields_from_query(const struct field *fields, int count, const char *query, struct arena *arena,
                                      void *out, struct fault *fault);

#endif
