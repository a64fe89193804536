/* What a page costs does not grow with the log: rows that the server reads are counted, of logs of two sizes. */
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

#include "core/limits.h"
#include "db/event_dao.h"

enum { PAGE = 50 };

static int64_t rows_read(void)
{
    return number(
        "SELECT CAST(SUM(variable_value) AS SIGNED) FROM information_schema.session_status WHERE variable_name LIKE 'HANDLER_READ%'");
}

/* Rows that the statements since the last call have read, this one's own left out. */
static int64_t rows_since(int64_t before)
{
    int64_t after = rows_read(), own = rows_read() - after;
    return after - before - own;
}

/* A meeting of three people, with so many lines from one of them to another (NULL: to everybody). */
static void write_log(int lines, int from, const char *to)
{
    char sql[1500];
    app_begin();
    ck_assert_int_eq(db_run_script(app.db, "TRUNCATE messages; TRUNCATE room_events"),
                     ERR_OK); /* sooner done than DELETE */
    app_end();
    fixture_begin();
    snprintf(
        sql, sizeof sql,
        "INSERT INTO meetings (id, code, title, description, creator_id, host_id, status, start_time, duration_minutes, max_participants, "
        "is_public, is_recorded, event_seq, created_at, updated_at) VALUES (1, 'ACDEFG', 't', '', 1, 1, 2, NOW(), 60, 10, 1, 0, %d, NOW(), NOW());"
        "INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at) "
        "SELECT 1, seq, CONCAT('p', seq), 3, 1, NOW() FROM seq_1_to_3;"
        "INSERT INTO messages (id, meeting_id, sender_id, to_id, private_from, body, client_id, created_at) "
        "SELECT seq, 1, %d, %s, IF(%s IS NULL, NULL, %d), 'text', seq, NOW() FROM seq_1_to_%d;"
        "INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at, message_id, subject_id) "
        "SELECT 1, seq, IF(seq %% 5000 = 0, 'user_joined', 'chat_message'), '*', '', '{}', '', NOW(), IF(seq %% 5000 = 0, NULL, seq), IF(seq %% 5000 = 0, seq, NULL) "
        "FROM seq_1_to_%d; ANALYZE TABLE messages; ANALYZE TABLE room_events",
        lines, from, to, to, from, lines, lines);
    ck_assert_int_eq(db_run_script(app.db, sql), ERR_OK);
}

static const int sizes[] = {10000, 100000};
#define EACH_SIZE(size) for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++)

/* Reads pages in the name of the third one. */
static void check_pages(int expected)
{
    struct message *items;
    int count;
    bool more;
    const int64_t befores[] = {0, 5000};
    for (size_t i = 0; i < 2; i++) {
        int64_t at = rows_read();
        ck_assert_int_eq(message_dao_list(app.db, arena, 1, 3, befores[i], PAGE, &items, &count, &more), ERR_OK);
        int64_t rows = rows_since(at);
        ck_assert_int_eq(count, expected);
        ck_assert_int_eq(more, expected > 0);
        ck_assert_msg(rows <= 10 * PAGE, "%d messages cost %lld rows", count, (long long)rows);
        ck_assert(count == 0 ||
                  items[count - 1].id == (befores[i] ? befores[i] - 1 : number("SELECT COUNT(*) FROM messages")));
        for (int m = 1; m < count; m++)
            ck_assert_int_eq(items[m].id, items[m - 1].id + 1); /* the newest, and none left out */
    }
}

START_TEST(test_pages_of_messages_cost_the_same_in_a_long_chat)
{
    const struct {
        int from;
        const char *to;
        int expected;
    } rules[] = {{1, "NULL", PAGE}, {1, "2", 0}, {1, "3", PAGE}, {3, "1", PAGE}, {3, "3", PAGE}};
    EACH_SIZE(s)
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        write_log(sizes[s], rules[r].from, rules[r].to);
        check_pages(rules[r].expected);
        app_end();
    }
}
END_TEST

START_TEST(test_pages_of_a_transcript_cost_the_same_in_a_long_chat)
{
    EACH_SIZE(s)
    {
        struct message *items;
        int count;
        bool more;
        write_log(sizes[s], 1, "NULL");
        int64_t at = rows_read();
        ck_assert_int_eq(message_dao_public(app.db, arena, 1, 5000, PAGE, &items, &count, &more), ERR_OK);
        ck_assert_int_le(rows_since(at), 10 * PAGE);
        ck_assert_int_eq(items[0].id, 5001);
        ck_assert_int_eq(count, PAGE);
        ck_assert(more);
        app_end();
    }
}
END_TEST

START_TEST(test_pages_counting_the_unread_ends_at_its_limit)
{
    const struct {
        int from;
        const char *to;
        int64_t unread;
    } rules[] = {{1, "NULL", LIMIT_UNREAD}, {1, "2", 0}, {1, "3", LIMIT_UNREAD}, {3, "NULL", 0}, {3, "1", 0}};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        int64_t unread;
        write_log(100000, rules[r].from, rules[r].to);
        ck_assert_int_eq(message_dao_count_after(app.db, 1, 3, 200000, LIMIT_UNREAD, &unread), ERR_OK);
        ck_assert_int_eq(unread, 0);
        int64_t at = rows_read();
        ck_assert_int_eq(message_dao_count_after(app.db, 1, 3, 10, LIMIT_UNREAD, &unread), ERR_OK);
        ck_assert_int_le(rows_since(at), 3 * LIMIT_UNREAD_SCANNED + 100);
        ck_assert_msg(unread == rules[r].unread, "rule %zu: %lld", r, (long long)unread);
        app_end();
    }
}
END_TEST

