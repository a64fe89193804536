/* Percent-encoding (RFC 3986). */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stddef.h>

#include "core/arena.h"

/* Decodes len bytes; with `plus`, "+" is a blank as in a query. NULL where an escape is broken, a NUL
 * byte comes out, or the result is not UTF-8. */
char *url_decode(struct arena *arena, const char *text, size_t len, int plus);

#endif
