/* core/token.h: what libjwt does not look at is looked at; core/token_memory.h: what is remembered is no weaker. */
#include <jwt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/token_memory.h"
#include "tests/check_main.h"

enum { NOW_S = 1800000000 };

static struct token_keys keys_of(char byte)
{
    struct token_keys keys = {.count = 1, .issuer = "echomeet"};
    strcpy(keys.keys[0].id, "k1");
    memset(keys.keys[0].bytes, byte, TOKEN_KEY_BYTES);
    return keys;
}

static const struct token_claims claims = {.user_id = 7,
                                           .session_id = 12,
                                           .issued_at_s = NOW_S,
                                           .expires_at_s = NOW_S + 900};

/* A token made by hand with libjwt. */
static char *make(jwt_alg_t alg, char key_byte, const char *issuer, const char *sub, long exp, long nbf)
{
    unsigned char key[TOKEN_KEY_BYTES];
    memset(key, key_byte, sizeof key);
    jwt_t *jwt;
    ck_assert_int_eq(jwt_new(&jwt), 0);
    ck_assert_int_eq(jwt_set_alg(jwt, alg, alg == JWT_ALG_NONE ? NULL : key, alg == JWT_ALG_NONE ? 0 : (int)sizeof key),
                     0);
    if (issuer)
        jwt_add_grant(jwt, "iss", issuer);
    if (sub)
        jwt_add_grant(jwt, "sub", sub);
    if (exp)
        jwt_add_grant_int(jwt, "exp", exp);
    if (nbf)
        jwt_add_grant_int(jwt, "nbf", nbf);
    char *text = jwt_encode_str(jwt);
    jwt_free(jwt);
    return text;
}

static enum err verify(const char *text)
{
    struct token_keys keys = keys_of('a');
    struct token_claims out = {0};
    return token_verify(&keys, text, NOW_S, &out);
}

static enum err verify_made(jwt_alg_t alg, char key_byte, const char *issuer, const char *sub, long exp, long nbf)
{
    char *text = make(alg, key_byte, issuer, sub, exp, nbf);
    enum err e = verify(text);
    free(text);
    return e;
}

START_TEST(test_token_sign_and_verify)
{
    struct token_keys keys = keys_of('a');
    struct token_claims out;
    char *text;
    ck_assert_int_eq(token_sign(&keys, &claims, &text), ERR_OK);
    ck_assert_int_eq(token_verify(&keys, text, NOW_S, &out), ERR_OK);
    ck_assert_int_eq(out.user_id, 7);
    ck_assert_int_eq(out.session_id, 12);
    ck_assert_int_eq(out.expires_at_s, NOW_S + 900);
    ck_assert_int_eq(token_verify(&keys, text, NOW_S + 899, &out), ERR_OK);
    ck_assert_int_eq(token_verify(&keys, text, NOW_S + 900, &out), ERR_TOKEN_EXPIRED);
    ck_assert_int_eq(token_verify(&keys, text, NOW_S - 31, &out), ERR_UNAUTHORIZED); /* from the future */
    free(text);
}
END_TEST

START_TEST(test_token_every_changed_byte_is_noticed)
{
    struct token_keys keys = keys_of('a');
    char *text;
    ck_assert_int_eq(token_sign(&keys, &claims, &text), ERR_OK);
    size_t len = strlen(text);
    for (size_t i = 0; i + 1 < len; i++) { /* the last character's low bits are padding */
        char before = text[i];
        text[i] = before == 'A' ? 'B' : 'A';
        if (before != '.')
            ck_assert_msg(verify(text) == ERR_UNAUTHORIZED, "byte %zu", i);
        text[i] = before;
    }
    ck_assert_int_eq(verify(text), ERR_OK);
    free(text);
}
END_TEST

