/* Errors. A function that can fail returns enum err; its outputs come last and are untouched on failure. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_OK = 0,
#define ERR(name, code, status, retryable, title) ERR_##name,
#include "core/err.def"
#undef ERR
    ERR_COUNT
};

/* The stable code, for programs ("meeting_full"); "ok" for ERR_OK. Static text. */
const char *err_code(enum err e);

/* The title, for people. Static text. */
const char *err_title(enum err e);

/* The HTTP status; 200 for ERR_OK. */
int err_status(enum err e);

/* Whether the same request may succeed later without a change. */
bool err_retryable(enum err e);

/* The error with this code; ERR_INTERNAL for a code that nobody knows. */
enum err err_by_code(const char *code);

#endif
