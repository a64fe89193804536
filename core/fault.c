#include "core/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/text.h"

enum err fault_set(struct fault *fault, enum err e, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault->detail, sizeof fault->detail, format, args);
    va_end(args);
    snprintf(fault->field, sizeof fault->field, "%s", field ? field : "");
    /* a name that the client made up may have been cut in the middle of a character */
    text_drop_broken(fault->detail);
    text_drop_broken(fault->field);
    return e;
}
