/* What an administrator does to accounts. */
#ifndef SERVICE_ACCOUNT_H
#define SERVICE_ACCOUNT_H

#include "db/user_dao.h"
#include "service/context.h"

/* Makes an account without signing it in. ERR_EMAIL_TAKEN, ERR_VALIDATION_FAILED. */
MUST_CHECK enum err account_create(struct context *ctx, const char *email, const char *password,
                                   const char *display_name, struct user *out);

/* A page of accounts with ids above after_id, whose name or e-mail holds keyword (NULL: all). */
MUST_CHECK enum err account_list(struct context *ctx, const char *keyword, int64_t after_id, int64_t limit,
                                 struct user **items, int *count);

/* ERR_FORBIDDEN unless the caller is an administrator, ERR_UNAUTHORIZED where the account is gone. */
MUST_CHECK enum err account_check_admin(struct context *ctx);

/* What an administrator changes of an account; what is -1 stays. */
struct account_changes {
    int disabled; /* as account_set_disabled */
    int is_admin;
};

/* ERR_NOT_FOUND; ERR_CONFLICT: administrators neither disable themselves nor give up being one. */
MUST_CHECK enum err account_change(struct context *ctx, int64_t user_id, struct account_changes changes,
                                   struct user *out);

/* Disabled: its sign-ins end, it leaves the meetings it is in, it cannot sign in or join, and its access tokens count
 * no more. ERR_NOT_FOUND. */
MUST_CHECK enum err account_set_disabled(struct context *ctx, const char *email, bool disabled);

/* ERR_NOT_FOUND */
MUST_CHECK enum err account_set_admin(struct context *ctx, const char *email, bool is_admin);

#endif
