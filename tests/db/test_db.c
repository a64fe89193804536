/* db/db.h on a real server: types, errors, lost connections, deadlocks. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "core/clock.h"
#include "core/limits.h"
#include "db/db.h"
#include "tests/check_main.h"

static struct config config;
static struct db *db;
static struct db *other;
static struct arena *arena;

static void run(struct db *d, const char *sql) { ck_assert_int_eq(db_run_script(d, sql), ERR_OK); }

static int64_t number(struct db *d, const char *sql)
{
    int64_t value = -1;
    ck_assert_int_eq(db_select_int(d, sql, DB_NO_PARAMS, &value), ERR_OK);
    return value;
}

/* Two connections and an empty table `t`. */
static void open_all(void)
{
    char problem[256];
    ck_assert_int_eq(config_load(&config, problem, sizeof problem), ERR_OK);
    db = db_new(&config);
    other = db_new(&config);
    arena = arena_new();
    run(db,
        "DROP TABLE IF EXISTS t; CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, n BIGINT, s TEXT CHARACTER SET utf8mb4, "
        "b MEDIUMBLOB, at DATETIME(3)) ENGINE=InnoDB");
}

static void close_all(void)
{
    run(other, "DROP TABLE IF EXISTS t");
    arena_free(&arena);
    db_free(&db);
    db_free(&other);
}

static void kill_connection(int64_t id)
{
    char sql[64];
    snprintf(sql, sizeof sql, "KILL %lld", (long long)id);
    run(other, sql);
}

START_TEST(test_db_types_come_back_as_they_went)
{
    open_all();
    char text[5001];
    memset(text, 'x', 5000);
    memcpy(text, "王芳😀", 10);
    text[5000] = '\0';
    static const char insert[] = "INSERT INTO t (n, s, b, at) VALUES (?, ?, ?, ?)";
    struct db_result result;
    ck_assert_int_eq(db_execute(db, insert,
                                DB_PARAMS(db_int(INT64_MIN), db_text(text), db_blob("a\0b", 3), db_time(1769853599999)),
                                &result),
                     ERR_OK);
    ck_assert_int_eq(result.affected, 1);
    ck_assert_int_eq(result.insert_id, 1);
    ck_assert_int_eq(db_execute(db, insert, DB_PARAMS(db_null(), db_text(NULL), db_blob(NULL, 0), db_time(0)), &result),
                     ERR_OK);
    struct db_rows rows;
    ck_assert_int_eq(db_select(db, arena, "SELECT n, s, b, at, LENGTH(b) FROM t ORDER BY id", DB_NO_PARAMS, &rows),
                     ERR_OK);
    ck_assert_int_eq(db_next(&rows), ERR_OK);
    size_t len;
    ck_assert_int_eq(db_get_int(&rows), INT64_MIN);
    ck_assert_str_eq(db_get_text(&rows), text);
    ck_assert_mem_eq(db_get_blob(&rows, &len), "a\0b", 3);
    ck_assert_uint_eq(len, 3);
    ck_assert_int_eq(db_get_time(&rows), 1769853599999);
    ck_assert_int_eq(db_get_int(&rows), 3);
    ck_assert_int_eq(db_next(&rows), ERR_OK);
    ck_assert_int_eq(db_get_int(&rows), 0);
    ck_assert_ptr_null(db_get_text(&rows));
    ck_assert_ptr_null(db_get_blob(&rows, NULL));
    ck_assert_int_eq(db_get_time(&rows), 0);
    ck_assert_int_eq(db_next(&rows), ERR_DB_NO_ROW);
    close_all();
}
END_TEST

START_TEST(test_db_time_that_mysql_does_not_hold_becomes_the_last_one)
{
    open_all();
    const int64_t late[] = {TIME_LAST_MS, TIME_LAST_MS + 1, INT64_C(300000000000000)};
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        struct db_rows rows;
        run(db, "DELETE FROM t");
        ck_assert_int_eq(db_execute(db, "INSERT INTO t (at) VALUES (?)", DB_PARAMS(db_time(late[i])), NULL), ERR_OK);
        ck_assert_int_eq(db_select(db, arena, "SELECT at FROM t", DB_NO_PARAMS, &rows), ERR_OK);
        ck_assert_int_eq(db_next(&rows), ERR_OK);
        ck_assert_int_eq(db_get_time(&rows), TIME_LAST_MS);
        db_end(&rows);
    }
    close_all();
}
END_TEST

START_TEST(test_db_text_at_the_edge_of_its_buffer_is_whole)
{
    open_all();
    for (int len = 510; len <= 514; len++) {
        char text[600] = "";
        memset(text, 'e', (size_t)len);
        struct db_rows rows;
        ck_assert_int_eq(db_select(db, arena, "SELECT CAST(? AS CHAR(600))", DB_PARAMS(db_text(text)), &rows), ERR_OK);
        ck_assert_int_eq(db_next(&rows), ERR_OK);
        ck_assert_str_eq(db_get_text(&rows), text);
        db_end(&rows);
    }
    close_all();
}
END_TEST

