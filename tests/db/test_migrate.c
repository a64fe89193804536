/* db/migrate.h on a real server. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "db/db.h"
#include "db/migrate.h"
#include "tests/check_main.h"

static struct config config;
static struct clock clock_now;
static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* A database of its own and a folder with two migrations. */
static void open_all(void)
{
    char problem[256];
    ck_assert_int_eq(config_load(&config, problem, sizeof problem), ERR_OK);
    config.mysql_database = "echomeet_migrate_test";
    clock_now = clock_system();
    strcpy(folder, "/tmp/echomeet-migrations-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("0001_one.sql", "CREATE TABLE one (id INT); INSERT INTO one VALUES (1);");
    write_file("0002_two.sql", "CREATE TABLE two (id INT);");
    write_file("readme.txt", "not a migration");
}

static void close_all(void)
{
    struct db *db = db_new(&config);
    ck_assert_int_eq(db_run_script(db, "DROP DATABASE IF EXISTS echomeet_migrate_test"), ERR_OK);
    db_free(&db);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static int64_t number(const char *sql)
{
    struct db *db = db_new(&config);
    int64_t value = -1;
    ck_assert_int_eq(db_select_int(db, sql, DB_NO_PARAMS, &value), ERR_OK);
    db_free(&db);
    return value;
}

START_TEST(test_migrate_applies_each_file_once)
{
    open_all();
    int applied;
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
    ck_assert_int_eq(applied, 2);
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
    ck_assert_int_eq(applied, 0);
    write_file("0003_three.sql", "ALTER TABLE two ADD COLUMN more INT;");
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
    ck_assert_int_eq(applied, 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM one"), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM schema_migrations WHERE applied_at IS NOT NULL"), 3);
    struct db *db = db_new(&config);
    int64_t version;
    ck_assert_int_eq(migrate_version(db, &version), ERR_OK);
    ck_assert_int_eq(version, 3);
    db_free(&db);
    close_all();
}
END_TEST

START_TEST(test_migrate_many_starters_at_once_apply_each_file_once)
{
    open_all();
    enum { STARTERS = 6 };
    pid_t pids[STARTERS];
    for (int i = 0; i < STARTERS; i++)
        if ((pids[i] = fork()) == 0) {
            int applied = 0;
            _exit(migrate_run(&config, &clock_now, folder, &applied) == ERR_OK ? applied : 100);
        }
    int sum = 0;
    for (int i = 0; i < STARTERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    ck_assert_int_eq(sum, 2);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM one"), 1);
    close_all();
}
END_TEST

START_TEST(test_migrate_refuses_a_file_that_changed)
{
    open_all();
    int applied;
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
    write_file("0001_one.sql", "CREATE TABLE one (id BIGINT);");
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_CONFLICT);
    close_all();
}
END_TEST

/* Runs statements in no database: the one of the test may not be there yet. */
static void run_sql(const char *sql)
{
    struct config without = config;
    without.mysql_database = "";
    struct db *db = db_new(&without);
    ck_assert_int_eq(db_run_script(db, sql), ERR_OK);
    db_free(&db);
}

START_TEST(test_migrate_goes_on_at_the_statement_that_broke)
{
    open_all();
    int applied;
    write_file(
        "0001_one.sql",
        "CREATE TABLE one (id INT); INSERT INTO one VALUES (1); CREATE TABLE late (id INT); INSERT INTO one VALUES (2);");
    run_sql("CREATE DATABASE echomeet_migrate_test; CREATE TABLE echomeet_migrate_test.late (id INT)");
    for (int i = 0; i < 3;
         i++) /* it is there, and this migration did not make it: that is never taken for its own work */
        ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_DB_DONE_ALREADY);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM one"), 1);
    ck_assert_int_eq(
        number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'two'"),
        0);
    ck_assert_int_eq(number("SELECT statements_done FROM schema_migrations"), 2);
    run_sql("DROP TABLE echomeet_migrate_test.late");
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
    ck_assert_int_eq(applied, 2);
    ck_assert_int_eq(number("SELECT SUM(id) FROM one"), 3);
    close_all();
}
END_TEST

