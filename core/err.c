/* The table of errors, spelled out from err.def. */
#include "core/err.h"

#include <string.h>

static const struct {
    const char *code;
    const char *title;
    int status;
    bool retryable;
} errors[ERR_COUNT] = {
    [ERR_OK] = {"ok", "OK", 200, false},
#define ERR(name, code, status, retryable, title) [ERR_##name] = {code, title, status, retryable},
#include "core/err.def"
#undef ERR
};

const char *err_code(enum err e) { return errors[e].code; }

const char *err_title(enum err e) { return errors[e].title; }

int err_status(enum err e) { return errors[e].status; }

bool err_retryable(enum err e) { return errors[e].retryable; }

enum err err_by_code(const char *code)
{
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (strcmp(errors[e].code, code) == 0)
            return (enum err)e;
    return ERR_INTERNAL;
}
