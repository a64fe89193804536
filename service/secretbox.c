#include "service/secretbox.h"

#include <sodium.h>
#include <string.h>

#include "core/log.h"

enum { NONCE = crypto_secretbox_NONCEBYTES, MAC = crypto_secretbox_MACBYTES };

_Static_assert((int)PASSWORD_KEY_BYTES == (int)crypto_secretbox_KEYBYTES, "one key size");

const void *secretbox_seal(const struct context *ctx, const char *text, size_t *box_len)
{
    size_t len = strlen(text);
    unsigned char *box = arena_alloc(ctx->arena, NONCE + MAC + len);
    random_fill(&ctx->app->random, box, NONCE);
    crypto_secretbox_easy(box + NONCE, (const unsigned char *)text, len, box, ctx->app->password_key);
    *box_len = NONCE + MAC + len;
    return box;
}

const char *secretbox_open(const struct context *ctx, const void *box, size_t box_len)
{
    const unsigned char *bytes = box;
    if (box_len < NONCE + MAC)
        return NULL;
    char *text = arena_alloc(ctx->arena, box_len - NONCE - MAC + 1);
    if (crypto_secretbox_open_easy((unsigned char *)text, bytes + NONCE, box_len - NONCE, bytes,
                                   ctx->app->password_key) != 0) {
        log_event(LOG_ERROR, "meeting_password_unreadable", "advice",
                  "the key file is not the one it was encrypted with", NULL);
        return NULL;
    }
    return text;
}

bool secretbox_holds(const struct context *ctx, const void *box, size_t box_len, const char *text)
{
    const char *password = secretbox_open(ctx, box, box_len);
    unsigned char given[crypto_generichash_BYTES], right[crypto_generichash_BYTES];
    if (!password)
        return false;
    crypto_generichash(given, sizeof given, (const unsigned char *)text, strlen(text), NULL, 0);
    crypto_generichash(right, sizeof right, (const unsigned char *)password, strlen(password), NULL, 0);
    return sodium_memcmp(given, right, sizeof right) == 0;
}
