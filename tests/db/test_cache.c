/* service/meeting_cache.h: nobody reads a state older than their own write, and what comes from the cache is what was
 * put. */
#include <hiredis/hiredis.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/meeting_cache.h"
#include "service/user.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

static void begin(void)
{
    fixture_begin();
    redisContext *redis = redisConnectUnix(config.redis_socket);
    freeReplyObject(redisCommand(redis, "FLUSHALL"));
    redisFree(redis);
}

static int detail(int64_t meeting_id, int64_t user_id, struct meeting *m)
{
    struct context ctx = context_of(user_id);
    struct meeting_view v;
    ck_assert_int_eq(meeting_detail(&ctx, arena_printf(ctx.arena, "%lld", (long long)meeting_id), &v), ERR_OK);
    *m = v.meeting;
    return v.count;
}

/* Statements that a detail costs. */
static int64_t cost(int64_t meeting_id, int64_t user_id)
{
    struct meeting m;
    int64_t before = db_statements_sent(app.db);
    detail(meeting_id, user_id, &m);
    return db_statements_sent(app.db) - before;
}

START_TEST(test_cache_second_look_asks_no_database)
{
    begin();
    int64_t anna = make_user("anna"), ben = make_user("ben");
    struct context host = context_of(anna);
    struct meeting made, a, b;
    struct meeting_input options = {.title = GIVEN("Title 王"),
                                    .description = GIVEN(""),
                                    .duration_minutes = GIVEN(7),
                                    .password = GIVEN("pw"),
                                    .max_participants = GIVEN(9),
                                    .is_public = GIVEN(true),
                                    .is_recorded = GIVEN(true)};
    ck_assert_int_eq(meeting_create(&host, &options, &made), ERR_OK);
    ck_assert_int_eq(join(made.id, anna), ERR_OK);
    int first = detail(made.id, ben, &a);
    ck_assert_int_eq(cost(made.id, ben), 0);
    ck_assert_int_eq(detail(made.id, ben, &b), first);
    ck_assert_str_eq(a.title, b.title);
    ck_assert_str_eq(a.code, b.code);
    ck_assert_str_eq(a.host_name, b.host_name);
    ck_assert_int_eq(a.start_time_ms, b.start_time_ms);
    ck_assert_int_eq(a.actual_start_ms, b.actual_start_ms);
    ck_assert_int_eq(a.duration_minutes, 7);
    ck_assert(b.is_public && b.is_recorded);
    ck_assert_uint_eq(a.password_box.len, b.password_box.len);
    ck_assert_mem_eq(a.password_box.bytes, b.password_box.bytes, a.password_box.len);
    ck_assert_int_eq(a.event_seq, b.event_seq);
    app_end();
}
END_TEST

START_TEST(test_cache_every_change_is_seen_at_once)
{
    begin();
    int64_t anna = make_user("anna"), ben = make_user("ben");
    struct context host = context_of(anna);
    struct meeting m = make_meeting(anna, 10);
    struct participant p;
    struct user user;
    ck_assert_int_eq(detail(m.id, anna, &m), 0);
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(detail(m.id, anna, &m), 1);
    ck_assert_int_eq(m.status, MEETING_ONGOING);
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    ck_assert_int_eq(detail(m.id, ben, &m), 2);
    struct meeting_input changes = {.title = GIVEN("New")};
    ck_assert_int_eq(meeting_update(&host, m.id, &changes, &m), ERR_OK);
    detail(m.id, ben, &m);
    ck_assert_str_eq(m.title, "New");
    ck_assert_int_eq(user_update(&host, "Annabel", NULL, &user), ERR_OK);
    detail(m.id, ben, &m);
    ck_assert_str_eq(m.creator_name, "Annabel");
    ck_assert_int_eq(participant_set_media(&host, m.id, host.user_id, 1, -1, -1, &p), ERR_OK);
    ck_assert_int_eq(leave(m.id, ben), ERR_OK);
    ck_assert_int_eq(detail(m.id, ben, &m), 1);
    ck_assert_int_eq(meeting_end(&host, m.id, &m), ERR_OK);
    ck_assert_int_eq(detail(m.id, ben, &m), 0);
    ck_assert_int_eq(m.status, MEETING_ENDED);
    app_end();
}
END_TEST