START_TEST(test_db_rows_ended_early_leave_the_connection_usable)
{
    open_all();
    run(db, "INSERT INTO t (n) VALUES (1), (2), (3)");
    struct db_rows rows;
    ck_assert_int_eq(db_select(db, arena, "SELECT n FROM t", DB_NO_PARAMS, &rows), ERR_OK);
    ck_assert_int_eq(db_next(&rows), ERR_OK);
    db_end(&rows);
    ck_assert_int_eq(number(db, "SELECT COUNT(*) FROM t"), 3);
    close_all();
}
END_TEST

START_TEST(test_db_errors_have_their_kind)
{
    open_all();
    struct db_rows rows;
    ck_assert_int_eq(db_execute(db, "INSERT INTO t (id) VALUES (5)", DB_NO_PARAMS, NULL), ERR_OK);
    ck_assert_int_eq(db_execute(db, "INSERT INTO t (id) VALUES (5)", DB_NO_PARAMS, NULL), ERR_DB_DUPLICATE);
    ck_assert_int_eq(db_execute(db, "INSERT INTO nowhere VALUES (5)", DB_NO_PARAMS, NULL), ERR_INTERNAL);
    ck_assert_int_eq(db_execute(db, "INSERT INTO t (id) VALUES (?)", DB_NO_PARAMS, NULL),
                     ERR_INTERNAL); /* a parameter short */
    ck_assert_int_eq(db_select(db, arena, "SELECT broken FROM t", DB_NO_PARAMS, &rows), ERR_INTERNAL);
    ck_assert_int_eq(number(db, "SELECT COUNT(*) FROM t"), 1); /* and it goes on */
    close_all();
}
END_TEST

START_TEST(test_db_statement_that_takes_too_long_is_broken_off)
{
    open_all();
    int64_t value;
    run(db, "INSERT INTO t (n) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)");
    run(db, "INSERT INTO t (n) SELECT a.n FROM t a JOIN t b JOIN t c");
    run(db, "SET SESSION max_statement_time = 0.1");
    ck_assert_int_eq(
        db_select_int(db, "SELECT COUNT(*) FROM t a JOIN t b JOIN t c WHERE a.n + b.n + c.n < 0", DB_NO_PARAMS, &value),
        ERR_TIMEOUT);
    ck_assert_int_eq(number(other, "SELECT CAST(@@max_statement_time AS SIGNED)"), LIMIT_STATEMENT_MS / 1000);
    ck_assert_int_eq(number(db, "SELECT 1"), 1);
    close_all();
}
END_TEST

START_TEST(test_db_a_server_that_is_not_there_is_lost)
{
    open_all();
    struct config nowhere = config;
    nowhere.mysql_socket = "/nowhere/mysql.sock";
    struct db *lost = db_new(&nowhere);
    ck_assert_int_eq(db_ping(lost), ERR_DB_LOST);
    ck_assert_int_eq(err_status(ERR_DB_LOST), 503);
    db_free(&lost);
    close_all();
}
END_TEST

START_TEST(test_db_a_killed_connection_is_replaced_and_statements_prepared_again)
{
    open_all();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(number(db, "SELECT 41 + 1"), 42);
        kill_connection(number(db, "SELECT CONNECTION_ID()"));
    }
    ck_assert_int_eq(number(db, "SELECT 41 + 1"), 42);
    close_all();
}
END_TEST

struct body {
    int attempts;
    int lose_at; /* the attempt in which the connection is killed */
    bool at_the_end;
};

static enum err inserting_body(void *arg)
{
    struct body *b = arg;
    b->attempts++;
    int64_t id = number(db, "SELECT CONNECTION_ID()");
    if (b->attempts == b->lose_at && !b->at_the_end)
        kill_connection(id);
    enum err e = db_execute(db, "INSERT INTO t (n) VALUES (1)", DB_NO_PARAMS, NULL);
    if (b->attempts == b->lose_at && b->at_the_end)
        kill_connection(id);
    return e;
}

START_TEST(test_db_transaction_starts_over_when_the_connection_breaks_before_commit)
{
    open_all();
    struct body b = {.lose_at = 1};
    ck_assert_int_eq(db_transaction(db, inserting_body, &b), ERR_OK);
    ck_assert_int_eq(b.attempts, 2);
    ck_assert_int_eq(number(other, "SELECT COUNT(*) FROM t"), 1);
    close_all();
}
END_TEST

START_TEST(test_db_transaction_is_not_repeated_when_the_connection_breaks_in_commit)
{
    open_all();
    struct body b = {.lose_at = 1, .at_the_end = true};
    ck_assert_int_eq(db_transaction(db, inserting_body, &b), ERR_OUTCOME_UNKNOWN);
    ck_assert_int_eq(b.attempts, 1);
    b.lose_at = 0;
    ck_assert_int_eq(db_transaction(db, inserting_body, &b), ERR_OK);
    close_all();
}
END_TEST

START_TEST(test_db_transaction_begins_on_a_new_connection_when_the_old_one_broke_while_idle)
{
    open_all();
    struct body b = {0};
    kill_connection(number(db, "SELECT CONNECTION_ID()"));
    ck_assert_int_eq(db_transaction(db, inserting_body, &b), ERR_OK);
    ck_assert_int_eq(b.attempts, 1);
    ck_assert_int_eq(number(other, "SELECT COUNT(*) FROM t"), 1);
    close_all();
}
END_TEST

