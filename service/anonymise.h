/* What is stored of a room, without what tells of one person: names become FORMER_MEMBER, what the person wrote goes.
 * Everything else stays, to the byte. */
#ifndef SERVICE_ANONYMISE_H
#define SERVICE_ANONYMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

/* The title of a meeting whose own one named the person. */
#define ANONYMOUS_TITLE "Meeting"

enum { FORMER_NAMES = 3 };

struct former {
    int64_t user_id;
    const char *names[FORMER_NAMES]; /* that they had, and their e-mail; NULL: none */
    int64_t at_ms;                   /* when their messages are said to be deleted */
};

/* Whether a text has one of the names: as a whole word, where it is made of letters. */
bool anonymise_names(const struct former *former, const char *text);

/* The data of a room event, in the arena; *out is NULL where nothing in it tells of the person. ERR_INTERNAL: it is no
 * JSON. */
MUST_CHECK enum err anonymise_event(struct arena *arena, const struct former *former, const char *data,
                                    const char **out);

#endif
