/* JSON without building anything: what is JSON, what is not, and how members are found. */
#include <stdlib.h>
#include <string.h>

#include "core/skim.h"
#include "tests/check_main.h"

/* Checks a copy that ends where the text ends, so that a read beyond it is noticed. */
static bool check(const char *text, size_t len, int depth)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    bool ok = skim_check(copy, len, depth);
    free(copy);
    return ok;
}

START_TEST(test_skim_takes_json)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        " { } ",
        "\t[\n]\r",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1.5e+10",
        "1E3",
        "\"\"",
        "\"\\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"caf\xc3\xa9\"",
        "{\"a\":1,\"b\":[1,2,{\"c\":null}],\"a\":2}",
        "[[],[[]]]",
        "\"\x7f\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(check(texts[i], strlen(texts[i]), 16), "%s", texts[i]);
}
END_TEST

START_TEST(test_skim_takes_surrogates_in_pairs)
{
    static const char *const texts[] = {"\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\\ud83d\\ude00\"", "\"\\ue000\\ud7ff\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(check(texts[i], strlen(texts[i]), 16), "%s", texts[i]);
}
END_TEST

START_TEST(test_skim_refuses_what_is_no_json)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "{}{}",
        "[] x",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "nul",
        "nulll",
        "True",
        "01",
        "+1",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\t\"",
        "\"a\" \"b\"",
        "// x\n1",
        "\"\\ud800\"",
        "\"\\udfff\"",
        "\"\\uD800x\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\\ud83d\"",
        "{\"\\udc00\":1}",
        "{\"a\":1 \"b\":2}",
        "[1,,2]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!check(texts[i], strlen(texts[i]), 16), "%s", texts[i]);
    ck_assert(!check("{}\0", 3, 16));
    ck_assert(!check("\"\\\0\"", 4, 16));
}
END_TEST

START_TEST(test_skim_refuses_texts_that_are_cut_off)
{
    static const char text[] = "{\"id\":17,\"type\":\"a\\u0041\",\"data\":{\"x\":[true,false,null,-1.5e3]}}";
    for (size_t n = 0; n < sizeof text - 1; n++)
        ck_assert(!check(text, n, 16));
    ck_assert(check(text, sizeof text - 1, 16));
}
END_TEST

START_TEST(test_skim_limits_depth)
{
    ck_assert(check("[[[1]]]", 7, 3));
    ck_assert(!check("[[[1]]]", 7, 2));
    ck_assert(!check("{\"a\":[{}]}", 10, 2));
    ck_assert(check("1", 1, 0));
}
END_TEST

static bool members(const char *text, struct slice values[3])
{
    static const char *const names[] = {"id", "type", "data"};
    ck_assert(skim_check(text, strlen(text), 16));
    return skim_members((struct slice){text, strlen(text)}, names, values, 3);
}

