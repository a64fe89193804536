/* A user's own profile. */
#ifndef SERVICE_USER_H
#define SERVICE_USER_H

#include "db/user_dao.h"
#include "service/context.h"

/* The caller's account. ERR_UNAUTHORIZED: it is gone. */
MUST_CHECK enum err user_me(struct context *ctx, struct user *out);

/* Changes what is not NULL. */
MUST_CHECK enum err user_update(struct context *ctx, const char *display_name, const char *locale, struct user *out);

#endif