START_TEST(test_migrate_refuses_to_go_on_with_another_file)
{
    open_all();
    int applied;
    write_file("0001_one.sql", "CREATE TABLE one (id INT); CREATE TABLE one (id INT);");
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_DB_DONE_ALREADY);
    write_file("0001_one.sql", "CREATE TABLE one (id INT);");
    ck_assert_int_eq(migrate_run(&config, &clock_now, folder, &applied), ERR_CONFLICT);
    close_all();
}
END_TEST

/* The program ended between a change of a table and the note that it was done. */
START_TEST(test_migrate_recognizes_what_was_done_and_not_noted)
{
    static const char *const changes[] = {"CREATE TABLE more (id INT)",
                                          "ALTER TABLE one ADD COLUMN more INT",
                                          "ALTER TABLE one ADD KEY again (id)",
                                          "ALTER TABLE one ADD PRIMARY KEY (id)",
                                          "ALTER TABLE one DROP COLUMN spare",
                                          "ALTER TABLE one DROP KEY one_key",
                                          "DROP TABLE spare",
                                          "ALTER TABLE one MODIFY COLUMN spare BIGINT"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        open_all();
        char file[400], at_once[500];
        int applied;
        snprintf(file, sizeof file,
                 "CREATE TABLE one (id INT NOT NULL, spare INT, KEY one_key (spare)); CREATE TABLE spare (id INT); %s; "
                 "INSERT INTO one (id) VALUES (7)",
                 changes[i]);
        write_file("0001_one.sql", file);
        run_sql("CREATE DATABASE echomeet_migrate_test");
        write_file("0002_two.sql", "broken");
        ck_assert_int_ne(migrate_run(&config, &clock_now, folder, &applied), ERR_OK);
        write_file("0002_two.sql", "CREATE TABLE two (id INT)");
        snprintf(at_once, sizeof at_once,
                 "USE echomeet_migrate_test; DELETE FROM one; DELETE FROM schema_migrations WHERE version = 2; "
                 "UPDATE schema_migrations SET applied_at = NULL, statements_done = 2, statement_started_at = NOW()");
        run_sql(at_once);
        ck_assert_msg(migrate_run(&config, &clock_now, folder, &applied) == ERR_OK, "%s", changes[i]);
        ck_assert_int_eq(number("SELECT SUM(id) FROM one"), 7);
        close_all();
    }
}
END_TEST

START_TEST(test_migrate_schema_version_is_that_of_the_newest_file)
{
    glob_t files;
    ck_assert_int_eq(glob("db/migrations/[0-9][0-9][0-9][0-9]_*.sql", 0, NULL, &files), 0);
    int newest = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        int version = atoi(strrchr(files.gl_pathv[i], '/') + 1);
        ck_assert_int_gt(version, newest); /* no number is used twice */
        newest = version;
    }
    ck_assert_int_eq(newest, SCHEMA_VERSION);
    globfree(&files);
}
END_TEST

START_TEST(test_migrate_says_that_a_folder_holds_none)
{
    open_all();
    int applied;
    ck_assert_int_eq(migrate_run(&config, &clock_now, "/nowhere", &applied), ERR_NOT_FOUND);
    close_all();
}
END_TEST

CHECK_MAIN("migrate", test_migrate_applies_each_file_once, test_migrate_many_starters_at_once_apply_each_file_once,
           test_migrate_refuses_a_file_that_changed, test_migrate_goes_on_at_the_statement_that_broke,
           test_migrate_refuses_to_go_on_with_another_file, test_migrate_recognizes_what_was_done_and_not_noted,
           test_migrate_schema_version_is_that_of_the_newest_file, test_migrate_says_that_a_folder_holds_none)
