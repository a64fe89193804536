/* service/retention.h on a real server, with a clock that the test owns: what is old goes, what is not stays, and the
 * tables of a system that is used for a year stop growing. */
#include "service/retention.h"

#include <stdlib.h>

#include "core/limits.h"
#include "db/hold_dao.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

#define DAY_MS INT64_C(86400000)

static void begin(void)
{
    fixture_begin();
    ck_assert_int_eq(db_run_script(app.db, "DELETE FROM jobs; DELETE FROM sessions; DELETE FROM refresh_tokens; "
                                           "DELETE FROM invites; DELETE FROM invite_uses"),
                     ERR_OK);
    config.keep_chat_days = 10;
    config.keep_events_days = 20;
    config.keep_meetings_days = 30;
    config.keep_guests_days = 5;
    config.keep_sessions_days = 40;
}

/* The whole walk; answers how many parts it took. */
static int clean(void)
{
    struct context ctx = context_of(0);
    struct job job = {.id = 1, .kind = "retention", .payload = "{}"};
    for (int parts = 1;; parts++) {
        struct job_result result = retention_run(&ctx, &job);
        ck_assert_int_ne(result.end, JOB_RESULT_FAILED);
        if (result.end == JOB_RESULT_DONE)
            return parts;
        job.progress = result.text;
    }
}

static void days_pass(int days) { app.clock.fixed_ms += days * DAY_MS; }

static void say(int64_t meeting_id, int64_t user_id, const char *text)
{
    struct context ctx = context_of(user_id);
    struct message m;
    bool repeated;
    const struct message line = {.text = text, .client_id = arena_printf(arena, "%d", rand())};
    ck_assert_int_eq(chat_send(&ctx, meeting_id, &line, &m, &repeated), ERR_OK);
}

/* A meeting that goes on, with two people in it and a message of each. */
static int64_t busy_meeting(int64_t ann, int64_t bob)
{
    struct meeting m = make_meeting(ann, 10);
    ck_assert_int_eq(join(m.id, ann), ERR_OK);
    ck_assert_int_eq(join(m.id, bob), ERR_OK);
    say(m.id, ann, "a secret of Ann");
    say(m.id, bob, "a secret of Bob");
    return m.id;
}

static void guest_of(int64_t meeting_id)
{
    const struct user user = {.display_name = "Guest", .locale = "en", .guest_of = meeting_id};
    int64_t id;
    ck_assert_int_eq(user_dao_insert(app.db, &user, app.clock.fixed_ms, &id), ERR_OK);
}

static int64_t secrets(void)
{
    return number("SELECT (SELECT COUNT(*) FROM messages WHERE body LIKE '%secret%') + "
                  "(SELECT COUNT(*) FROM room_events WHERE data LIKE '%secret%')");
}

START_TEST(test_retention_old_chat_is_gone_from_messages_and_log)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), id = busy_meeting(ann, bob);
    days_pass(9);
    say(id, bob, "a young secret");
    clean();
    ck_assert_int_eq(secrets(), 6);
    days_pass(2);
    int64_t events = number("SELECT COUNT(*) FROM room_events");
    clean();
    ck_assert_int_eq(secrets(), 2); /* the young one's */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events"), events);
    ck_assert_int_eq(
        number("SELECT COUNT(*) FROM room_events WHERE type = 'chat_message' AND "
               "JSON_VALUE(data, '$.message.text') = '' AND JSON_VALUE(data, '$.message.sender.displayName') <> ''"),
        2);
    check_consistent(id);
    app_end();
}
END_TEST

START_TEST(test_retention_old_events_go_and_who_returns_gets_everything_anew)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), id = busy_meeting(ann, bob);
    struct context ctx = context_from(ann, "r1.1");
    struct room_view view;
    struct join_credentials none = {0};
    days_pass(21);
    say(id, bob, "young");
    int64_t seq = number("SELECT event_seq FROM meetings");
    clean();
    ck_assert_int_eq(number("SELECT MIN(seq) FROM room_events"), seq);
    ck_assert_int_eq(join_by_websocket(&ctx, id, none, 2, &view), ERR_OK);
    ck_assert(!view.resumed); /* number 3 is gone */
    ck_assert_int_gt(view.participant_count, 0);
    ck_assert_int_eq(join_by_websocket(&ctx, id, none, seq - 1, &view), ERR_OK);
    ck_assert(view.resumed);
    ck_assert_int_gt(view.event_count, 0);
    app_end();
}
END_TEST

