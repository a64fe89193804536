/* http/fields.h, http/url.h, http/router.h */
#include <stdio.h>
#include <string.h>

#include "http/fields.h"
#include "http/router.h"
#include "http/url.h"
#include "tests/check_main.h"

struct input {
    struct in_text name, label, note, secret, kind, tag;
    struct in_int count, when, choice;
    struct in_bool flag;
};

static const struct field fields[] = {
    {"name", FIELD_TEXT, offsetof(struct input, name), REQUIRED, false, 1, 5, NULL},
    {"label", FIELD_NAME, offsetof(struct input, label), OPTIONAL, false, 1, 5, NULL},
    {"tag", FIELD_ID, offsetof(struct input, tag), OPTIONAL, false, 1, 5, NULL},
    {"note", FIELD_LINES, offsetof(struct input, note), OPTIONAL, false, 0, 20, NULL},
    {"secret", FIELD_EXACT, offsetof(struct input, secret), OPTIONAL, true, 1, 10, NULL},
    {"kind", FIELD_TEXT, offsetof(struct input, kind), OPTIONAL, false, 1, 10, "one|two"},
    {"choice", FIELD_CHOICE, offsetof(struct input, choice), OPTIONAL, false, 0, 0, "one|two"},
    {"count", FIELD_INT, offsetof(struct input, count), OPTIONAL, false, 1, 10, NULL},
    {"when", FIELD_TIME, offsetof(struct input, when), OPTIONAL, false, 0, 0, NULL},
    {"flag", FIELD_BOOL, offsetof(struct input, flag), OPTIONAL, false, 0, 0, NULL},
    {"any", FIELD_IGNORED, 0, OPTIONAL, false, 0, 0, NULL},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static struct arena *arena;
static struct input in;
static struct fault fault;

static enum err json(const char *text)
{
    memset(&in, 0, sizeof in);
    memset(&fault, 0, sizeof fault);
    return fields_from_json(fields, FIELDS, text, strlen(text), arena, &in, &fault);
}

static enum err query(const char *text)
{
    memset(&in, 0, sizeof in);
    memset(&fault, 0, sizeof fault);
    return fields_from_query(fields, FIELDS, text, arena, &in, &fault);
}

START_TEST(test_fields_take_names_as_people_see_them)
{
    arena = arena_new();
    ck_assert_int_eq(json("{\"name\":\"\u3000x\u00a0\",\"label\":\"\u3000A\u202ee\u0301 \",\"tag\":\"a b\"}"), ERR_OK);
    ck_assert_str_eq(in.name.value, "x");
    ck_assert_str_eq(in.label.value, "A\u00e9");
    ck_assert_str_eq(in.tag.value, "a b");
    static const char *const bad[] = {
        "\u3000",  "\u200b", "\u202e\u202c", "\u0301", "a\u0301\u0302\u0303\u0301\u0302\u0303\u0301\u0302\u0303\u0301",
        "a\u2028b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"label\":\"%s\"}", bad[i]);
        ck_assert_msg(json(text) == ERR_VALIDATION_FAILED && strcmp(fault.field, "label") == 0, "%zu", i);
    }
    static const char *const bad_tags[] = {" a", "a ", "a\u3000", "a\u200b", "\ufeffa"};
    for (size_t i = 0; i < sizeof bad_tags / sizeof *bad_tags; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"tag\":\"%s\"}", bad_tags[i]);
        ck_assert_msg(json(text) == ERR_VALIDATION_FAILED && strcmp(fault.field, "tag") == 0, "%zu", i);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(test_fields_fill_a_struct_from_json)
{
    arena = arena_new();
    ck_assert_int_eq(
        json(
            " {\"name\":\" 王芳 \",\"note\":\"a\\nb\",\"secret\":\" x \",\"kind\":\"two\",\"choice\":\" two\",\"count\":10,"
            "\"when\":\"1970-01-01T00:00:01Z\",\"flag\":true,\"any\":{\"x\":[1]}} \n"),
        ERR_OK);
    ck_assert_str_eq(in.name.value, "王芳");
    ck_assert_str_eq(in.note.value, "a\nb");
    ck_assert_str_eq(in.secret.value, " x ");
    ck_assert_str_eq(in.kind.value, "two");
    ck_assert(in.choice.given && in.choice.value == 2);
    ck_assert_int_eq(in.count.value, 10);
    ck_assert_int_eq(in.when.value, 1000);
    ck_assert(in.flag.given && in.flag.value);
    ck_assert_int_eq(json("{\"name\":\"a\",\"secret\":null}"), ERR_OK);
    ck_assert(in.secret.null && !in.secret.given && !in.secret.value);
    ck_assert(!in.count.given && !in.flag.given && !in.note.given);
    arena_free(&arena);
}
END_TEST

START_TEST(test_fields_name_the_one_at_fault)
{
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"{}", "name"},
        {"", "name"},
        {"{\"name\":\"\"}", "name"},
        {"{\"name\":\"   \"}", "name"},
        {"{\"name\":\"abcdef\"}", "name"},
        {"{\"name\":1}", "name"},
        {"{\"name\":null}", "name"},
        {"{\"name\":\"a\\nb\"}", "name"},
        {"{\"name\":\"a\\u0000b\"}", "name"},
        {"{\"name\":[\"a\"]}", "name"},
        {"{\"name\":\"a\",\"note\":\"\\u0007\"}", "note"},
        {"{\"name\":\"a\",\"kind\":\"three\"}", "kind"},
        {"{\"name\":\"a\",\"choice\":\"three\"}", "choice"},
        {"{\"name\":\"a\",\"choice\":2}", "choice"},
        {"{\"name\":\"a\",\"kind\":\"on\"}", "kind"},
        {"{\"name\":\"a\",\"kind\":\"one|two\"}", "kind"},
        {"{\"name\":\"a\",\"when\":\"1970-01-01T00:00:00Z\"}", "when"},
        {"{\"name\":\"a\",\"count\":0}", "count"},
        {"{\"name\":\"a\",\"count\":11}", "count"},
        {"{\"name\":\"a\",\"count\":-1}", "count"},
        {"{\"name\":\"a\",\"count\":1.5}", "count"},
        {"{\"name\":\"a\",\"count\":1.0}", "count"},
        {"{\"name\":\"a\",\"count\":1e1}", "count"},
        {"{\"name\":\"a\",\"count\":\"1\"}", "count"},
        {"{\"name\":\"a\",\"count\":99999999999999999999}", "count"},
        {"{\"name\":\"a\",\"count\":true}", "count"},
        {"{\"name\":\"a\",\"when\":\"soon\"}", "when"},
        {"{\"name\":\"a\",\"when\":5}", "when"},
        {"{\"name\":\"a\",\"flag\":\"true\"}", "flag"},
        {"{\"name\":\"a\",\"flag\":1}", "flag"},
        {"{\"name\":\"a\",\"flag\":null}", "flag"},
        {"{\"name\":\"a\",\"other\":1}", "other"},
        {"{\"Name\":\"a\"}", "Name"},
    };
    arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(json(cases[i].text) == ERR_VALIDATION_FAILED, "%s", cases[i].text);
        ck_assert_str_eq(fault.field, cases[i].field);
        ck_assert_msg(strstr(fault.detail, cases[i].field) != NULL, "%s: %s", cases[i].text, fault.detail);
    }
    ck_assert_int_eq(json("{\"name\":\"a\",\"name\":\"b\"}"), ERR_VALIDATION_FAILED); /* twice */
    ck_assert_int_eq(json("{\"name\":\"a\",\"\\u006eame\":\"a\"}"), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(json("{\"name\":\"a,{\", \"note\":\"\\\",\"}"), ERR_OK);
    ck_assert_int_eq(json("[]"), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(json("\"name\""), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(json("null"), ERR_VALIDATION_FAILED);
    arena_free(&arena);
}
END_TEST

START_TEST(test_fields_refuse_what_is_no_json)
{
    const char *const bad[] = {"{",
                               "}",
                               "{\"name\"}",
                               "{\"name\":}",
                               "{\"name\":\"a\"}}",
                               "{\"name\":\"a\"} x",
                               "{'name':'a'}",
                               "{name:\"a\"}",
                               "{\"name\":\"a\",}",
                               "{\"name\":\"a\\x\"}",
                               "{\"name\":\"\xff\"}",
                               "{\"name\":\"a\" \"note\":\"b\"}",
                               "nul",
                               "{\"name\":\"a\nb\"}",
                               "{\"count\":NaN}",
                               "{\"count\":1.}",
                               "{\"any\":{\"x\":\"\t\"}}",
                               "\xef\xbb\xbf{}",
                               "{\"name\":\"\xc0\xaf\"}",
                               "{\"name\":\"\xed\xa0\x80\"}",
                               "{\"name\":\"\xf4\x90\x80\x80\"}",
                               "{\"name\":\"a\nb\"}",
                               "{\"count\":NaN}",
                               "{\"count\":-Infinity}",
                               "{\"count\":1.}",
                               "{\"count\":01}",
                               "/* c */{}",
                               "{\"any\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}"};
    arena = arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(json(bad[i]) == ERR_MALFORMED_JSON, "%zu: %s", i, bad[i]);
    arena_free(&arena);
}
END_TEST

START_TEST(test_fields_fill_a_struct_from_a_query)
{
    arena = arena_new();
    ck_assert_int_eq(query("name=a%20b+c&count=3&flag=false&when=2026-01-31T10%3A00%3A00Z"), ERR_OK);
    ck_assert_str_eq(in.name.value, "a b c");
    ck_assert_int_eq(in.count.value, 3);
    ck_assert(in.flag.given && !in.flag.value);
    ck_assert_int_eq(query("name=a&"), ERR_OK);
    ck_assert_int_eq(query("count=3"), ERR_VALIDATION_FAILED);
    ck_assert_str_eq(fault.field, "name");
    ck_assert_int_eq(query("name=a&name=b"), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(query("name=a&count=x"), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(query("name=a&flag=1"), ERR_VALIDATION_FAILED);
    ck_assert_int_eq(query("name=a&nope=1"), ERR_VALIDATION_FAILED);
    ck_assert_str_eq(fault.field, "nope");
    ck_assert_int_eq(query("name=%zz"), ERR_BAD_REQUEST);
    ck_assert_int_eq(query("name=%"), ERR_BAD_REQUEST);
    ck_assert_int_eq(query("name=%4"), ERR_BAD_REQUEST);
    ck_assert_int_eq(query("name=%00"), ERR_BAD_REQUEST);
    ck_assert_int_eq(query("name=%ff"), ERR_BAD_REQUEST);
    arena_free(&arena);
}
END_TEST

static const struct route table[] = {
    {"GET", "/a", ACCESS_ANYBODY, 0, NULL},
    {"POST", "/a", ACCESS_ANYBODY, 0, NULL},
    {"GET", "/a/:id", ACCESS_ANYBODY, 0, NULL},
    {"GET", "/a/:id/b/:other", ACCESS_ANYBODY, 0, NULL},
};

static enum err route(const char *method, const char *path, struct request *req, const struct route **found,
                      const char **allow)
{
    *req = (struct request){.method = method, .path = path};
    *found = NULL;
    return router_find(table, 4, req, arena, found, allow);
}

START_TEST(test_router_finds_by_method_and_path)
{
    struct request req;
    const struct route *found;
    const char *allow;
    arena = arena_new();
    ck_assert_int_eq(route("POST", "/a", &req, &found, &allow), ERR_OK);
    ck_assert_ptr_eq(found, &table[1]);
    ck_assert_int_eq(route("HEAD", "/a", &req, &found, &allow), ERR_OK);
    ck_assert_ptr_eq(found, &table[0]);
    ck_assert_int_eq(route("GET", "/a/4%37/b/x%2Fy", &req, &found, &allow), ERR_OK);
    ck_assert_ptr_eq(found, &table[3]);
    ck_assert_str_eq(req.params[0], "47");
    ck_assert_str_eq(req.params[1], "x/y");
    ck_assert_int_eq(route("DELETE", "/a", &req, &found, &allow), ERR_METHOD_NOT_ALLOWED);
    ck_assert_str_eq(allow, "GET, POST");
    const char *const unknown[] = {"",       "/",       "/b",        "/a/", "a",   "/a//b/1", "/a/1/",
                                   "/a/1/b", "/a/1/b/", "/a/1/b/2/", "/A",  "//a", "/a/1/c/2"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ck_assert_msg(route("GET", unknown[i], &req, &found, &allow) == ERR_NOT_FOUND, "%s", unknown[i]);
    ck_assert_int_eq(route("GET", "/a/%zz", &req, &found, &allow), ERR_BAD_REQUEST);
    ck_assert_int_eq(route("GET", "/a/%00", &req, &found, &allow), ERR_BAD_REQUEST);
    arena_free(&arena);
}
END_TEST

CHECK_MAIN("fields", test_fields_take_names_as_people_see_them, test_fields_fill_a_struct_from_json,
           test_fields_name_the_one_at_fault, test_fields_refuse_what_is_no_json,
           test_fields_fill_a_struct_from_a_query, test_router_finds_by_method_and_path)