START_TEST(test_pages_of_events_and_stays_cost_what_they_hold)
{
    EACH_SIZE(s)
    {
        struct room_event *items;
        int count;
        bool more;
        write_log(sizes[s], 1, "NULL");
        int64_t at = rows_read();
        ck_assert_int_eq(event_dao_list(app.db, arena, 1, 5000, 3, PAGE, LIMIT_PAGE_BYTES, &items, &count, &more),
                         ERR_OK);
        ck_assert_int_le(rows_since(at), 2 * PAGE);
        ck_assert_int_eq(count, PAGE);
        at = rows_read();
        ck_assert_int_eq(event_dao_stays(app.db, arena, 1, &items, &count), ERR_OK);
        ck_assert_int_le(rows_since(at), 10 * count);
        ck_assert_int_eq(count, sizes[s] / 5000);
        app_end();
    }
}
END_TEST

START_TEST(test_pages_deleting_a_line_looks_at_its_own_events_only)
{
    EACH_SIZE(s)
    {
        write_log(sizes[s], 1, "NULL");
        int64_t at = rows_read();
        ck_assert_int_eq(event_dao_redact(app.db, 1, 4711, "{\"gone\":1}"), ERR_OK);
        ck_assert_int_le(rows_since(at), 10);
        ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events WHERE data <> '{}'"), 1);
        app_end();
    }
}
END_TEST

START_TEST(test_pages_end_at_their_bytes_and_go_on_from_there)
{
    write_log(1000, 1, "NULL");
    ck_assert_int_eq(
        db_run_script(app.db,
                      "UPDATE messages SET body = REPEAT('x', 4000); UPDATE room_events SET data = REPEAT('x', 40000)"),
        ERR_OK);
    struct message *items;
    int count, all = 0;
    bool more = true;
    for (int64_t after = 0; more; after = items[count - 1].id) {
        ck_assert_int_eq(message_dao_public(app.db, arena, 1, after, 1000, &items, &count, &more), ERR_OK);
        ck_assert_int_le(4000 * count, LIMIT_PAGE_BYTES + 4000);
        ck_assert_int_eq(items[0].id, after + 1);
        all += count;
    }
    ck_assert_int_eq(all, 1000);
    ck_assert_int_eq(message_dao_list(app.db, arena, 1, 3, 0, 1000, &items, &count, &more), ERR_OK);
    ck_assert(more);
    ck_assert_int_lt(count, 300);
    ck_assert_int_eq(items[count - 1].id, 1000);
    struct room_event *events;
    ck_assert_int_eq(event_dao_list(app.db, arena, 1, 0, 3, 500, LIMIT_PAGE_BYTES, &events, &count, &more), ERR_OK);
    ck_assert(more);
    ck_assert_int_le(40000 * count, LIMIT_PAGE_BYTES + 40000);
    ck_assert_int_eq(event_dao_list(app.db, arena, 1, 0, 3, 500, 1, &events, &count, &more), ERR_OK);
    ck_assert_int_eq(count, 1); /* one always, or nobody got past it */
    app_end();
}
END_TEST

/* Most meetings are others' and private. */
START_TEST(test_pages_a_list_looks_at_no_meeting_that_is_not_shown)
{
    static const char *const sorts[] = {"-startTime", "startTime", "title"};
    EACH_SIZE(s)
    {
        char sql[1500];
        fixture_begin();
        int64_t ada = make_user("ada"), ben = make_user("ben");
        snprintf(
            sql, sizeof sql,
            "INSERT INTO meetings (id, code, title, description, creator_id, host_id, status, start_time, duration_minutes, max_participants, "
            "is_public, is_recorded, created_at, updated_at) SELECT seq, LPAD(seq, 6, '0'), seq, '', %lld, %lld, 1, NOW() + INTERVAL seq SECOND, "
            "60, 10, seq %% 1000 = 0 AND seq <= 10000, 0, NOW(), NOW() FROM seq_1_to_%d;"
            "UPDATE meetings SET creator_id = %lld WHERE id IN (5, 6, 1000);"
            "INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at) "
            "SELECT id, %lld, '', 3, 1, NOW() FROM meetings WHERE id IN (6, 7, 8, 2000); ANALYZE TABLE meetings",
            (long long)ada, (long long)ada, sizes[s], (long long)ben, (long long)ben);
        ck_assert_int_eq(db_run_script(app.db, sql), ERR_OK);
        for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
            struct meeting_filter filter = {
                .viewer_id = ben, .is_private = -1, .is_recorded = -1, .sort = sorts[i], .limit = 20};
            struct meeting_page page;
            int64_t at = rows_read();
            ck_assert_int_eq(meeting_dao_list(app.db, arena, &filter, &page), ERR_OK);
            int64_t rows = rows_since(at);
            ck_assert_msg(rows <= 300, "%s: %lld rows", sorts[i], (long long)rows);
            ck_assert_int_eq(page.total, 10 + 2 + 2); /* public, own, been in */
            ck_assert_int_eq(page.count, page.total);
        }
        app_end();
    }
}
END_TEST

CHECK_MAIN("pages", test_pages_of_messages_cost_the_same_in_a_long_chat,
           test_pages_of_a_transcript_cost_the_same_in_a_long_chat, test_pages_counting_the_unread_ends_at_its_limit,
           test_pages_of_events_and_stays_cost_what_they_hold, test_pages_deleting_a_line_looks_at_its_own_events_only,
           test_pages_end_at_their_bytes_and_go_on_from_there, test_pages_a_list_looks_at_no_meeting_that_is_not_shown)
