/* core/turn.h: what coturn checks (use-auth-secret) is what we make. The expected values come from
 * `printf NAME | openssl dgst -sha1 -hmac SECRET -binary | base64`. */
#include <string.h>
#include <unistd.h>

#include "core/turn.h"
#include "tests/check_main.h"

START_TEST(test_turn_credential_is_the_hmac_of_the_name)
{
    struct turn_credential c;
    ck_assert_int_eq(turn_sign("north wind", 7, 1800000000, &c), ERR_OK);
    ck_assert_str_eq(c.username, "1800000000:7");
    ck_assert_str_eq(c.credential, "8uZotwvpiSIkzPx2reF3USZZ4MI=");
    ck_assert_int_eq(turn_sign("north wind", 8, 1800000000, &c), ERR_OK);
    ck_assert_str_ne(c.credential, "8uZotwvpiSIkzPx2reF3USZZ4MI=");
    ck_assert_int_eq(turn_sign("north wind", INT64_MAX, INT64_MAX, &c), ERR_OK);
    ck_assert_str_eq(c.username, "9223372036854775807:9223372036854775807");
}
END_TEST

static enum err load(const char *text, char *secret)
{
    char path[] = "/tmp/em-turn-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    enum err e = turn_secret_load(path, secret);
    unlink(path);
    return e;
}

START_TEST(test_turn_secret_is_the_first_line)
{
    char secret[TURN_SECRET_MAX + 1] = "", longest[TURN_SECRET_MAX + 2];
    ck_assert_int_eq(load("north wind\nsouth wind\n", secret), ERR_OK);
    ck_assert_str_eq(secret, "north wind");
    ck_assert_int_eq(load("no end of line", secret), ERR_OK);
    ck_assert_str_eq(secret, "no end of line");
    memset(longest, 'x', sizeof longest);
    longest[TURN_SECRET_MAX] = '\0';
    ck_assert_int_eq(load(longest, secret), ERR_OK);
    ck_assert_uint_eq(strlen(secret), TURN_SECRET_MAX);
    longest[TURN_SECRET_MAX] = 'x';
    longest[TURN_SECRET_MAX + 1] = 0;
    ck_assert_int_eq(load(longest, secret), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(load("", secret), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(load("\nsecond line\n", secret), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(turn_secret_load("/nowhere/secret", secret), ERR_UNAVAILABLE);
    ck_assert_uint_eq(strlen(secret), TURN_SECRET_MAX); /* untouched by what failed */
}
END_TEST

CHECK_MAIN("turn", test_turn_credential_is_the_hmac_of_the_name, test_turn_secret_is_the_first_line)
