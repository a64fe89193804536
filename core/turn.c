#include "core/turn.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SHA1_BYTES = 20 };

enum err turn_secret_load(const char *path, char out[static TURN_SECRET_MAX + 1])
{
    char line[TURN_SECRET_MAX + 2] = "";
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_UNAVAILABLE;
    bool read = fgets(line, sizeof line, f);
    fclose(f);
    size_t len = strcspn(line, "\r\n");
    line[len] = '\0';
    enum err e = read && len > 0 && len <= TURN_SECRET_MAX ? ERR_OK : ERR_VALIDATION_FAILED;
    if (!e)
        memcpy(out, line, len + 1);
    sodium_memzero(line, sizeof line);
    return e;
}

enum err turn_sign(const char *secret, int64_t user_id, int64_t expires_at_s, struct turn_credential *out)
{
    struct turn_credential c;
    unsigned char mac[SHA1_BYTES];
    int len = snprintf(c.username, sizeof c.username, "%lld:%lld", (long long)expires_at_s, (long long)user_id);
    if (!HMAC(EVP_sha1(), secret, (int)strlen(secret), (const unsigned char *)c.username, (size_t)len, mac, NULL))
        return ERR_INTERNAL;
    sodium_bin2base64(c.credential, sizeof c.credential, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    *out = c;
    return ERR_OK;
}