START_TEST(test_token_other_algorithms_are_refused)
{
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "7", NOW_S + 60, 0), ERR_OK);
    ck_assert_int_eq(verify_made(JWT_ALG_HS384, 'a', "echomeet", "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS512, 'a', "echomeet", "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_NONE, 'a', "echomeet", "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
}
END_TEST

START_TEST(test_token_wrong_claims_are_refused)
{
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'b', "echomeet", "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "other", "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', NULL, "7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", NULL, NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "0", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "-7", NOW_S + 60, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "7", 0, 0), ERR_UNAUTHORIZED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "7", NOW_S - 1, 0), ERR_TOKEN_EXPIRED);
    ck_assert_int_eq(verify_made(JWT_ALG_HS256, 'a', "echomeet", "7", NOW_S + 600, NOW_S + 300), ERR_UNAUTHORIZED);
}
END_TEST

START_TEST(test_token_rubbish_is_refused)
{
    const char *const bad[] = {
        "", ".", "..", "...", "a.b.c", "eyJhbGciOiJIUzI1NiJ9..", "eyJhbGciOiJIUzI1NiJ9.e30.", "\xff\xfe"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(verify(bad[i]) == ERR_UNAUTHORIZED, "%zu", i);
    char *large = malloc(100001);
    memset(large, 'a', 100000);
    large[100000] = '\0';
    ck_assert_int_eq(verify(large), ERR_UNAUTHORIZED);
    free(large);
}
END_TEST

START_TEST(test_token_older_keys_are_accepted_and_the_first_signs)
{
    struct token_keys old = keys_of('a'), both = keys_of('b'), neither = keys_of('c');
    both.keys[1] = old.keys[0];
    both.count = 2;
    struct token_claims out;
    char *text;
    ck_assert_int_eq(token_sign(&old, &claims, &text), ERR_OK);
    ck_assert_int_eq(token_verify(&both, text, NOW_S, &out), ERR_OK);
    ck_assert_int_eq(token_verify(&neither, text, NOW_S, &out), ERR_UNAUTHORIZED);
    free(text);
    ck_assert_int_eq(token_sign(&both, &claims, &text), ERR_OK);
    ck_assert_int_eq(token_verify(&old, text, NOW_S, &out), ERR_UNAUTHORIZED);
    free(text);
}
END_TEST

static enum err load(const char *contents, struct token_keys *keys)
{
    char path[] = "/tmp/echomeet-keys-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
    close(fd);
    enum err e = token_keys_load(path, "echomeet", keys);
    unlink(path);
    return e;
}

static struct token_memory memory;

static void start_memory(void)
{
    struct random random = random_script("0123456789abcdef", 16);
    token_memory_start(&memory, &random);
}

/* The token memory's answer, held against that of token_verify(). */
static enum err recall(const struct token_keys *keys, const char *text, int64_t now_s)
{
    struct token_claims out = {0}, plain = {0};
    enum err e = token_memory_verify(&memory, keys, text, now_s, &out);
    ck_assert_int_eq(e, token_verify(keys, text, now_s, &plain));
    ck_assert_mem_eq(&out, &plain, sizeof out);
    return e;
}

static int remembered(void)
{
    int n = 0;
    for (int i = 0; i < TOKEN_MEMORY_ENTRIES; i++)
        n += memory.entries[i].since_s != 0;
    return n;
}

START_TEST(test_token_memory_knows_a_token_until_it_expires)
{
    struct token_keys keys = keys_of('a'), none = {.issuer = "echomeet"};
    struct token_claims out;
    char *text;
    start_memory();
    ck_assert_int_eq(token_sign(&keys, &claims, &text), ERR_OK);
    ck_assert_int_eq(recall(&keys, text, NOW_S), ERR_OK);
    ck_assert_int_eq(remembered(), 1);
    /* without keys nothing can be verified: this answer is from memory */
    ck_assert_int_eq(token_memory_verify(&memory, &none, text, NOW_S + 899, &out), ERR_OK);
    ck_assert_int_eq(out.user_id, 7);
    ck_assert_int_eq(out.session_id, 12);
    ck_assert_int_eq(recall(&keys, text, NOW_S + 899), ERR_OK);
    ck_assert_int_eq(recall(&keys, text, NOW_S + 900), ERR_TOKEN_EXPIRED);
    ck_assert_int_eq(recall(&keys, text, NOW_S - 31), ERR_UNAUTHORIZED); /* the clock was set back */
    start_memory();
    ck_assert_int_eq(token_memory_verify(&memory, &none, text, NOW_S, &out), ERR_UNAUTHORIZED);
    free(text);
}
END_TEST

START_TEST(test_token_memory_keeps_nothing_that_was_refused)
{
    struct token_keys keys = keys_of('a');
    char *good, *foreign = make(JWT_ALG_HS256, 'b', "echomeet", "7", NOW_S + 60, 0),
                *expired = make(JWT_ALG_HS256, 'a', "echomeet", "7", NOW_S - 1, 0);
    start_memory();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(recall(&keys, foreign, NOW_S), ERR_UNAUTHORIZED);
        ck_assert_int_eq(recall(&keys, expired, NOW_S), ERR_TOKEN_EXPIRED);
    }
    ck_assert_int_eq(remembered(), 0);
    ck_assert_int_eq(token_sign(&keys, &claims, &good), ERR_OK);
    ck_assert_int_eq(recall(&keys, good, NOW_S), ERR_OK);
    for (size_t i = 0; i + 1 < strlen(good); i++) { /* as above, but with the good one known */
        char before = good[i];
        good[i] = before == 'A' ? 'B' : 'A';
        if (before != '.')
            ck_assert_msg(recall(&keys, good, NOW_S) == ERR_UNAUTHORIZED, "byte %zu", i);
        good[i] = before;
    }
    ck_assert_int_eq(remembered(), 1);
    free(good);
    free(foreign);
    free(expired);
}
END_TEST

START_TEST(test_token_memory_tells_many_tokens_apart)
{
    struct token_keys keys = keys_of('a');
    enum { MANY = 3 * TOKEN_MEMORY_ENTRIES };
    static char *texts[MANY];
    start_memory();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) { /* three share a place: each is answered as what it is */
            struct token_claims one = claims, out;
            one.user_id = 1 + i;
            if (round == 0)
                ck_assert_int_eq(token_sign(&keys, &one, &texts[i]), ERR_OK);
            ck_assert_int_eq(token_memory_verify(&memory, &keys, texts[i], NOW_S, &out), ERR_OK);
            ck_assert_int_eq(out.user_id, 1 + i);
            if (round == 1)
                free(texts[i]);
        }
}
END_TEST

