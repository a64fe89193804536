/* Meeting passwords at rest: encrypted (libsodium secretbox, XSalsa20-Poly1305) with a key outside the database, so
 * that the host can read the password back and put it into an invitation. */
#ifndef SERVICE_SECRETBOX_H
#define SERVICE_SECRETBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "service/context.h"

/* Encrypts; the box (nonce and ciphertext) is in the arena. */
const void *secretbox_seal(const struct context *ctx, const char *text, size_t *box_len);

/* Decrypts into the arena; NULL where the key is another one or the box was changed. */
const char *secretbox_open(const struct context *ctx, const void *box, size_t box_len);

/* Whether the box holds this text; takes the same time either way. */
bool secretbox_holds(const struct context *ctx, const void *box, size_t box_len, const char *text);

#endif
