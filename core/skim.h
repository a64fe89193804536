/* JSON (RFC 8259) without building anything: checks a text and finds the members of an object as views into it.
 * The relay looks at few members of a message and hands the rest on as it came; the workers let a body through here
 * before json-c, which takes more than JSON. */
#ifndef CORE_SKIM_H
#define CORE_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* A part of a text, not NUL-terminated; at is NULL where there is none. */
struct slice {
    const char *at;
    size_t len;
};

/* Whether the text is one JSON value, nested at most `depth` deep, without an escape that stands for half a character
 * (a lone surrogate, RFC 8259 8.2). UTF-8 is not looked at: frames are checked. */
bool skim_check(const char *text, size_t len, int depth);

/* Finds members of an object that skim_check has passed, by name. A name that is written with escapes is not found.
 * values[i] is the member names[i], .at NULL where it is missing. False where `object` is no object, or a member
 * stands in it twice. */
bool skim_members(struct slice object, const char *const names[], struct slice values[], int count);

/* How many members an object that skim_check has passed has; two of the same name count twice. 0 for what is no object.
 */
int skim_member_count(struct slice object);

/* Whether the value is an object. */
bool skim_is_object(struct slice value);

/* Reads a whole number from 0 to 2^53 - 1 (what every client can hold), written without fraction or exponent. */
bool skim_int(struct slice value, int64_t *out);

/* The inside of a string that holds no escape. */
bool skim_plain(struct slice value, struct slice *out);

/* Whether the value is a string that says this; one that is written with escapes never is. */
bool skim_is(struct slice value, const char *text);

/* Appends what a string says, as UTF-8. False, with nothing of use appended, where the value is no string or holds a
 * NUL. */
bool skim_text(struct slice value, struct buf *out);

/* The items of an array, or the members of an object, that skim_check has passed, one after the other. */
struct skim_items {
    const char *at, *end;
};

/* Of what is no array there are none. */
struct skim_items skim_items(struct slice array);

/* The next item; false where there is none any more. */
bool skim_next(struct skim_items *items, struct slice *item);

/* Of what is no object there are none. */
struct skim_items skim_walk(struct slice object);

/* The next member; its name as it is written, without the quotes. False where there is none any more. */
bool skim_next_member(struct skim_items *members, struct slice *name, struct slice *value);

#endif