START_TEST(test_token_keys_are_read_from_a_file)
{
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    struct token_keys keys;
    ck_assert_int_eq(load("# keys\n\nk2 " HEX "\nk1 " HEX "\n", &keys), ERR_OK);
    ck_assert_int_eq(keys.count, 2);
    ck_assert_str_eq(keys.keys[0].id, "k2");
    ck_assert_uint_eq(keys.keys[0].bytes[31], 0x1f);
    ck_assert_int_eq(load("", &keys), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(load("k1\n", &keys), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(load("k1 abcd\n", &keys), ERR_VALIDATION_FAILED);      /* too short */
    ck_assert_int_eq(load("k1 " HEX "00\n", &keys), ERR_VALIDATION_FAILED); /* too long */
    ck_assert_int_eq(token_keys_load("/nowhere/keys", "echomeet", &keys), ERR_UNAVAILABLE);
}
END_TEST

CHECK_MAIN("token", test_token_sign_and_verify, test_token_every_changed_byte_is_noticed,
           test_token_other_algorithms_are_refused, test_token_wrong_claims_are_refused, test_token_rubbish_is_refused,
           test_token_older_keys_are_accepted_and_the_first_signs, test_token_memory_knows_a_token_until_it_expires,
           test_token_memory_keeps_nothing_that_was_refused, test_token_memory_tells_many_tokens_apart,
           test_token_keys_are_read_from_a_file)
