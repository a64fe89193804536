/* UTF-8 text (RFC 3629): what may come in, and how long it is. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

/* Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(const void *bytes, size_t len);

/* Takes out, in place, bytes that are no part of a well-formed character. */
void text_drop_broken(char *text);

/* Unicode characters (code points) of well-formed UTF-8. */
size_t text_chars(const char *text);

/* Whether text is printable ASCII throughout. */
bool text_is_ascii(const char *text);

/* Whether text holds a control character or a separator of lines (U+2028, U+2029). With `lines`, tab and line ends are
 * not counted as such. */
bool text_has_control(const char *text, bool lines);

/* Reads a whole decimal number without sign, blanks or leading rubbish, 0 to INT64_MAX. */
bool text_to_int(const char *text, int64_t *value);

/* Cuts leading and trailing ASCII white space in place; answers the first character kept. For what people write there
 * is unicode_trim (core/unicode.h). */
char *text_trim(char *text);

/* The place of a text among choices separated by "|", from 1; 0: it is none of them. */
int64_t text_choice_place(const char *choices, const char *text);

/* The choice of a place that there is, in the arena. */
const char *text_choice(struct arena *arena, const char *choices, int64_t place);

#endif
