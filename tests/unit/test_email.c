/* core/email.h */
#include <stdio.h>
#include <string.h>

#include "core/email.h"
#include "tests/check_main.h"

static struct arena *arena;

START_TEST(test_email_has_one_form)
{
    static const char *const pairs[][2] = {
        {"Ada.L+x@Example.ORG", "ada.l+x@example.org"},
        {"x@bücher.example", "x@xn--bcher-kva.example"},
        {"x@BÜCHER.example", "x@xn--bcher-kva.example"},
        {"x@bu\u0308cher.example", "x@xn--bcher-kva.example"},
        {"X@XN--BCHER-KVA.Example", "x@xn--bcher-kva.example"},
        {"x@bücher。example", "x@xn--bcher-kva.example"}, /* the full stop of a Chinese keyboard */
        {"x@faß.example", "x@xn--fa-hia.example"},        /* not fass.example */
        {"ÄÖ@example.org", "äö@example.org"},
        {"A\u0308o\u0308@example.org", "äö@example.org"},
        {"ΟΔΟΣ@example.org", "οδοσ@example.org"},
        {"οδος@example.org", "οδοσ@example.org"},
        {"straße@example.org", "straße@example.org"},
        {"ı@example.org", "ı@example.org"},
        {"用户@例子.example", "用户@xn--fsqu00a.example"},
        {"x@a_b--.xn--0.example", NULL},
        {"o'neil%a/b=c@r3---sn.example", "o'neil%a/b=c@r3---sn.example"},
    };
    arena = arena_new();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *normal = email_normal(arena, pairs[i][0]);
        ck_assert_msg(normal == pairs[i][1] || (normal && pairs[i][1] && strcmp(normal, pairs[i][1]) == 0), "%s → %s",
                      pairs[i][0], normal);
        if (normal)
            ck_assert_str_eq(email_normal(arena, normal), normal);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(test_email_refuses_what_cannot_be_one)
{
    static const char *const bad[] = {
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "a@b@example.org",
        "a b@example.org",
        "a\u3000b@example.org",
        "a\u00a0@example.org",
        "a@exa mple.org",
        "a\u200b@example.org",
        "\u202ea@example.org",
        "a\u00ad@example.org",
        "a@exa\u202emple.org",
        "a\ufeff@example.org",
        "a\u200d@example.org",
        "a@.example",
        "a@-example",
        "a@example.",
        "a@exa..mple",
        "a@exa_mple.org",
        "a@[127.0.0.1]",
        "\"a\"@example.org",
        "a,b@example.org",
        "a@😀.example",
        "a@\xff.example",
        "\xc3@example.org",
        "a\x01@example.org",
    };
    arena = arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!email_normal(arena, bad[i]), "%zu: %s → %s", i, bad[i], email_normal(arena, bad[i]));
    char text[300];
    snprintf(text, sizeof text, "%0242d@example.org", 0);
    ck_assert_ptr_nonnull(email_normal(arena, text));
    snprintf(text, sizeof text, "%0243d@example.org", 0);
    ck_assert_ptr_null(email_normal(arena, text));
    arena_free(&arena);
}
END_TEST

START_TEST(test_email_knows_the_form_of_former_versions)
{
    arena = arena_new();
    ck_assert_str_eq(email_former(arena, "Xä\u00c4@BÜcher.Example"), "xä\u00c4@b\u00dccher.example");
    arena_free(&arena);
}
END_TEST

CHECK_MAIN("email", test_email_has_one_form, test_email_refuses_what_cannot_be_one,
           test_email_knows_the_form_of_former_versions)
