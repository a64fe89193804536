/* Accounts and sign-ins. */
#ifndef SERVICE_AUTH_H
#define SERVICE_AUTH_H

#include "db/session_dao.h"
#include "db/user_dao.h"
#include "service/context.h"

enum { REFRESH_TOKEN_CHARS = 43 }; /* 32 random bytes, base64url without padding */

/* What a sign-in gives. */
struct sign_in {
    struct user user;
    const char *access_token;
    int64_t access_expires_in_s;
    char refresh_token[REFRESH_TOKEN_CHARS + 1];
    int64_t refresh_expires_in_s;
};

/* Makes an account and signs it in. Password is hashed with Argon2id (some 80 ms of CPU).
 * ERR_EMAIL_TAKEN; ERR_VALIDATION_FAILED: the e-mail cannot be one; ERR_RATE_LIMITED. */
MUST_CHECK enum err auth_register(struct context *ctx, const char *email, const char *password,
                                  const char *display_name, const char *locale, struct sign_in *out);

/* ERR_INVALID_CREDENTIALS, after the same time whether the account exists or not; ERR_ACCOUNT_DISABLED, for the right
 * password only; ERR_RATE_LIMITED. refresh_token (may be NULL): one that the client has from before, by which the
 * account may know it. */
MUST_CHECK enum err auth_login(struct context *ctx, const char *email, const char *password, const char *refresh_token,
                               struct sign_in *out);

/* Exchanges a refresh token for the next one. Using an exchanged one again is fine within LIMIT_REFRESH_REUSE_MS (two
 * tabs), and later as long as its successor was never used (the answer was lost on its way); the successor counts no
 * more then. Anything else means that one of the two users is a thief: the whole sign-in ends. ERR_UNAUTHORIZED,
 * ERR_RATE_LIMITED. */
MUST_CHECK enum err auth_refresh(struct context *ctx, const char *refresh_token, struct sign_in *out);

/* Ends the sign-in that the refresh token belongs to; an unknown token is no error. */
MUST_CHECK enum err auth_logout(struct context *ctx, const char *refresh_token);

/* The caller's sign-ins that go on, the last used first. */
MUST_CHECK enum err auth_sessions(struct context *ctx, struct session **items, int *count);

/* Ends one of the caller's sign-ins. ERR_NOT_FOUND. */
MUST_CHECK enum err auth_end_session(struct context *ctx, int64_t session_id);

/* The Argon2id hash of a password, in the arena. By the settings' defaults it takes some 80 ms of CPU and 64 MiB.
 * ERR_UNAVAILABLE: no memory at the moment. */
MUST_CHECK enum err auth_hash_password(struct context *ctx, const char *password, const char **hash);

/* The account of an e-mail address, in whatever form it was typed. ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err auth_find_account(struct context *ctx, const char *email, struct user *out);

/* Signs an access token, in the arena: who it is for stands in the claims, its times are filled in. */
MUST_CHECK enum err auth_sign_access(struct context *ctx, struct token_claims claims, int64_t life_s,
                                     const char **token);

/* Whether the caller's sign-in goes on: it was not ended, and the account is not disabled. ERR_UNAUTHORIZED. */
MUST_CHECK enum err auth_check_session(struct context *ctx);

/* Checks the access token of a request and fills the caller. ERR_UNAUTHORIZED, ERR_TOKEN_EXPIRED. */
MUST_CHECK enum err auth_check_access(struct context *ctx, const char *access_token);

/* Checks the caller's password once more, and reads their account. ERR_INVALID_CREDENTIALS, ERR_RATE_LIMITED. */
MUST_CHECK enum err auth_check_password(struct context *ctx, const char *password, struct user *out);

/* Locks an account whose password was checked, and looks again: it may have been disabled since, or have got another
 * password, and whoever did that has ended the sign-ins that they found. Or another sign-in has stored the same one
 * anew. ERR_INVALID_CREDENTIALS, ERR_ACCOUNT_DISABLED, ERR_UNAUTHORIZED. */
MUST_CHECK enum err auth_lock_account(struct context *ctx, const struct user *checked, const char *password);

/* Changes the password and ends the caller's other sign-ins. ERR_INVALID_CREDENTIALS: the current one is wrong;
 * ERR_RATE_LIMITED. */
MUST_CHECK enum err auth_change_password(struct context *ctx, const char *current, const char *next);

#endif
