/* db/script.h */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "db/script.h"
#include "tests/check_main.h"

/* The script, cut and put together again with "|" behind every statement. */
static const char *cut(const char *script)
{
    static char copy[1000], out[1000];
    strcpy(copy, script);
    out[0] = '\0';
    char *rest = copy;
    for (char *statement; (statement = script_next(&rest));)
        strcat(strcat(out, statement), "|");
    return out;
}

START_TEST(test_script_ends_statements_at_semicolons)
{
    ck_assert_str_eq(cut("SELECT 1; SELECT 2;\n"), "SELECT 1|SELECT 2|");
    ck_assert_str_eq(cut("SELECT 1;\nSELECT 2"), "SELECT 1|SELECT 2|");
    ck_assert_str_eq(cut(";; SELECT 1 ;;\n ;"), "SELECT 1 |");
    ck_assert_str_eq(cut(""), "");
    ck_assert_str_eq(cut(" \n\t"), "");
}
END_TEST

START_TEST(test_script_cuts_nothing_between_quotes)
{
    ck_assert_str_eq(cut("SELECT 'a;b'; SELECT \";\"; SELECT `;`"), "SELECT 'a;b'|SELECT \";\"|SELECT `;`|");
    ck_assert_str_eq(cut("SELECT 'it''s; so'; SELECT 2"), "SELECT 'it''s; so'|SELECT 2|");
    ck_assert_str_eq(cut("SELECT 'it\\'s; so'; SELECT 2"), "SELECT 'it\\'s; so'|SELECT 2|");
    ck_assert_str_eq(cut("SELECT '\\\\'; SELECT 2"), "SELECT '\\\\'|SELECT 2|");
    ck_assert_str_eq(cut("SELECT `\\`; SELECT 2"), "SELECT `\\`|SELECT 2|");
    ck_assert_str_eq(cut("SELECT '\";'; SELECT \"';\""), "SELECT '\";'|SELECT \"';\"|");
    ck_assert_str_eq(cut("SELECT '-- ;'; SELECT '/*;'; SELECT '#;'"), "SELECT '-- ;'|SELECT '/*;'|SELECT '#;'|");
    ck_assert_str_eq(cut("SELECT 'never closed; "), "SELECT 'never closed; |");
}
END_TEST

START_TEST(test_script_cuts_nothing_in_comments_and_leaves_out_those_before_a_statement)
{
    ck_assert_str_eq(cut("-- it's one; two\nSELECT 1; -- and; so\n"), "SELECT 1|");
    ck_assert_str_eq(cut("# it's; \n/* it's; */ SELECT /* ; ' */ 1; SELECT 2"), "SELECT /* ; ' */ 1|SELECT 2|");
    ck_assert_str_eq(cut("SELECT 1 -- it's;\n + 1; SELECT 2"), "SELECT 1 -- it's;\n + 1|SELECT 2|");
    ck_assert_str_eq(cut("SELECT 5--1; SELECT 6-'1;'"), "SELECT 5--1|SELECT 6-'1;'|");
    ck_assert_str_eq(cut("--\nSELECT 1; --"), "SELECT 1|");
    ck_assert_str_eq(cut("/* never closed; SELECT 1;"), "");
}
END_TEST

/* How a statement of ours begins. A piece that begins otherwise was cut wrongly. */
START_TEST(test_script_cuts_our_migrations_into_whole_statements)
{
    static const char *const begins[] = {"CREATE TABLE ", "CREATE INDEX ", "ALTER TABLE ", "UPDATE ",
                                         "INSERT ",       "DELETE ",       "DROP "};
    glob_t files;
    ck_assert_int_eq(glob("db/migrations/*.sql", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        static char text[100000];
        FILE *f = fopen(files.gl_pathv[i], "r");
        ck_assert_ptr_nonnull(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
        char *rest = text, *statement;
        while ((statement = script_next(&rest))) {
            size_t b = 0;
            while (b < sizeof begins / sizeof *begins && strncmp(statement, begins[b], strlen(begins[b])) != 0)
                b++;
            ck_assert_msg(b < sizeof begins / sizeof *begins, "%s: %.60s", files.gl_pathv[i], statement);
        }
    }
    globfree(&files);
}
END_TEST

CHECK_MAIN("script", test_script_ends_statements_at_semicolons, test_script_cuts_nothing_between_quotes,
           test_script_cuts_nothing_in_comments_and_leaves_out_those_before_a_statement,
           test_script_cuts_our_migrations_into_whole_statements)
