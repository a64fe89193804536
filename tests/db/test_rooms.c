/* The rules of meetings on real servers: joining, leaving, the host's seat, chat, the room's log, also with many at
 * once. */
#include <hiredis/hiredis.h>

#include "service/events.h"
#include "tests/check_main.h"
#include "tests/db/at_once.h"

START_TEST(test_meeting_code_that_is_taken_is_drawn_again)
{
    static const unsigned char twice_the_same[] = {5, 6, 7, 8, 9, 10, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    fixture_begin();
    int64_t anna = make_user("anna");
    app.random = random_script(twice_the_same, sizeof twice_the_same);
    struct meeting first = make_meeting(anna, 10), second = make_meeting(anna, 10);
    ck_assert_str_eq(first.code, "ACDEFG");
    ck_assert_str_eq(second.code, "HJKMNP");
    /* nothing but the code that is taken: after some tries it says so, and no meeting is left behind */
    app.random = random_script(twice_the_same, 6);
    struct context ctx = context_of(anna);
    struct meeting third;
    ck_assert_int_eq(meeting_create(&ctx,
                                    &(struct meeting_input){.title = GIVEN("T"),
                                                            .description = GIVEN(""),
                                                            .duration_minutes = GIVEN(1),
                                                            .max_participants = GIVEN(2)},
                                    &third),
                     ERR_UNAVAILABLE);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings"), 2);
    app_end();
}
END_TEST

START_TEST(test_join_first_one_starts_the_meeting_and_last_one_out_ends_it)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben");
    struct meeting m = make_meeting(anna, 10);
    struct context ctx = context_of(anna);
    struct meeting_view v;
    ck_assert_int_eq(m.status, MEETING_SCHEDULED);
    app.clock.fixed_ms = NOW_MS + 5000;
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    app.clock.fixed_ms = NOW_MS + 6000;
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(meeting_detail(&ctx, m.code, &v), ERR_OK);
    ck_assert_int_eq(v.meeting.status, MEETING_ONGOING);
    ck_assert_int_eq(v.meeting.actual_start_ms, NOW_MS + 5000);
    ck_assert_int_eq(v.count, 2);
    ck_assert_int_eq(v.people[0].user_id, ben); /* longest present first */
    ck_assert_int_eq(leave(m.id, ben), ERR_OK);
    app.clock.fixed_ms = NOW_MS + 9000;
    ck_assert_int_eq(leave(m.id, anna), ERR_OK);
    ck_assert_int_eq(meeting_detail(&ctx, m.code, &v), ERR_OK);
    ck_assert_int_eq(v.meeting.status, MEETING_ENDED);
    ck_assert_int_eq(v.meeting.actual_end_ms, NOW_MS + 9000);
    ck_assert_int_eq(v.count, 0);
    ck_assert_str_eq(events_after(m.id, 0), "user_joined user_joined user_left user_left meeting_ended");
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_join_errors_come_in_their_order)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben"), cleo = make_user("cleo");
    struct context host = context_of(anna), ctx = context_of(ben);
    struct meeting_input options = {.title = GIVEN("T"),
                                    .description = GIVEN(""),
                                    .duration_minutes = GIVEN(60),
                                    .max_participants = GIVEN(2),
                                    .password = GIVEN("pw")};
    struct meeting m;
    struct room_view view;
    ck_assert_int_eq(meeting_create(&host, &options, &m), ERR_OK);
    ck_assert_int_eq(join_by_rest(&ctx, m.id + 1, (struct join_credentials){.password = "pw"}, &view), ERR_NOT_FOUND);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){0}, &view), ERR_WRONG_PASSWORD);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "PW"}, &view), ERR_WRONG_PASSWORD);
    ck_assert_int_eq(join_by_rest(&host, m.id, (struct join_credentials){0}, &view), ERR_OK); /* the host knows it */
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_OK);
    ck_assert_int_eq(view.me.user_id, ben);
    ck_assert_int_eq(view.participant_count, 2);
    ck_assert_int_eq(view.seq, 2);
    /* full by now: who sits in it is told that they do; a wrong password comes first */
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "no"}, &view), ERR_WRONG_PASSWORD);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_ALREADY_JOINED);
    ctx = context_of(cleo);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_MEETING_FULL);
    ck_assert_int_eq(moderation_remove(&host, m.id, ben, false), ERR_OK);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_OK);
    ctx = context_of(ben);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "wrong"}, &view), ERR_REMOVED);
    ck_assert_int_eq(meeting_end(&host, m.id, &m), ERR_OK);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_MEETING_ENDED);
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_host_seat_goes_to_the_longest_present_cohost_else_participant)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben"), cleo = make_user("cleo"), dan = make_user("dan");
    struct meeting m = make_meeting(anna, 10);
    struct participant p;
    const int64_t everybody[] = {anna, ben, cleo, dan};
    for (int i = 0; i < 4; i++) {
        app.clock.fixed_ms += 1000;
        ck_assert_int_eq(join(m.id, everybody[i]), ERR_OK);
    }
    struct context host = context_of(anna);
    ck_assert_int_eq(participant_set_role(&host, m.id, dan, ROLE_COHOST, &p), ERR_OK);
    ck_assert_int_eq(participant_set_role(&host, m.id, anna, ROLE_COHOST, &p), ERR_CONFLICT);
    ck_assert_int_eq(leave(m.id, anna), ERR_OK);
    ck_assert_int_eq(number("SELECT host_id FROM meetings"), dan);
    ck_assert_int_eq(leave(m.id, dan), ERR_OK);
    ck_assert_int_eq(number("SELECT host_id FROM meetings"), ben);
    ck_assert_int_eq(leave(m.id, cleo), ERR_OK); /* no host: the seat stays */
    ck_assert_int_eq(number("SELECT host_id FROM meetings"), ben);
    ck_assert_str_eq(events_after(m.id, 4), "role_changed user_left host_changed user_left host_changed user_left");
    /* who was the host comes back as what their row says */
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(participant_dao_find(app.db, arena, m.id, anna, &p), ERR_OK);
    ck_assert_int_eq(p.role, ROLE_PARTICIPANT);
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_end_is_for_hosts_and_marks_everybody_as_left)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben"), cleo = make_user("cleo");
    struct meeting m = make_meeting(anna, 10);
    struct context host = context_of(anna), cohost = context_of(ben), nobody = context_of(cleo);
    struct participant p;
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    ck_assert_int_eq(join(m.id, cleo), ERR_OK);
    ck_assert_int_eq(meeting_end(&nobody, m.id, &m), ERR_FORBIDDEN);
    ck_assert_int_eq(meeting_end(&cohost, m.id, &m), ERR_FORBIDDEN);
    ck_assert_int_eq(participant_set_role(&host, m.id, ben, ROLE_COHOST, &p), ERR_OK);
    ck_assert_int_eq(meeting_end(&cohost, m.id, &m), ERR_OK);
    ck_assert_int_eq(m.status, MEETING_ENDED);
    ck_assert_int_eq(meeting_end(&host, m.id, &m), ERR_MEETING_ENDED);
    ck_assert_int_eq(meeting_end(&nobody, m.id, &m), ERR_FORBIDDEN);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants WHERE status = 2 AND left_at IS NOT NULL"), 3);
    ck_assert_int_eq(leave(m.id, cleo), ERR_NOT_JOINED);
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_chat_same_client_id_is_stored_once)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben");
    struct meeting m = make_meeting(anna, 10);
    struct context ctx = context_of(anna), stranger = context_of(ben);
    struct message first, second;
    bool repeated;
    ck_assert_int_eq(
        chat_send(&ctx, m.id, &(struct message){.text = "hello", .client_id = "c1", .to_id = 0}, &first, &repeated),
        ERR_NOT_JOINED);
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(
        chat_send(&ctx, m.id, &(struct message){.text = "hello", .client_id = "c1", .to_id = 0}, &first, &repeated),
        ERR_OK);
    ck_assert(!repeated);
    ck_assert_int_eq(chat_send(&ctx, m.id, &(struct message){.text = "other text", .client_id = "c1", .to_id = 0},
                               &second, &repeated),
                     ERR_OK);
    ck_assert(repeated);
    ck_assert_int_eq(second.id, first.id);
    ck_assert_str_eq(second.text, "hello");
    ck_assert_int_eq(
        chat_send(&stranger, m.id, &(struct message){.text = "hi", .client_id = "c1", .to_id = 0}, &second, &repeated),
        ERR_NOT_JOINED);
    ck_assert_str_eq(events_after(m.id, 0), "user_joined chat_message");
    app_end();
}
END_TEST

