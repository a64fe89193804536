/* Access tokens (core/token.c). An input that begins with "!" is "!header\npayload": it is signed here with the right
 * key, so that what lies behind the signature is reached too. Any other input is a token as it came: nobody can forge
 * one. */
#include <sodium.h>

#include "core/token.h"
#include "tests/fuzz/fuzz.h"

enum { NOW_S = 1800000000 };

static const struct token_keys keys = {.keys = {{"k2", {2, 7, 1, 8, 2, 8}}, {"k1", {3, 1, 4, 1, 5, 9}}},
                                       .count = 2,
                                       .issuer = "echomeet"};

static size_t add_base64(char *out, size_t room, const void *bytes, size_t len)
{
    MUST(sodium_bin2base64(out, room, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    return strlen(out);
}

/* header.payload.signature */
static char *sign(const char *header, size_t header_len, const char *payload, size_t payload_len)
{
    size_t room = 2 * (header_len + payload_len) + 128, n;
    char *token = malloc(room);
    MUST(token);
    n = add_base64(token, room, header, header_len);
    token[n++] = '.';
    n += add_base64(token + n, room - n, payload, payload_len);
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256(mac, (const unsigned char *)token, n, keys.keys[0].bytes);
    token[n++] = '.';
    add_base64(token + n, room - n, mac, sizeof mac);
    return token;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *line = memchr(text, '\n', size);
    bool signed_here = size && text[0] == '!' && line;
    if (signed_here) {
        char *token = sign(text + 1, (size_t)(line - text - 1), line + 1, size - (size_t)(line + 1 - text));
        free(text);
        text = token;
    }
    struct token_claims claims = {0};
    enum err e = token_verify(&keys, text, NOW_S, &claims);
    MUST(e == ERR_OK || e == ERR_UNAUTHORIZED || e == ERR_TOKEN_EXPIRED);
    MUST(signed_here || e == ERR_UNAUTHORIZED);
    MUST(e != ERR_OK || (claims.user_id > 0 && claims.expires_at_s > NOW_S && claims.issued_at_s <= NOW_S + 60));
    free(text);
    return 0;
}
