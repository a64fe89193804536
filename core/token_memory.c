#include "core/token_memory.h"

#include <sodium.h>
#include <string.h>

void token_memory_start(struct token_memory *memory, struct random *random)
{
    *memory = (struct token_memory){0};
    random_fill(random, memory->key, sizeof memory->key);
}

static struct remembered_token *entry_of(struct token_memory *memory, const unsigned char *hash)
{
    uint32_t at;
    memcpy(&at, hash, sizeof at);
    return &memory->entries[at % TOKEN_MEMORY_ENTRIES];
}

enum err token_memory_verify(struct token_memory *memory, const struct token_keys *keys, const char *text,
                             int64_t now_s, struct token_claims *out)
{
    unsigned char hash[TOKEN_MEMORY_HASH_BYTES];
    size_t len = strnlen(text, TOKEN_TEXT_MAX + 1);
    if (len > TOKEN_TEXT_MAX)
        return ERR_UNAUTHORIZED;
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, len, memory->key, sizeof memory->key);
    struct remembered_token *known = entry_of(memory, hash);
    /* since: what was good then need not be so before, where the clock is set back */
    if (known->since_s && now_s >= known->since_s && now_s < known->claims.expires_at_s &&
        memcmp(known->hash, hash, sizeof hash) == 0) {
        *out = known->claims;
        return ERR_OK;
    }
    struct token_claims claims;
    enum err e = token_verify(keys, text, now_s, &claims);
    if (e)
        return e;
    *known = (struct remembered_token){.claims = claims, .since_s = now_s};
    memcpy(known->hash, hash, sizeof hash);
    *out = claims;
    return ERR_OK;
}