START_TEST(test_chat_private_message_concerns_two)
{
    fixture_begin();
    int64_t anna = make_user("anna"), ben = make_user("ben"), cleo = make_user("cleo");
    struct meeting m = make_meeting(anna, 10);
    struct context ctx = context_of(anna), reader;
    struct message sent, *messages;
    struct room_event *events;
    int count;
    bool flag;
    int64_t seq;
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    ck_assert_int_eq(
        chat_send(&ctx, m.id, &(struct message){.text = "psst", .client_id = "c1", .to_id = cleo}, &sent, &flag),
        ERR_VALIDATION_FAILED); /* not in it */
    ck_assert_str_eq(ctx.fault.field, "to");
    ck_assert_int_eq(join(m.id, cleo), ERR_OK);
    ck_assert_int_eq(
        chat_send(&ctx, m.id, &(struct message){.text = "psst", .client_id = "c1", .to_id = ben}, &sent, &flag),
        ERR_OK);
    const struct {
        int64_t user;
        int messages, events;
    } views[] = {{anna, 1, 4}, {ben, 1, 4}, {cleo, 0, 3}};
    for (int i = 0; i < 3; i++) {
        reader = context_of(views[i].user);
        ck_assert_int_eq(chat_list(&reader, m.id, 0, 50, &messages, &count, &flag), ERR_OK);
        ck_assert_int_eq(count, views[i].messages);
        ck_assert_int_eq(events_list(&reader, m.id, 0, &events, &count, &seq), ERR_OK);
        ck_assert_int_eq(count, views[i].events);
        ck_assert_int_eq(seq, 4);
    }
    app_end();
}
END_TEST

