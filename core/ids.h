/* Identifiers that are made up: meeting codes, request ids, connection names. */
#ifndef CORE_IDS_H
#define CORE_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/limits.h"
#include "core/random.h"

/* The characters of a meeting code: no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V look-alikes. */
#define IDS_CODE_ALPHABET "34679ACDEFGHJKMNPQRTWXY"

enum { IDS_REQUEST_CHARS = 16 };

/* A meeting code, every character equally likely, at least one of them a letter. */
void ids_meeting_code(struct random *random, char out[static LIMIT_CODE_CHARS + 1]);

/* Reads a meeting code as people type it: lower case, blanks and dashes are forgiven. False where it cannot be one. */
bool ids_read_code(const char *text, char out[static LIMIT_CODE_CHARS + 1]);

/* A request id: 16 hexadecimal digits. */
void ids_request(struct random *random, char out[static IDS_REQUEST_CHARS + 1]);

/* Whether a request id that came from outside may be used in logs: 8 to 64 of A-Z a-z 0-9 . _ - */
bool ids_request_ok(const char *id);

#endif
