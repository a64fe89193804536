/* Credentials for a TURN server (RFC 8656) that run out by themselves: the "TURN REST API" scheme that coturn knows as
 * use-auth-secret. Server and worker share a secret; the user name says until when it counts and for whom, and the
 * credential proves that the worker made it. */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include <stdint.h>

#include "core/err.h"

enum {
    TURN_SECRET_MAX = 256,
    TURN_USERNAME_SIZE = 48,   /* two numbers and a colon */
    TURN_CREDENTIAL_SIZE = 32, /* 20 bytes in base64 */
};

struct turn_credential {
    char username[TURN_USERNAME_SIZE];     /* "<expires, seconds since 1970>:<user id>" */
    char credential[TURN_CREDENTIAL_SIZE]; /* base64(HMAC-SHA1(secret, username)) */
};

/* Reads the secret: the file's first line without its end. ERR_UNAVAILABLE where it cannot be read,
 * ERR_VALIDATION_FAILED where that line is empty or longer than TURN_SECRET_MAX bytes. */
MUST_CHECK enum err turn_secret_load(const char *path, char out[static TURN_SECRET_MAX + 1]);

/* ERR_INTERNAL: OpenSSL has failed. */
MUST_CHECK enum err turn_sign(const char *secret, int64_t user_id, int64_t expires_at_s, struct turn_credential *out);

#endif