/* Subscribes to a room's channel; the next messages of it come one by one. */
static redisContext *subscribe(int64_t meeting_id)
{
    redisContext *redis = redisConnectUnix(config.redis_socket);
    ck_assert(redis && !redis->err);
    redisReply *reply = redisCommand(redis, "SUBSCRIBE echomeet:room:%lld", (long long)meeting_id);
    ck_assert_ptr_nonnull(reply);
    freeReplyObject(reply);
    return redis;
}

START_TEST(test_room_event_is_published_after_it_is_committed)
{
    fixture_begin();
    int64_t anna = make_user("anna");
    struct meeting m = make_meeting(anna, 10);
    redisContext *redis = subscribe(m.id);
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(leave(m.id, anna), ERR_OK);
    const char *const wanted[] = {" 1 * - {\"type\":\"user_joined\"",
                                  " 2 * user:", " 3 * all:4410 {\"type\":\"meeting_ended\""};
    for (int i = 0; i < 3; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(redis, (void **)&reply), REDIS_OK);
        ck_assert_msg(strstr(reply->element[2]->str, wanted[i]) != NULL, "%s", reply->element[2]->str);
        freeReplyObject(reply);
    }
    redisFree(redis);
    app_end();
}
END_TEST

START_TEST(test_room_changes_go_on_without_redis)
{
    fixture_begin();
    struct config without = config;
    without.redis_socket = "/nowhere/redis.sock";
    struct kv *kv = app.kv;
    app.kv = kv_new(&without, &app.clock);
    int64_t anna = make_user("anna");
    struct meeting m = make_meeting(anna, 10);
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    ck_assert_int_eq(leave(m.id, anna), ERR_OK);
    ck_assert_str_eq(events_after(m.id, 0), "user_joined user_left meeting_ended");
    kv_free(&app.kv);
    app.kv = kv;
    app_end();
}
END_TEST

enum { STORM_PROCESSES = 8, STORM_USERS = 6, STORM_SEATS = 10, STORM_ROUNDS = 12 };

struct storm {
    int64_t meeting_id;
    int64_t first_user;
};

/* Everybody comes and goes; nobody is told anything but "full". Whoever is in at the end stays. */
static void storm(int process, void *arg)
{
    const struct storm *s = arg;
    for (int round = 0; round < STORM_ROUNDS; round++)
        for (int u = 0; u < STORM_USERS; u++) {
            int64_t user = s->first_user + process * STORM_USERS + u;
            enum err e = join(s->meeting_id, user);
            ck_assert_msg(e == ERR_OK || e == ERR_MEETING_FULL || e == ERR_ALREADY_JOINED, "%s", err_code(e));
            if (e == ERR_OK && round < STORM_ROUNDS - 1 && (user + round) % 3)
                ck_assert_int_eq(leave(s->meeting_id, user), ERR_OK);
        }
}

