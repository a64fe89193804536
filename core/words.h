/* Words of a line of text, for formats that programs of EchoMeet write to each other (core/relay_wire.h,
 * core/media_wire.h). Everything is a view into the text. */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "core/skim.h"

/* Takes what stands before the first `end` off the text, and that as well; all of it where there is none. */
struct slice words_take(struct slice *text, char end);

/* Takes a line apart into words that single blanks separate. False where there are not exactly so many. */
bool words_split(struct slice line, struct slice word[], int count);

bool words_is(struct slice word, const char *text);

/* All of the word is a number: decimal digits, from 0 to INT64_MAX. *value is untouched where it is not. */
bool words_number(struct slice word, int64_t *value);

#endif
