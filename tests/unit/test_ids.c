/* core/ids.h, core/random.h */
#include <sodium.h>
#include <string.h>

#include "core/ids.h"
#include "tests/check_main.h"

START_TEST(test_ids_code_has_six_letters_of_the_alphabet)
{
    struct random random = random_system();
    int seen[256] = {0};
    ck_assert_int_ge(sodium_init(), 0);
    for (int i = 0; i < 20000; i++) {
        char code[LIMIT_CODE_CHARS + 1];
        ids_meeting_code(&random, code);
        ck_assert_uint_eq(strlen(code), LIMIT_CODE_CHARS);
        ck_assert_uint_eq(strspn(code, IDS_CODE_ALPHABET), LIMIT_CODE_CHARS);
        ck_assert_uint_lt(strspn(code, "0123456789"), LIMIT_CODE_CHARS);
        for (const char *p = code; *p; p++)
            seen[(unsigned char)*p]++;
    }
    /* 120,000 letters over 23: some 5,200 each; a letter that is left out or favoured stands out */
    for (const char *p = IDS_CODE_ALPHABET; *p; p++) {
        ck_assert_int_gt(seen[(unsigned char)*p], 4700);
        ck_assert_int_lt(seen[(unsigned char)*p], 5800);
    }
}
END_TEST

START_TEST(test_ids_alphabet_has_no_look_alikes)
{
    ck_assert_ptr_null(strpbrk(IDS_CODE_ALPHABET, "0O1IL2Z5S8BUV"));
}
END_TEST

START_TEST(test_ids_code_takes_no_byte_that_would_favour_a_letter)
{
    /* 23 letters: 253 is the bound; 255, 254 and 253 are skipped */
    const unsigned char script[] = {255, 254, 253, 22, 21, 20, 19, 18, 17};
    struct random random = random_script(script, sizeof script);
    char code[LIMIT_CODE_CHARS + 1];
    ids_meeting_code(&random, code);
    ck_assert_str_eq(code, "YXWTRQ");
}
END_TEST

START_TEST(test_ids_code_of_digits_alone_is_drawn_again)
{
    const unsigned char script[] = {0, 1, 2, 3, 4, 0, 5, 6, 7, 8, 9, 10};
    struct random random = random_script(script, sizeof script);
    char code[LIMIT_CODE_CHARS + 1];
    ids_meeting_code(&random, code);
    ck_assert_str_eq(code, "ACDEFG");
}
END_TEST

START_TEST(test_ids_read_code_forgives_case_blanks_and_dashes)
{
    char code[LIMIT_CODE_CHARS + 1] = "unset!";
    ck_assert(ids_read_code("k7-qxm p", code) == false || strlen(code) == 6);
    ck_assert(ids_read_code("k7q-xmp", code));
    ck_assert_str_eq(code, "K7QXMP");
    ck_assert(ids_read_code(" K7Q XMP ", code));
    const char *const bad[] = {"", "K7QXM", "K7QXMPP", "K0QXMP", "K7QXM!", "Ä7QXMP", "------"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!ids_read_code(bad[i], code), "'%s'", bad[i]);
    ck_assert_str_eq(code, "K7QXMP"); /* untouched on failure */
}
END_TEST

START_TEST(test_ids_request_id_from_outside_is_looked_at)
{
    struct random random = random_system();
    char id[IDS_REQUEST_CHARS + 1];
    ids_request(&random, id);
    ck_assert(ids_request_ok(id));
    ck_assert(ids_request_ok("3f2a-77.b_C9"));
    ck_assert(!ids_request_ok("short"));
    ck_assert(!ids_request_ok("with blank here"));
    ck_assert(!ids_request_ok("line\nend-in-it"));
    ck_assert(!ids_request_ok("0123456789012345678901234567890123456789012345678901234567890123456"));
}
END_TEST

CHECK_MAIN("ids", test_ids_code_has_six_letters_of_the_alphabet, test_ids_alphabet_has_no_look_alikes,
           test_ids_code_takes_no_byte_that_would_favour_a_letter, test_ids_code_of_digits_alone_is_drawn_again,
           test_ids_read_code_forgives_case_blanks_and_dashes, test_ids_request_id_from_outside_is_looked_at)
