/* What exactly is wrong with an input: filled beside an error, for the person who sent it. */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include "core/err.h"

struct fault {
    char field[64];     /* the member or parameter at fault; empty where it is none alone */
    char detail[240];   /* one sentence for people; empty: the error's title says enough */
    struct fault *also; /* the next field at fault, where there are several; in the request's arena */
    int retry_after_s;  /* when trying again may help, in seconds; 0: nothing is known */
};

/* Fills fault and answers e, so that a check reads `return fault_set(...)`. field may be NULL. */
enum err fault_set(struct fault *fault, enum err e, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
