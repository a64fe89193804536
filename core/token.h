/* Access tokens: JSON Web Tokens (RFC 7519) signed with HS256. Workers make and check them, the relay checks them. */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include <stdint.h>

#include "core/err.h"

enum { TOKEN_KEYS = 4, TOKEN_KEY_BYTES = 32, TOKEN_TEXT_MAX = 2048 };

/* The keys that are accepted; the first one signs. The others are older keys, kept while their tokens live. */
struct token_keys {
    struct token_key {
        char id[32]; /* header "kid" */
        unsigned char bytes[TOKEN_KEY_BYTES];
    } keys[TOKEN_KEYS];
    int count;
    const char *issuer; /* claim "iss"; must outlive the keys */
};

struct token_claims {
    int64_t user_id;      /* sub */
    int64_t session_id;   /* sid: the sign-in that the token belongs to */
    int64_t guest_of;     /* gst: the one meeting that a guest's token is for; 0: an account's */
    int64_t expires_at_s; /* exp, seconds since 1970 */
    int64_t issued_at_s;  /* iat, seconds since 1970 */
};

/* Reads the key file: lines "id hex", hex being 32 bytes. ERR_UNAVAILABLE where it cannot be read,
 * ERR_VALIDATION_FAILED where a line is wrong or there is none. */
MUST_CHECK enum err token_keys_load(const char *path, const char *issuer, struct token_keys *out);

/* Signs; *out is malloc'd and the caller's. */
MUST_CHECK enum err token_sign(const struct token_keys *keys, const struct token_claims *claims, char **out);

/* Checks algorithm, signature, issuer and times. ERR_TOKEN_EXPIRED where only the time has run out,
 * ERR_UNAUTHORIZED for anything else. */
MUST_CHECK enum err token_verify(const struct token_keys *keys, const char *text, int64_t now_s,
                                 struct token_claims *out);

#endif
