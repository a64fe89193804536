/* core/text.h, core/clock.h, core/json.h, core/err.h */
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/text.h"
#include "tests/check_main.h"

START_TEST(test_text_utf8_follows_rfc_3629)
{
    const char *const good[] = {
        "", "plain", "é", "王芳", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"};
    const char *const bad[] = {
        "\x80",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x80\xaf",     "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "a\xc3",        "\xe7\x8e",         "\xf0\x9f\x98",     "\xc3\x28"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(text_is_utf8(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!text_is_utf8(bad[i], strlen(bad[i])), "bad %zu", i);
}
END_TEST

START_TEST(test_text_counts_characters_not_bytes)
{
    ck_assert_uint_eq(text_chars(""), 0);
    ck_assert_uint_eq(text_chars("abc"), 3);
    ck_assert_uint_eq(text_chars("王芳"), 2);
    ck_assert_uint_eq(text_chars("\xf0\x9f\x98\x80"), 1);
}
END_TEST

START_TEST(test_text_drops_what_is_no_whole_character)
{
    char text[] = "a\xc3\xa9\xe4\xbd\xff\xf0\x9f\x98";
    text_drop_broken(text);
    ck_assert_str_eq(text, "a\xc3\xa9");
}
END_TEST

START_TEST(test_text_finds_control_characters)
{
    ck_assert(!text_has_control("plain 王", false));
    ck_assert(text_has_control("a\nb", false));
    ck_assert(!text_has_control("a\nb\tc\r", true));
    ck_assert(text_has_control("a\x01", true));
    ck_assert(text_has_control("a\x7f", true));
    ck_assert(text_has_control("\xc2\x85", true));                                         /* U+0085 */
    ck_assert(!text_has_control("\xc2\xa0", true));                                        /* U+00A0 is a blank */
    ck_assert(text_has_control("a\u2028b", false) && text_has_control("a\u2029b", false)); /* they end a line */
    ck_assert(!text_has_control("a\u2028b", true) && !text_has_control("a\u2027b", false));
}
END_TEST

START_TEST(test_text_to_int_takes_whole_numbers_only)
{
    int64_t v = -1;
    ck_assert(text_to_int("0", &v) && v == 0);
    ck_assert(text_to_int("9223372036854775807", &v) && v == INT64_MAX);
    const char *const bad[] = {"",  " 1", "1 ", "+1", "-1", "1.0", "0x1", "9223372036854775808", "99999999999999999999",
                               "1a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!text_to_int(bad[i], &v), "'%s'", bad[i]);
}
END_TEST

START_TEST(test_text_trim_cuts_blanks_around)
{
    char text[] = "  a b \n", blank[] = "   ";
    ck_assert_str_eq(text_trim(text), "a b");
    ck_assert_str_eq(text_trim(blank), "");
}
END_TEST

START_TEST(test_time_is_written_and_read_back)
{
    char text[TIME_TEXT_SIZE];
    time_format(1769853599999, text);
    ck_assert_str_eq(text, "2026-01-31T09:59:59.999Z");
    const int64_t times[] = {0, 1, 999, 951782400000 /* 2000-02-29 */, 4102444799999};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t back = -1;
        time_format(times[i], text);
        ck_assert_int_eq(time_parse(text, &back), ERR_OK);
        ck_assert_int_eq(back, times[i]);
    }
}
END_TEST

START_TEST(test_time_parts_are_those_of_the_library)
{
    const int64_t day_s = 24 * 3600, last_s = INT64_C(253402300799);
    for (int64_t s = -40 * 366 * day_s; s <= last_s; s += 3 * day_s + 12345) {
        time_t seconds = (time_t)s;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        struct time_parts t = time_to_parts(s * 1000 + 7);
        bool same = t.year == tm.tm_year + 1900 && t.month == tm.tm_mon + 1 && t.day == tm.tm_mday &&
                    t.hour == tm.tm_hour && t.minute == tm.tm_min && t.second == tm.tm_sec && t.ms == 7 &&
                    time_from_parts(&t) == s * 1000 + 7;
        if (!same) /* an assertion each would take most of the time */
            ck_abort_msg("at %lld", (long long)s);
    }
    struct time_parts first = time_to_parts(-1), leap = time_to_parts(INT64_C(951782400000));
    ck_assert(first.year == 1969 && first.month == 12 && first.day == 31 && first.second == 59 && first.ms == 999);
    ck_assert(leap.year == 2000 && leap.month == 2 && leap.day == 29);
}
END_TEST

START_TEST(test_time_parse_knows_offsets_and_fractions)
{
    int64_t a, b;
    ck_assert_int_eq(time_parse("2026-01-31T10:00:00+08:00", &a), ERR_OK);
    ck_assert_int_eq(time_parse("2026-01-31T02:00:00Z", &b), ERR_OK);
    ck_assert_int_eq(a, b);
    ck_assert_int_eq(time_parse("2026-01-30t21:00:00.5-05:00", &a), ERR_OK);
    ck_assert_int_eq(a, b + 500);
    ck_assert_int_eq(time_parse("2026-01-31T02:00:00.1234567Z", &a), ERR_OK);
    ck_assert_int_eq(a, b + 123);
}
END_TEST

START_TEST(test_time_parse_refuses_anything_else)
{
    const char *const bad[] = {"",
                               "tomorrow",
                               "2026-01-31",
                               "2026-01-31 10:00:00Z",
                               "2026-01-31T10:00:00",
                               "2026-02-29T10:00:00Z",
                               "2026-13-01T00:00:00Z",
                               "2026-00-01T00:00:00Z",
                               "2026-01-32T00:00:00Z",
                               "2026-01-31T24:00:00Z",
                               "2026-01-31T10:60:00Z",
                               "2026-01-31T10:00:60Z",
                               "2026-01-31T10:00:00.Z",
                               "2026-01-31T10:00:00+24:00",
                               "2026-01-31T10:00:00Zx",
                               "26-01-31T10:00:00Z",
                               "1969-12-31T23:59:59Z",
                               "2026-1-31T10:00:00Z",
                               "9999-12-31T23:59:59-01:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t = 42;
        ck_assert_msg(time_parse(bad[i], &t) == ERR_VALIDATION_FAILED && t == 42, "'%s'", bad[i]);
    }
}
END_TEST

START_TEST(test_json_escapes_and_puts_commas)
{
    struct buf b = {0};
    struct json j = json_to(&b);
    json_object(&j, NULL);
    json_str(&j, "s",
             "a\"b\\c\n\t\x01\x7f"
             "王");
    json_int(&j, "i", INT64_MIN);
    json_int(&j, "j", INT64_MAX);
    json_int(&j, "k", 0);
    json_int(&j, "l", -10);
    json_array(&j, "a");
    json_bool(&j, NULL, true);
    json_null(&j, NULL);
    json_object(&j, NULL);
    json_object_end(&j);
    json_array_end(&j);
    json_str(&j, "n", NULL);
    json_time(&j, "t", 0);
    json_raw(&j, "r", "{\"x\":1}");
    json_object_end(&j);
    ck_assert_str_eq(b.data, "{\"s\":\"a\\\"b\\\\c\\n\\t\\u0001\\u007f王\",\"i\":-9223372036854775808,"
                             "\"j\":9223372036854775807,\"k\":0,\"l\":-10,\"a\":[true,null,{}],"
                             "\"n\":null,\"t\":null,\"r\":{\"x\":1}}");
    buf_free(&b);
}
END_TEST

START_TEST(test_text_choices_have_places_from_one)
{
    static const char choices[] = "hand_over|lock|end";
    struct arena *arena = arena_new();
    ck_assert_int_eq(text_choice_place(choices, "hand_over"), 1);
    ck_assert_int_eq(text_choice_place(choices, "end"), 3);
    const char *const none[] = {"", "hand", "loc", "ends", "lock|end", "|"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_int_eq(text_choice_place(choices, none[i]), 0);
    ck_assert_str_eq(text_choice(arena, choices, 1), "hand_over");
    ck_assert_str_eq(text_choice(arena, choices, 2), "lock");
    ck_assert_str_eq(text_choice(arena, choices, 3), "end");
    arena_free(&arena);
}
END_TEST

START_TEST(test_err_every_code_is_complete_and_found_again)
{
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        ck_assert_int_ge(err_status((enum err)e), 400);
        ck_assert_int_lt(err_status((enum err)e), 600);
        ck_assert_uint_gt(strlen(err_title((enum err)e)), 0);
        enum err found = err_by_code(err_code((enum err)e));
        ck_assert_str_eq(err_code(found), err_code((enum err)e));
        ck_assert_int_eq(err_status(found), err_status((enum err)e));
    }
    ck_assert_int_eq(err_by_code("no_such_code"), ERR_INTERNAL);
    ck_assert_int_eq(err_status(ERR_OK), 200);
}
END_TEST

CHECK_MAIN("text", test_text_utf8_follows_rfc_3629, test_text_counts_characters_not_bytes,
           test_text_drops_what_is_no_whole_character, test_text_finds_control_characters,
           test_text_to_int_takes_whole_numbers_only, test_text_trim_cuts_blanks_around,
           test_text_choices_have_places_from_one, test_time_is_written_and_read_back,
           test_time_parts_are_those_of_the_library, test_time_parse_knows_offsets_and_fractions,
           test_time_parse_refuses_anything_else, test_json_escapes_and_puts_commas,
           test_err_every_code_is_complete_and_found_again)