START_TEST(test_retention_leaves_what_is_held_for_legal_reasons)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), id = busy_meeting(ann, bob);
    const struct hold hold = {.reason = "A court asks", .placed_by = ann, .placed_at_ms = app.clock.fixed_ms};
    struct context host = context_of(ann);
    struct meeting ended;
    ck_assert_int_eq(meeting_end(&host, id, &ended), ERR_OK);
    guest_of(id);
    ck_assert_int_eq(hold_dao_place(app.db, id, &hold), ERR_OK);
    int64_t events = number("SELECT COUNT(*) FROM room_events");
    days_pass(100);
    clean();
    ck_assert_int_eq(secrets(), 4);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events"), events);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM users WHERE guest_of IS NOT NULL"), 1);
    ck_assert_int_eq(hold_dao_lift(app.db, id), ERR_OK);
    clean();
    ck_assert_int_eq(secrets(), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings"), 0);
    app_end();
}
END_TEST

START_TEST(test_retention_of_a_meeting_may_be_stricter_and_not_laxer)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), strict = busy_meeting(ann, bob),
            lax = busy_meeting(ann, bob);
    ck_assert_int_eq(db_run_script(app.db, arena_printf(arena, "UPDATE meetings SET keep_days = IF(id = %lld, 1, 999)",
                                                        (long long)strict)),
                     ERR_OK);
    days_pass(2);
    clean();
    ck_assert_int_eq(secrets(), 4);
    ck_assert_int_eq(
        number(arena_printf(arena, "SELECT COUNT(*) FROM messages WHERE meeting_id = %lld", (long long)lax)), 2);
    days_pass(9);
    clean();
    ck_assert_int_eq(secrets(), 0);
    ck_assert_int_eq(retention_chat_days(&config, 0), 10);
    ck_assert_int_eq(retention_chat_days(&config, 3), 3);
    ck_assert_int_eq(retention_chat_days(&config, 30), 10);
    config.keep_chat_days = 0;
    ck_assert_int_eq(retention_chat_days(&config, 3), 3);
    ck_assert_int_eq(retention_chat_days(&config, 0), 0);
    app_end();
}
END_TEST

START_TEST(test_retention_meetings_that_are_over_go_as_a_whole)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), over = busy_meeting(ann, bob),
            open = busy_meeting(ann, bob);
    guest_of(over);
    guest_of(open);
    ck_assert_int_eq(leave(over, ann), ERR_OK);
    ck_assert_int_eq(leave(over, bob), ERR_OK);
    days_pass(6);
    clean();
    ck_assert_int_eq(number("SELECT COUNT(*) FROM users WHERE guest_of IS NOT NULL"), 1);
    days_pass(25);
    clean();
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings"), 1);
    ck_assert_int_eq(
        number(arena_printf(
            arena,
            "SELECT (SELECT COUNT(*) FROM participants WHERE meeting_id = %lld) + "
            "(SELECT COUNT(*) FROM messages WHERE meeting_id = %lld) + (SELECT COUNT(*) FROM room_events WHERE meeting_id = %lld)",
            (long long)over, (long long)over, (long long)over)),
        0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants"), 2);
    app_end();
}
END_TEST

START_TEST(test_retention_zero_keeps_for_ever)
{
    begin();
    config.keep_chat_days = config.keep_events_days = config.keep_meetings_days = config.keep_guests_days =
        config.keep_sessions_days = 0;
    int64_t ann = make_user("ann"), bob = make_user("bob"), id = busy_meeting(ann, bob);
    guest_of(id);
    ck_assert_int_eq(leave(id, ann), ERR_OK);
    ck_assert_int_eq(leave(id, bob), ERR_OK);
    days_pass(4000);
    clean();
    ck_assert_int_eq(secrets(), 4);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings"), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM users"), 3);
    app_end();
}
END_TEST