START_TEST(test_join_storm_never_overbooks)
{
    fixture_begin();
    struct storm s = {0};
    for (int i = 0; i < STORM_PROCESSES * STORM_USERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "u%d", i);
        int64_t id = make_user(name);
        s.first_user = i ? s.first_user : id;
        ck_assert_int_eq(id, s.first_user + i);
    }
    int64_t keeper = make_user("keeper"); /* so that the meeting does not end in between */
    s.meeting_id = make_meeting(keeper, STORM_SEATS).id;
    ck_assert_int_eq(join(s.meeting_id, keeper), ERR_OK);
    at_once(STORM_PROCESSES, storm, &s);
    check_consistent(s.meeting_id);
    ck_assert_int_eq(number("SELECT participant_count FROM meetings"), STORM_SEATS);
    /* by the log: never more than the seats at any instant */
    ck_assert_int_eq(
        number(
            "SELECT CAST(MAX(n) AS SIGNED) FROM (SELECT SUM(CASE type WHEN 'user_joined' THEN 1 WHEN 'user_left' THEN -1 ELSE 0 END) "
            "OVER (ORDER BY seq) AS n FROM room_events) x"),
        STORM_SEATS);
    app_end();
}
END_TEST

struct endgame {
    int64_t meeting_id;
    int64_t users[4];
};

/* Two hosts end, one joins, one leaves, all at once. */
static void endgame(int process, void *arg)
{
    const struct endgame *g = arg;
    struct context ctx = context_of(g->users[process]);
    struct meeting m;
    enum err e = process < 2    ? meeting_end(&ctx, g->meeting_id, &m)
                 : process == 2 ? join(g->meeting_id, g->users[2])
                                : leave(g->meeting_id, g->users[3]);
    bool fine = e == ERR_OK || (process < 3 && e == ERR_MEETING_ENDED) || (process == 3 && e == ERR_NOT_JOINED);
    ck_assert_msg(fine, "%d: %s", process, err_code(e));
}

START_TEST(test_end_join_and_leave_at_once_have_one_outcome)
{
    fixture_begin();
    struct endgame g;
    const char *const names[] = {"host", "cohost", "joiner", "leaver"};
    for (int i = 0; i < 4; i++)
        g.users[i] = make_user(names[i]);
    for (int round = 0; round < 15; round++) {
        struct context host = context_of(g.users[0]);
        struct participant p;
        g.meeting_id = make_meeting(g.users[0], 10).id;
        ck_assert_int_eq(join(g.meeting_id, g.users[0]), ERR_OK);
        ck_assert_int_eq(join(g.meeting_id, g.users[1]), ERR_OK);
        ck_assert_int_eq(join(g.meeting_id, g.users[3]), ERR_OK);
        ck_assert_int_eq(participant_set_role(&host, g.meeting_id, g.users[1], ROLE_COHOST, &p), ERR_OK);
        at_once(4, endgame, &g);
        check_consistent(g.meeting_id);
    }
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings WHERE status <> 3 OR participant_count > 0"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events WHERE type = 'meeting_ended'"), 15);
    app_end();
}
END_TEST

static void last_two(int process, void *arg)
{
    const struct endgame *g = arg;
    ck_assert_int_eq(leave(g->meeting_id, g->users[process]), ERR_OK);
}

START_TEST(test_leave_of_the_last_two_at_once_ends_the_meeting_once)
{
    fixture_begin();
    struct endgame g = {.users = {make_user("anna"), make_user("ben")}};
    for (int round = 0; round < 15; round++) {
        g.meeting_id = make_meeting(g.users[0], 10).id;
        ck_assert_int_eq(join(g.meeting_id, g.users[0]), ERR_OK);
        ck_assert_int_eq(join(g.meeting_id, g.users[1]), ERR_OK);
        at_once(2, last_two, &g);
        check_consistent(g.meeting_id);
    }
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings WHERE status <> 3"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events WHERE type = 'meeting_ended'"), 15);
    app_end();
}
END_TEST

CHECK_MAIN("rooms", test_meeting_code_that_is_taken_is_drawn_again,
           test_join_first_one_starts_the_meeting_and_last_one_out_ends_it, test_join_errors_come_in_their_order,
           test_host_seat_goes_to_the_longest_present_cohost_else_participant,
           test_end_is_for_hosts_and_marks_everybody_as_left, test_chat_same_client_id_is_stored_once,
           test_chat_private_message_concerns_two, test_room_event_is_published_after_it_is_committed,
           test_room_changes_go_on_without_redis, test_join_storm_never_overbooks,
           test_end_join_and_leave_at_once_have_one_outcome, test_leave_of_the_last_two_at_once_ends_the_meeting_once)
