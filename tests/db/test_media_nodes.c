/* db/media_node_dao.h and service/media_node.h on a real server, with a clock that the test owns: leases, which node is
 * chosen, and whose meetings move. */
#include "service/media_node.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

enum { PPS = 2000 };

static void begin(void)
{
    fixture_begin();
    ck_assert_int_eq(db_run_script(app.db, "DELETE FROM media_nodes"), ERR_OK);
}

static struct media_node report(const char *name, bool starts, int64_t capacity, int64_t load)
{
    struct media_node node;
    const struct media_node_report r = {
        .name = name, .starts = starts, .capacity_pps = capacity, .load_pps = load, .version = "1.1.2"};
    int64_t now = app.clock.fixed_ms;
    ck_assert_int_eq(media_node_dao_report(app.db, arena, &r, now, now + config.media_lease_ms, &node), ERR_OK);
    return node;
}

START_TEST(test_media_node_lease_is_renewed_and_a_break_is_noted)
{
    begin();
    struct media_node node = report("n1", true, 50000, 7);
    ck_assert_int_eq(node.alive_since_ms, NOW_MS);
    ck_assert_int_eq(node.lease_until_ms, NOW_MS + config.media_lease_ms);
    ck_assert_int_eq(node.load_pps, 7);
    app.clock.fixed_ms = NOW_MS + config.media_lease_ms;
    ck_assert_int_eq(report("n1", false, 50000, 0).alive_since_ms, NOW_MS);
    ck_assert_int_eq(report("n1", false, 50000, 0).id, node.id); /* the same again */
    app.clock.fixed_ms += config.media_lease_ms + 1;
    ck_assert_int_eq(report("n1", false, 50000, 0).alive_since_ms, app.clock.fixed_ms);
    app.clock.fixed_ms += 1;
    ck_assert_int_eq(report("n1", true, 50000, 0).alive_since_ms, app.clock.fixed_ms); /* a new process */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM media_nodes"), 1);
    app_end();
}
END_TEST

START_TEST(test_media_node_with_most_room_is_chosen_until_none_has_any)
{
    begin();
    bool has;
    int64_t id, big = report("big", true, 10000, 0).id, small = report("small", true, 5000, 0).id;
    const int64_t wanted[] = {big, big, big, small, big, small};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        ck_assert_int_eq(media_node_dao_has_room(app.db, NOW_MS, PPS, &has), ERR_OK);
        ck_assert(has);
        ck_assert_int_eq(media_node_dao_choose(app.db, NOW_MS, PPS, &id), ERR_OK);
        ck_assert_msg(id == wanted[i], "choice %zu", i);
    }
    ck_assert_int_eq(media_node_dao_has_room(app.db, NOW_MS, PPS, &has), ERR_OK);
    ck_assert(!has);
    ck_assert_int_eq(media_node_dao_choose(app.db, NOW_MS, PPS, &id), ERR_DB_NO_ROW);
    ck_assert_int_eq(media_node_dao_stay(app.db, small, NOW_MS, PPS), ERR_OK); /* one that it carries already */
    report("small", false, 5000, 0);
    ck_assert_int_eq(media_node_dao_choose(app.db, NOW_MS, PPS, &id), ERR_OK);
    ck_assert_int_eq(id, small);
    app_end();
}
END_TEST

