/* What Unicode knows about characters, by libunistring. All texts are well-formed UTF-8 (core/text.h). */
#ifndef CORE_UNICODE_H
#define CORE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/* Cuts white space around the text, in place; answers the first character kept. What shows nothing and takes room
 * (U+2800) is white space too. */
char *unicode_trim(char *text);

/* The canonical composition (NFC), in the arena: what looks the same because it is the same is the same bytes. */
char *unicode_nfc(struct arena *arena, const char *text);

/* A name, in the arena: without characters that nobody sees, as NFC, trimmed. Invisible characters stay where a script
 * or an emoji needs them: joiners in Arabic or Indic words and between emoji, variation selectors, the tags of a flag.
 * Taken out are all others (zero-width ones, fillers, soft hyphens) and whatever turns the direction of the text
 * around it. */
char *unicode_name(struct arena *arena, const char *text);

/* NFC in lower case, in the arena: two texts that differ in case alone become the same. Only letters that are one
 * another's case are folded (simple case folding), so ß is not ss. */
char *unicode_lower(struct arena *arena, const char *text);

/* Whether nothing in the text can be seen: white space, invisible characters, and marks that stand on none. */
bool unicode_is_blank(const char *text);

/* Whether the text holds an invisible character or white space at its ends. */
bool unicode_has_hidden(const char *text);

/* Whether the text holds an invisible character or white space anywhere. */
bool unicode_has_gap(const char *text);

/* The most combining marks that stand on one character. */
size_t unicode_most_marks(const char *text);

#endif