static bool is(struct slice s, const char *text)
{
    return s.at && s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

START_TEST(test_skim_walks_over_members)
{
    static const char text[] = " { \"a\" : [ 1 , 2 ] , \"b\\\"\":{} ,\"\":null } ";
    static const char *const names[] = {"a", "b\\\"", ""}, *const values[] = {"[ 1 , 2 ]", "{}", "null"};
    struct skim_items members = skim_walk((struct slice){text, strlen(text)});
    struct slice name, value;
    int n = 0;
    for (; skim_next_member(&members, &name, &value); n++)
        ck_assert(is(name, names[n]) && is(value, values[n]));
    ck_assert_int_eq(n, 3);
    members = skim_walk((struct slice){"[1]", 3});
    ck_assert(!skim_next_member(&members, &name, &value));
    members = skim_walk((struct slice){"{}", 2});
    ck_assert(!skim_next_member(&members, &name, &value));
}
END_TEST

START_TEST(test_skim_finds_members)
{
    struct slice v[3];
    ck_assert(members(" { \"x\" : {\"id\":1} , \"data\" : { \"a\" : [ 1 ] } , \"id\":7,\"type\" :\"ping\" } ", v));
    ck_assert(is(v[0], "7"));
    ck_assert(is(v[1], "\"ping\""));
    ck_assert(is(v[2], "{ \"a\" : [ 1 ] }"));
    ck_assert(members("{\"ide\":1,\"i\":2}", v));
    ck_assert_ptr_null(v[0].at);
    ck_assert(members("{}", v));
}
END_TEST

START_TEST(test_skim_refuses_members_of_what_is_no_object_and_doubles)
{
    struct slice v[3];
    ck_assert(!members("[1]", v));
    ck_assert(!members("\"id\"", v));
    ck_assert(!members("17", v));
    ck_assert(!members("{\"id\":1,\"id\":2}", v));
}
END_TEST

START_TEST(test_skim_reads_whole_numbers)
{
    static const char *const bad[] = {"-1",    "1.0",  "1e3", "9007199254740992", "99999999999999999999",
                                      "\"7\"", "null", "{}"};
    int64_t n = -1;
    ck_assert(skim_int((struct slice){"0", 1}, &n) && n == 0);
    ck_assert(skim_int((struct slice){"9007199254740991", 16}, &n) && n == 9007199254740991);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert(!skim_int((struct slice){bad[i], strlen(bad[i])}, &n));
}
END_TEST

START_TEST(test_skim_reads_plain_strings)
{
    struct slice s;
    ck_assert(skim_plain((struct slice){"\"ab\"", 4}, &s) && is(s, "ab"));
    ck_assert(!skim_plain((struct slice){"\"a\\n\"", 5}, &s));
    ck_assert(!skim_plain((struct slice){"17", 2}, &s));
    ck_assert(skim_is((struct slice){"\"ab\"", 4}, "ab"));
    ck_assert(!skim_is((struct slice){"\"ab\"", 4}, "a"));
    ck_assert(!skim_is((struct slice){"17", 2}, "17"));
    ck_assert(!skim_is((struct slice){NULL, 0}, ""));
}
END_TEST

START_TEST(test_skim_decodes_strings)
{
    static const char *const pairs[][2] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"v=0\\r\\na=\\\"b\\\"\\/\\\\\\t\\b\\f\"", "v=0\r\na=\"b\"/\\\t\b\f"},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    };
    static const char *const bad[] = {"17", "{}", "null", "\"a\\u0000b\""};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct slice s = {pairs[i][0], strlen(pairs[i][0])};
        buf_clear(&out);
        ck_assert(check(s.at, s.len, 16) && skim_text(s, &out));
        ck_assert_str_eq(out.data ? out.data : "", pairs[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!skim_text((struct slice){bad[i], strlen(bad[i])}, &out), "%s", bad[i]);
    buf_free(&out);
}
END_TEST

static int items_of(const char *text, struct slice found[8])
{
    int n = 0;
    struct skim_items items = skim_items((struct slice){text, strlen(text)});
    while (n < 8 && skim_next(&items, &found[n]))
        n++;
    return n;
}

START_TEST(test_skim_walks_over_arrays)
{
    struct slice v[8];
    ck_assert_int_eq(items_of("[]", v), 0);
    ck_assert_int_eq(items_of("[ ]", v), 0);
    ck_assert_int_eq(items_of("{\"a\":[1]}", v), 0);
    ck_assert_int_eq(items_of("7", v), 0);
    ck_assert_int_eq(items_of("[ [1,2] , {\"a\":[3]},\"]\" ,4]", v), 4);
    ck_assert(is(v[0], "[1,2]") && is(v[1], "{\"a\":[3]}") && is(v[2], "\"]\"") && is(v[3], "4"));
}
END_TEST

CHECK_MAIN("skim", test_skim_takes_json, test_skim_takes_surrogates_in_pairs, test_skim_refuses_what_is_no_json,
           test_skim_refuses_texts_that_are_cut_off, test_skim_limits_depth, test_skim_walks_over_members,
           test_skim_finds_members, test_skim_refuses_members_of_what_is_no_object_and_doubles,
           test_skim_reads_whole_numbers, test_skim_reads_plain_strings, test_skim_decodes_strings,
           test_skim_walks_over_arrays)