static void add_session(int64_t user_id, int number_of)
{
    struct db_param now = db_time(app.clock.fixed_ms);
    struct db_result result;
    ck_assert_int_eq(db_execute(app.db,
                                "INSERT INTO sessions (user_id, user_agent, address, created_at, last_used_at) "
                                "VALUES (?, 'x', '192.0.2.1', ?, ?)",
                                DB_PARAMS(db_int(user_id), now, now), &result),
                     ERR_OK);
    unsigned char hash[32] = {0};
    memcpy(hash, &number_of, sizeof number_of);
    ck_assert_int_eq(db_execute(app.db,
                                "INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at) "
                                "VALUES (?, ?, ?, ?)",
                                DB_PARAMS(db_blob(hash, sizeof hash), db_int(result.insert_id), now,
                                          db_time(app.clock.fixed_ms + config.refresh_token_s * 1000)),
                                NULL),
                     ERR_OK);
}

/* Rows of all tables that use fills. */
static int64_t rows(void)
{
    return number(
        "SELECT (SELECT COUNT(*) FROM meetings) + (SELECT COUNT(*) FROM participants) + (SELECT COUNT(*) FROM messages) + "
        "(SELECT COUNT(*) FROM room_events) + (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM sessions) + "
        "(SELECT COUNT(*) FROM refresh_tokens) + (SELECT COUNT(*) FROM jobs)");
}

START_TEST(test_retention_tables_stop_growing_over_a_year)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), after_50_days = 0;
    for (int day = 1; day <= 365; day++) {
        int64_t id = busy_meeting(ann, bob);
        guest_of(id);
        add_session(ann, day);
        ck_assert_int_eq(leave(id, ann), ERR_OK);
        ck_assert_int_eq(leave(id, bob), ERR_OK);
        const struct job done = {.kind = "old",
                                 .payload = "{}",
                                 .due_ms = app.clock.fixed_ms,
                                 .request_id = "t",
                                 .created_ms = app.clock.fixed_ms};
        ck_assert_int_eq(job_dao_add(app.db, &done), ERR_OK);
        ck_assert_int_eq(db_execute(app.db, "UPDATE jobs SET state = 3, done_at = ? WHERE state = 1",
                                    DB_PARAMS(db_time(app.clock.fixed_ms)), NULL),
                         ERR_OK);
        days_pass(1);
        clean();
        if (day == 50)
            after_50_days = rows();
        if (day > 50)
            ck_assert_int_eq(rows(), after_50_days);
        arena_reset(arena);
    }
    app_end();
}
END_TEST

START_TEST(test_retention_more_than_a_part_holds_is_removed_part_by_part)
{
    begin();
    int64_t ann = make_user("ann"), bob = make_user("bob"), id = busy_meeting(ann, bob);
    ck_assert_int_eq(
        db_run_script(app.db,
                      arena_printf(arena,
                                   "INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at) "
                                   "SELECT %lld, %lld, 'a secret', seq, FROM_UNIXTIME(1800000000) FROM seq_1_to_%d",
                                   (long long)id, (long long)ann, 3 * LIMIT_RETENTION_ROWS)),
        ERR_OK);
    days_pass(11);
    struct context ctx = context_of(0);
    ck_assert_int_eq(
        db_run_script(app.db,
                      "INSERT INTO jobs (id, kind, payload, state, due_at, runs, request_id, created_at) VALUES "
                      "(77, 'retention', '{}', 2, UTC_TIMESTAMP(3), 1, 't', UTC_TIMESTAMP(3))"),
        ERR_OK);
    struct job job = {.id = 77, .kind = "retention", .payload = "{}", .runs = 1, .part_ms = 60000};
    ck_assert_int_eq(retention_run(&ctx, &job).end, JOB_RESULT_AGAIN);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM messages"), 0);
    ck_assert_int_eq(secrets(), 0);
    app_end();
}
END_TEST

CHECK_MAIN("retention", test_retention_old_chat_is_gone_from_messages_and_log,
           test_retention_leaves_what_is_held_for_legal_reasons,
           test_retention_old_events_go_and_who_returns_gets_everything_anew,
           test_retention_of_a_meeting_may_be_stricter_and_not_laxer,
           test_retention_meetings_that_are_over_go_as_a_whole, test_retention_zero_keeps_for_ever,
           test_retention_tables_stop_growing_over_a_year,
           test_retention_more_than_a_part_holds_is_removed_part_by_part)
