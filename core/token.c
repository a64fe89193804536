/* libjwt decodes by the algorithm that the token names and looks at no claim: the algorithm, the issuer and
 * the times are checked here. */
#include "core/token.h"

#include <jwt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SKEW_S = 30 }; /* a token may come from a machine whose clock is this far ahead */

static bool read_key(const char *line, struct token_key *key)
{
    char hex[2 * TOKEN_KEY_BYTES + 2];
    size_t len;
    if (sscanf(line, "%31s %65s", key->id, hex) != 2)
        return false;
    return sodium_hex2bin(key->bytes, sizeof key->bytes, hex, strlen(hex), NULL, &len, NULL) == 0 &&
           len == TOKEN_KEY_BYTES;
}

enum err token_keys_load(const char *path, const char *issuer, struct token_keys *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_UNAVAILABLE;
    struct token_keys keys = {.issuer = issuer};
    enum err e = ERR_OK;
    char line[256];
    while (!e && fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (keys.count == TOKEN_KEYS || !read_key(line, &keys.keys[keys.count]))
            e = ERR_VALIDATION_FAILED;
        else
            keys.count++;
    }
    fclose(f);
    if (!e && keys.count == 0)
        e = ERR_VALIDATION_FAILED;
    if (!e)
        *out = keys;
    sodium_memzero(&keys, sizeof keys);
    sodium_memzero(line, sizeof line);
    return e;
}

enum err token_sign(const struct token_keys *keys, const struct token_claims *claims, char **out)
{
    jwt_t *jwt = NULL;
    char sub[24];
    snprintf(sub, sizeof sub, "%lld", (long long)claims->user_id);
    char *text = NULL;
    if (jwt_new(&jwt) == 0 && jwt_set_alg(jwt, JWT_ALG_HS256, keys->keys[0].bytes, TOKEN_KEY_BYTES) == 0 &&
        jwt_add_header(jwt, "kid", keys->keys[0].id) == 0 && jwt_add_grant(jwt, "iss", keys->issuer) == 0 &&
        jwt_add_grant(jwt, "sub", sub) == 0 && jwt_add_grant_int(jwt, "sid", (long)claims->session_id) == 0 &&
        (!claims->guest_of || jwt_add_grant_int(jwt, "gst", (long)claims->guest_of) == 0) &&
        jwt_add_grant_int(jwt, "iat", (long)claims->issued_at_s) == 0 &&
        jwt_add_grant_int(jwt, "exp", (long)claims->expires_at_s) == 0)
        text = jwt_encode_str(jwt);
    jwt_free(jwt);
    if (!text)
        return ERR_INTERNAL;
    *out = text;
    return ERR_OK;
}

/* A number that may be missing: 0 then (libjwt says -1). */
static int64_t grant_int(jwt_t *jwt, const char *name)
{
    long value = jwt_get_grant_int(jwt, name);
    return value > 0 ? value : 0;
}

static enum err check_claims(jwt_t *jwt, const char *issuer, int64_t now_s, struct token_claims *out)
{
    const char *iss = jwt_get_grant(jwt, "iss");
    const char *sub = jwt_get_grant(jwt, "sub");
    struct token_claims c = {
        .user_id = sub ? atoll(sub) : 0,
        .session_id = grant_int(jwt, "sid"),
        .guest_of = grant_int(jwt, "gst"),
        .issued_at_s = jwt_get_grant_int(jwt, "iat"),
        .expires_at_s = jwt_get_grant_int(jwt, "exp"),
    };
    if (!iss || strcmp(iss, issuer) != 0 || c.user_id <= 0 || c.expires_at_s <= 0)
        return ERR_UNAUTHORIZED;
    if (c.issued_at_s > now_s + CLOCK_SKEW_S || jwt_get_grant_int(jwt, "nbf") > now_s + CLOCK_SKEW_S)
        return ERR_UNAUTHORIZED;
    if (c.expires_at_s <= now_s)
        return ERR_TOKEN_EXPIRED;
    *out = c;
    return ERR_OK;
}

enum err token_verify(const struct token_keys *keys, const char *text, int64_t now_s, struct token_claims *out)
{
    if (strlen(text) > TOKEN_TEXT_MAX)
        return ERR_UNAUTHORIZED;
    for (int i = 0; i < keys->count; i++) {
        jwt_t *jwt = NULL;
        if (jwt_decode(&jwt, text, keys->keys[i].bytes, TOKEN_KEY_BYTES) != 0)
            continue;
        enum err e = jwt_get_alg(jwt) == JWT_ALG_HS256 ? check_claims(jwt, keys->issuer, now_s, out) : ERR_UNAUTHORIZED;
        jwt_free(jwt);
        return e;
    }
    return ERR_UNAUTHORIZED;
}