static enum err failing_body(void *arg)
{
    struct body *b = arg;
    b->attempts++;
    enum err e = db_execute(db, "INSERT INTO t (n) VALUES (1)", DB_NO_PARAMS, NULL);
    return e ? e : ERR_MEETING_FULL;
}

START_TEST(test_db_transaction_rolls_back_on_an_error_of_the_body)
{
    open_all();
    struct body b = {0};
    ck_assert_int_eq(db_transaction(db, failing_body, &b), ERR_MEETING_FULL);
    ck_assert_int_eq(b.attempts, 1);
    ck_assert_int_eq(number(db, "SELECT COUNT(*) FROM t"), 0);
    close_all();
}
END_TEST

/* Two processes that lock two rows in opposite order: one is the deadlock's victim and starts over. */
struct crossing {
    struct db *db;
    int first, second;
    int ready_out, ready_in;
    int attempts;
};

static enum err crossing_body(void *arg)
{
    struct crossing *c = arg;
    static const char add[] = "UPDATE t SET n = n + 1 WHERE id = ?";
    enum err e = db_execute(c->db, add, DB_PARAMS(db_int(c->first)), NULL);
    if (!e && c->attempts++ == 0) { /* wait until both hold their first row */
        char byte = 'x';
        if (write(c->ready_out, &byte, 1) != 1 || read(c->ready_in, &byte, 1) != 1)
            return ERR_INTERNAL;
    }
    return e ? e : db_execute(c->db, add, DB_PARAMS(db_int(c->second)), NULL);
}

START_TEST(test_db_transaction_tries_again_after_a_deadlock)
{
    open_all();
    run(db, "INSERT INTO t (id, n) VALUES (1, 0), (2, 0)");
    int there[2], back[2];
    ck_assert_int_eq(pipe(there), 0);
    ck_assert_int_eq(pipe(back), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct crossing c = {db_new(&config), 2, 1, back[1], there[0], 0};
        enum err e = db_transaction(c.db, crossing_body, &c);
        db_free(&c.db);
        _exit(e == ERR_OK ? c.attempts : 100);
    }
    struct crossing c = {db_new(&config), 1, 2, there[1], back[0], 0};
    ck_assert_int_eq(db_transaction(c.db, crossing_body, &c), ERR_OK);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status) + c.attempts, 3); /* one of them twice */
    ck_assert_int_eq(number(other, "SELECT SUM(n) FROM t"), 4);
    db_free(&c.db);
    close_all();
}
END_TEST

static enum err reading_body(void *arg)
{
    int64_t *counts = arg;
    enum err e = db_select_int(db, "SELECT COUNT(*) FROM t", DB_NO_PARAMS, &counts[0]);
    run(other, "INSERT INTO t (n) VALUES (9)");
    return e ? e : db_select_int(db, "SELECT COUNT(*) FROM t", DB_NO_PARAMS, &counts[1]);
}

START_TEST(test_db_snapshot_sees_one_state_and_transactions_see_what_others_committed)
{
    open_all();
    int64_t counts[2];
    ck_assert_int_eq(db_snapshot(db, reading_body, counts), ERR_OK);
    ck_assert_int_eq(counts[0], 0);
    ck_assert_int_eq(counts[1], 0);
    ck_assert_int_eq(db_transaction(db, reading_body, counts), ERR_OK);
    ck_assert_int_eq(counts[0], 1);
    ck_assert_int_eq(counts[1], 2);
    close_all();
}
END_TEST

START_TEST(test_db_more_statements_than_are_kept)
{
    open_all();
    for (int i = 0; i < 1000; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d", i % 300);
        ck_assert_int_eq(number(db, sql), i % 300);
    }
    /* the server's own count of prepared statements of this connection stays bounded */
    ck_assert_int_lt(number(other, "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.GLOBAL_STATUS "
                                   "WHERE VARIABLE_NAME = 'Prepared_stmt_count'"),
                     256);
    close_all();
}
END_TEST

CHECK_MAIN("db", test_db_types_come_back_as_they_went, test_db_time_that_mysql_does_not_hold_becomes_the_last_one,
           test_db_text_at_the_edge_of_its_buffer_is_whole, test_db_rows_ended_early_leave_the_connection_usable,
           test_db_errors_have_their_kind, test_db_statement_that_takes_too_long_is_broken_off,
           test_db_a_server_that_is_not_there_is_lost,
           test_db_a_killed_connection_is_replaced_and_statements_prepared_again,
           test_db_transaction_starts_over_when_the_connection_breaks_before_commit,
           test_db_transaction_is_not_repeated_when_the_connection_breaks_in_commit,
           test_db_transaction_begins_on_a_new_connection_when_the_old_one_broke_while_idle,
           test_db_transaction_rolls_back_on_an_error_of_the_body, test_db_transaction_tries_again_after_a_deadlock,
           test_db_snapshot_sees_one_state_and_transactions_see_what_others_committed,
           test_db_more_statements_than_are_kept)
