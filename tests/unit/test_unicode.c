/* core/unicode.h */
#include <string.h>

#include "core/unicode.h"
#include "tests/check_main.h"

struct pair {
    const char *in, *out;
};

static struct arena *arena;

START_TEST(test_unicode_trim_cuts_white_space_of_every_kind)
{
    arena = arena_new();
    static const struct pair pairs[] = {
        {"  a b \n", "a b"},
        {"　计 划　", "计 划"}, /* U+3000 */
        {"\u00a0\u2003x\u202f\u2029", "x"},
        {"\u2800x\u2800", "x"},
        {"\u3000\u00a0 ", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_str_eq(unicode_trim(arena_strdup(arena, pairs[i].in)), pairs[i].out);
    arena_free(&arena);
}
END_TEST

START_TEST(test_unicode_names_lose_what_nobody_sees)
{
    arena = arena_new();
    static const struct pair pairs[] = {
        {"Ana\u202e)host(", "Ana)host("}, /* right-to-left override */
        {"\u2066Ana\u2069\u200e", "Ana"}, /* isolates, mark */
        {"A\u200bn\u00ada\ufeff", "Ana"}, /* zero-width space, soft hyphen, byte order mark */
        {"A\u200d\u200cna", "Ana"},       /* joiners do nothing in Latin */
        {"\u3164\u115f\uffa0", ""},       /* fillers */
        {"a\ufe0f\U000e0101", "a"},       /* variations of what has none */
        {"a\U000e0068\U000e0069", "a"},   /* hidden letters */
        {"\ufff9a\ufffab\ufffb", "ab"},   {" \u200b Ana \u200b ", "Ana"}, {"e\u0301", "\u00e9"},
        {"e\u200b\u0301", "\u00e9"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_str_eq(unicode_name(arena, pairs[i].in), pairs[i].out);
    arena_free(&arena);
}
END_TEST

START_TEST(test_unicode_names_keep_what_scripts_and_emoji_need)
{
    arena = arena_new();
    static const char *const names[] = {
        "می\u200cخواهم", /* Persian */
        "ക്\u200d",       /* Malayalam */
        "ශ්\u200dරී",      /* Sinhala */
        "র\u200d্যাব",    /* Bengali */
        "👨\u200d👩\u200d👧",
        "👩🏽\u200d💻",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f",
        "1\ufe0f\u20e3",                                                    /* emoji */
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", /* England's flag */
        "葛\U000e0100城",                                                   /* a form of a letter, as in family names */
        "🇨🇳",
        "محمد",
        "Nguyễn",
        "שָׁלוֹם",
        "ผู้ใหญ่",
        "O’Neil-Smith",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_str_eq(unicode_name(arena, names[i]), names[i]);
    arena_free(&arena);
}
END_TEST

START_TEST(test_unicode_knows_what_shows_nothing)
{
    static const char *const blank[] = {"",       " ",      "\u3000\u00a0", "\u200b\u200d", "\u2800",
                                        "\u3164", "\u00ad", "\ufe0f",       "\u202e",       "\u0301\u0301"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        ck_assert_msg(unicode_is_blank(blank[i]), "%zu", i);
    ck_assert(!unicode_is_blank(" 1 ") && !unicode_is_blank("।") && !unicode_is_blank("👍"));
}
END_TEST

START_TEST(test_unicode_finds_what_is_hidden)
{
    static const char *const hidden[] = {" a", "a ", "a\u3000", "a\u200bb", "\ufeffa", "a\u00ad"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        ck_assert_msg(unicode_has_hidden(hidden[i]), "%zu", i);
    ck_assert(!unicode_has_hidden("'; --") && !unicode_has_hidden("😀") && !unicode_has_hidden(""));
}
END_TEST

START_TEST(test_unicode_counts_the_marks_on_one_character)
{
    ck_assert_uint_eq(unicode_most_marks("abc"), 0);
    ck_assert_uint_eq(unicode_most_marks("x\u0301\u0302y\u0303"), 2);
    ck_assert_uint_eq(unicode_most_marks("x\u0301\u034f\u0302"), 2); /* a joiner between them makes no new character */
}
END_TEST

CHECK_MAIN("unicode", test_unicode_trim_cuts_white_space_of_every_kind, test_unicode_names_lose_what_nobody_sees,
           test_unicode_names_keep_what_scripts_and_emoji_need, test_unicode_knows_what_shows_nothing,
           test_unicode_finds_what_is_hidden, test_unicode_counts_the_marks_on_one_character)
