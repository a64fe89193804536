/* Access tokens that were found good are remembered, so that the next request with the same one costs a hash and not a
 * signature and two JSON texts. What is kept is a keyed hash (BLAKE2b), never the token. A token's times are looked at
 * each time, and a memory serves one set of keys: where the keys change, so must the memory. */
#ifndef CORE_TOKEN_MEMORY_H
#define CORE_TOKEN_MEMORY_H

#include "core/random.h"
#include "core/token.h"

enum { TOKEN_MEMORY_ENTRIES = 1024, TOKEN_MEMORY_HASH_BYTES = 32 };

struct token_memory {
    unsigned char key[TOKEN_MEMORY_HASH_BYTES];
    struct remembered_token {
        unsigned char hash[TOKEN_MEMORY_HASH_BYTES];
        struct token_claims claims;
        int64_t since_s;             /* when it was verified; 0: nothing is here */
    } entries[TOKEN_MEMORY_ENTRIES]; /* by the hash; a newer one takes the place of an older one */
};

/* Empties it and gives it a new key. */
void token_memory_start(struct token_memory *memory, struct random *random);

/* token_verify() of core/token.h, with its answers. */
MUST_CHECK enum err token_memory_verify(struct token_memory *memory, const struct token_keys *keys, const char *text,
                                        int64_t now_s, struct token_claims *out);

#endif
