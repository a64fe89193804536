/* JSON (RFC 8259) out, by appending to a buffer. Commas are put in by themselves. Strings are written
 * as UTF-8; whoever lets text into the system has checked it (text_is_utf8 in core/text.h). */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

struct json {
    struct buf *out;
    bool comma; /* a comma belongs before the next member or element */
};

static inline struct json json_to(struct buf *out) { return (struct json){out, false}; }

/* key is NULL for an element of an array or for the whole text. Keys are literals, never escaped. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_str(struct json *j, const char *key, const char *value); /* NULL is written as null */
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_id(struct json *j, const char *key, int64_t id); /* 0: null */
/* milliseconds since 1970 as RFC 3339; 0 is written as null */
void json_time(struct json *j, const char *key, int64_t time_ms);
/* value is JSON already */
void json_raw(struct json *j, const char *key, const char *value);

#endif