START_TEST(test_cache_a_reader_that_began_before_a_change_puts_nothing_after_it)
{
    begin();
    int64_t anna = make_user("anna");
    struct context ctx = context_of(anna);
    struct meeting m = make_meeting(anna, 10), old;
    struct participant *people;
    struct kv_ticket ticket;
    int count;
    ck_assert_int_eq(meeting_dao_by_id(app.db, arena, m.id, &old), ERR_OK);
    ck_assert(!meeting_cache_get(&ctx, m.id, &m, &people, &count, &ticket)); /* a slow reader has missed, and read */
    ck_assert(ticket.good);
    ck_assert_int_eq(join(m.id, anna), ERR_OK); /* the change comes in between */
    meeting_cache_put(&ctx, ticket, &old, NULL, 0);
    ck_assert_int_eq(detail(m.id, anna, &m), 1);
    app_end();
}
END_TEST

START_TEST(test_cache_nothing_is_put_while_a_change_is_under_way)
{
    begin();
    int64_t anna = make_user("anna");
    struct context ctx = context_of(anna);
    struct meeting m = make_meeting(anna, 10);
    struct participant *people;
    struct kv_ticket ticket;
    int count;
    meeting_cache_hold(&ctx, m.id);
    meeting_cache_hold(&ctx, m.id); /* two changes at once */
    ck_assert(!meeting_cache_get(&ctx, m.id, &m, &people, &count, &ticket));
    ck_assert(!ticket.good);
    ck_assert(meeting_cache_publish(&ctx, m.id, "", NULL, 0));
    ck_assert_int_gt(cost(m.id, anna), 0);
    ck_assert_int_gt(cost(m.id, anna), 0); /* the other one goes on */
    ck_assert(meeting_cache_publish(&ctx, m.id, "", NULL, 0));
    ck_assert_int_gt(cost(m.id, anna), 0);
    ck_assert_int_eq(cost(m.id, anna), 0);
    app_end();
}
END_TEST

/* Each process makes a change of its own and must then read a state that is at least as new. */
static void write_and_read(int64_t meeting_id, int64_t host, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        struct context ctx = context_of(host);
        struct meeting m;
        struct participant p;
        ck_assert_int_eq(participant_set_hand(&ctx, meeting_id, ctx.user_id, i % 2 == 0, &p), ERR_OK);
        int64_t written = number("SELECT event_seq FROM meetings"); /* at least as far as the own change */
        detail(meeting_id, host, &m);
        ck_assert_int_ge(m.event_seq, written);
        arena_reset(arena);
    }
}

START_TEST(test_cache_writers_and_readers_at_once_never_see_less_than_their_own_write)
{
    begin();
    enum { PEOPLE = 6, ROUNDS = 60 };
    int64_t people[PEOPLE], host = make_user("host");
    int64_t meeting_id = make_meeting(host, 20).id;
    for (int i = 0; i < PEOPLE; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        people[i] = make_user(name);
        ck_assert_int_eq(join(meeting_id, people[i]), ERR_OK);
    }
    pid_t pids[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        if ((pids[i] = fork()) == 0) {
            app_begin();
            write_and_read(meeting_id, people[i], ROUNDS);
            app_end();
            _exit(0);
        }
    for (int i = 0; i < PEOPLE; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "process %d", i);
    }
    check_consistent(meeting_id);
    app_end();
}
END_TEST

START_TEST(test_cache_rubbish_in_redis_is_a_miss)
{
    begin();
    int64_t anna = make_user("anna");
    struct meeting m = make_meeting(anna, 10);
    ck_assert_int_eq(detail(m.id, anna, &m), 0);
    redisContext *redis = redisConnectUnix(config.redis_socket);
    const char *const values[] = {"", "x", "\1\0\0\0\0\0\0\0", "\1\0\0\0\0\0\0\0short"};
    const size_t lens[] = {0, 1, 8, 13};
    for (int i = 0; i < 4; i++) {
        freeReplyObject(redisCommand(redis, "SET echomeet:meeting:%lld:v %b", (long long)m.id, values[i], lens[i]));
        ck_assert_int_gt(cost(m.id, anna), 0);
    }
    redisFree(redis);
    app_end();
}
END_TEST

CHECK_MAIN("cache", test_cache_second_look_asks_no_database, test_cache_every_change_is_seen_at_once,
           test_cache_a_reader_that_began_before_a_change_puts_nothing_after_it,
           test_cache_nothing_is_put_while_a_change_is_under_way,
           test_cache_writers_and_readers_at_once_never_see_less_than_their_own_write,
           test_cache_rubbish_in_redis_is_a_miss)