START_TEST(test_media_node_that_is_dead_or_drained_takes_nothing)
{
    begin();
    int64_t id;
    int64_t node = report("n1", true, 50000, 0).id;
    ck_assert_int_eq(media_node_dao_set_drained(app.db, "n1", true), ERR_OK);
    ck_assert_int_eq(media_node_dao_set_drained(app.db, "n2", true), ERR_DB_NO_ROW);
    ck_assert_int_eq(media_node_dao_choose(app.db, NOW_MS, PPS, &id), ERR_DB_NO_ROW);
    ck_assert_int_eq(media_node_dao_stay(app.db, node, NOW_MS, PPS), ERR_DB_NO_ROW);
    ck_assert(report("n1", true, 50000, 0).is_drained); /* over its starts */
    ck_assert_int_eq(media_node_dao_set_drained(app.db, "n1", false), ERR_OK);
    ck_assert_int_eq(media_node_dao_choose(app.db, NOW_MS, PPS, &id), ERR_OK);
    int64_t over = NOW_MS + config.media_lease_ms + 1;
    ck_assert_int_eq(media_node_dao_choose(app.db, over, PPS, &id), ERR_DB_NO_ROW);
    ck_assert_int_eq(media_node_dao_forget(app.db, over), ERR_OK);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM media_nodes"), 0);
    app_end();
}
END_TEST

/* A meeting over the node "n1". */
static struct meeting carried(void)
{
    struct meeting m = make_meeting(make_user("anna"), 10);
    char name[8];
    report("n1", true, 50000, 0);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "p%d", i);
        ck_assert_int_eq(join(m.id, make_user(name)), ERR_OK);
    }
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings m JOIN media_nodes n ON n.id = m.media_node"), 1);
    return m;
}

static int sweep(void)
{
    struct context ctx = context_of(0);
    int count;
    ck_assert_int_eq(media_node_sweep(&ctx, &count), ERR_OK);
    return count;
}

START_TEST(test_media_node_is_dead_only_for_who_saw_the_database_all_the_while)
{
    begin();
    struct meeting m = carried();
    ck_assert_int_eq(sweep(), 0);
    app.clock.fixed_ms += 100000; /* nobody could renew anything, perhaps: the first look in a long time */
    ck_assert_int_eq(sweep(), 0);
    for (int64_t end = app.clock.fixed_ms + config.media_lease_ms; app.clock.fixed_ms < end - 1000;) {
        app.clock.fixed_ms += 1000;
        ck_assert_int_eq(sweep(), 0);
    }
    app.clock.fixed_ms += 1000;
    ck_assert_int_eq(sweep(), 1);
    ck_assert_int_eq(sweep(), 0);
    ck_assert_str_eq(events_after(m.id, 5), "media_moved media_moved");
    ck_assert_int_eq(number("SELECT media_epoch FROM meetings"), 2);
    ck_assert_int_eq(number("SELECT media_node + media_mode FROM meetings"), 0);
    app_end();
}
END_TEST

START_TEST(test_media_node_that_comes_up_finds_crowded_meetings)
{
    begin();
    struct meeting m = carried();
    int64_t *ids;
    int count;
    ck_assert_int_eq(media_node_dao_crowded(app.db, arena, 4, 1 << 10, 9, &ids, &count), ERR_OK);
    ck_assert_int_eq(count, 0); /* it goes over a node already */
    ck_assert_int_eq(db_run_script(app.db, "UPDATE meetings SET media_mode = 0, media_node = 0"), ERR_OK);
    ck_assert_int_eq(media_node_dao_crowded(app.db, arena, 4, 1 << 10, 9, &ids, &count), ERR_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(ids[0], m.id);
    ck_assert_int_eq(media_node_dao_crowded(app.db, arena, 5, 1 << 10, 9, &ids, &count), ERR_OK);
    ck_assert_int_eq(count, 0);
    ck_assert_int_eq(db_run_script(app.db, "UPDATE meetings SET settings = settings | 1024"), ERR_OK);
    ck_assert_int_eq(media_node_dao_crowded(app.db, arena, 5, 1 << 10, 9, &ids, &count), ERR_OK);
    ck_assert_int_eq(count, 1);
    app_end();
}
END_TEST

CHECK_MAIN("media_nodes", test_media_node_lease_is_renewed_and_a_break_is_noted,
           test_media_node_with_most_room_is_chosen_until_none_has_any,
           test_media_node_that_is_dead_or_drained_takes_nothing,
           test_media_node_is_dead_only_for_who_saw_the_database_all_the_while,
           test_media_node_that_comes_up_finds_crowded_meetings)
