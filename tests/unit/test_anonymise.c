/* What is left of a person in the data of events. */
#include <string.h>

#include "service/anonymise.h"
#include "tests/check_main.h"

static const struct former ADA = {3, {"Ada", "ada@example.org", "艾达"}, 1700000000000};

/* The data anonymised; NULL where it stays as it is. */
static const char *anonymised(struct arena *arena, const char *data)
{
    const char *out;
    ck_assert_int_eq(anonymise_event(arena, &ADA, data, &out), ERR_OK);
    return out;
}

START_TEST(test_anonymise_names_by_id)
{
    struct arena *arena = arena_new();
    ck_assert_str_eq(
        anonymised(arena, "{\"participant\":{\"userId\":3,\"displayName\":\"Ada \\\"L\\\"\",\"audio\":true}}"),
        "{\"participant\":{\"userId\":3,\"displayName\":\"Former member\",\"audio\":true}}");
    ck_assert_str_eq(anonymised(arena, "{\"userId\":3,\"displayName\":\"A\",\"by\":4}"),
                     "{\"userId\":3,\"displayName\":\"Former member\",\"by\":4}");
    ck_assert_str_eq(anonymised(arena, "{\"x\":[{\"id\":3,\"displayName\":\"A\"},{\"id\":4,\"displayName\":\"Ada\"}]}"),
                     "{\"x\":[{\"id\":3,\"displayName\":\"Former member\"},{\"id\":4,\"displayName\":\"Ada\"}]}");
    ck_assert_ptr_null(anonymised(arena, "{\"userId\":33,\"displayName\":\"Ada\",\"by\":3}"));
    ck_assert_ptr_null(anonymised(arena, "{}"));
    arena_free(&arena);
}
END_TEST

START_TEST(test_anonymise_own_messages_and_replies_to_them)
{
    struct arena *arena = arena_new();
    ck_assert_str_eq(anonymised(arena,
                                "{\"message\":{\"id\":9,\"sender\":{\"id\":3,\"displayName\":\"Ada\"},\"to\":null,"
                                "\"text\":\"hm\",\"replyTo\":null,\"clientId\":\"c\",\"deletedAt\":null}}"),
                     "{\"message\":{\"id\":9,\"sender\":{\"id\":3,\"displayName\":\"Former member\"},\"to\":null,"
                     "\"text\":\"\",\"replyTo\":null,\"clientId\":\"#9\",\"deletedAt\":\"2023-11-14T22:13:20.000Z\"}}");
    /* somebody else's, whose number is the person's */
    ck_assert_str_eq(anonymised(arena,
                                "{\"message\":{\"id\":3,\"sender\":{\"id\":4,\"displayName\":\"Ben\"},\"to\":{\"id\":3,"
                                "\"displayName\":\"Ada\"},\"text\":\"Ada\",\"replyTo\":{\"id\":9,\"sender\":{\"id\":3,"
                                "\"displayName\":\"Ada\"}},\"clientId\":\"c\",\"deletedAt\":null}}"),
                     "{\"message\":{\"id\":3,\"sender\":{\"id\":4,\"displayName\":\"Ben\"},\"to\":{\"id\":3,"
                     "\"displayName\":\"Former member\"},\"text\":\"Ada\",\"replyTo\":{\"id\":9,\"sender\":{\"id\":3,"
                     "\"displayName\":\"Former member\"}},\"clientId\":\"c\",\"deletedAt\":null}}");
    arena_free(&arena);
}
END_TEST

START_TEST(test_anonymise_titles_with_the_name)
{
    struct arena *arena = arena_new();
    ck_assert_str_eq(
        anonymised(arena,
                   "{\"meeting\":{\"id\":7,\"title\":\"ADA\\u0027s plan\",\"description\":\"to ada@example.org\"}}"),
        "{\"meeting\":{\"id\":7,\"title\":\"Meeting\",\"description\":\"\"}}");
    ck_assert_ptr_null(anonymised(arena, "{\"meeting\":{\"id\":7,\"title\":\"Canada\",\"description\":\"Adam\"}}"));
    ck_assert(anonymise_names(&ADA, "和艾达开会"));
    ck_assert(!anonymise_names(&ADA, ""));
    arena_free(&arena);
}
END_TEST

START_TEST(test_anonymise_refuses_what_is_no_object)
{
    struct arena *arena = arena_new();
    const char *out;
    ck_assert_int_eq(anonymise_event(arena, &ADA, "{\"a\":", &out), ERR_INTERNAL);
    ck_assert_int_eq(anonymise_event(arena, &ADA, "[]", &out), ERR_INTERNAL);
    arena_free(&arena);
}
END_TEST

CHECK_MAIN("anonymise", test_anonymise_names_by_id, test_anonymise_own_messages_and_replies_to_them,
           test_anonymise_titles_with_the_name, test_anonymise_refuses_what_is_no_object)
