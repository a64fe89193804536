/* service/presence.h and join_by_websocket on real servers: who owns a seat, and what happens to it. */
#include "core/limits.h"
#include "db/relay_dao.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

static struct meeting m;
static int64_t anna, ben;

static void begin(void)
{
    fixture_begin();
    anna = make_user("anna");
    ben = make_user("ben");
    m = make_meeting(anna, 10);
    ck_assert_int_eq(join(m.id, ben), ERR_OK); /* so that the meeting goes on */
}

static enum err enter(const char *connection, int64_t since, struct room_view *view)
{
    struct context ctx = context_from(anna, connection);
    return join_by_websocket(&ctx, m.id, (struct join_credentials){0}, since, view);
}

static enum err report(const char *connection, bool expired)
{
    struct context ctx = context_from(0, connection);
    struct presence_report r = {.meeting_id = m.id, .user_id = anna, .connection = connection, .expired = expired};
    presence_report(&ctx, &r, 1);
    ck_assert(r.done);
    return r.failed ? ERR_UNAVAILABLE : ERR_OK;
}

static enum err lost(const char *connection) { return report(connection, false); }
static enum err expired(const char *connection) { return report(connection, true); }

static void sync(const char *relay)
{
    struct context ctx = context_from(0, relay);
    struct room_position *ahead;
    int count;
    ck_assert_int_eq(presence_sync(&ctx, NULL, 0, &ahead, &count), ERR_OK);
}

START_TEST(test_presence_seat_is_kept_and_then_given_up)
{
    begin();
    struct room_view view;
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert_int_eq(lost("r1.1"), ERR_OK);
    ck_assert_int_eq(lost("r1.1"), ERR_OK); /* said twice: nothing more */
    ck_assert_int_eq(expired("r1.1"), ERR_OK);
    ck_assert_int_eq(expired("r1.1"), ERR_OK);
    ck_assert_str_eq(events_after(m.id, 1), "user_joined presence_changed user_left host_changed");
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_presence_seat_that_was_taken_over_is_not_given_up)
{
    begin();
    struct room_view view;
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert_int_eq(lost("r1.1"), ERR_OK);
    ck_assert_int_eq(enter("r2.9", -1, &view), ERR_OK);
    ck_assert_int_eq(expired("r1.1"), ERR_OK);
    ck_assert_int_eq(lost("r1.1"), ERR_OK);
    ck_assert_str_eq(events_after(m.id, 1), "user_joined presence_changed presence_changed");
    ck_assert_int_eq(expired("r2.9"), ERR_OK); /* its connection is not broken */
    ck_assert_str_eq(events_after(m.id, 4), "");
    app_end();
}
END_TEST

START_TEST(test_presence_second_connection_takes_the_seat_and_closes_the_first)
{
    begin();
    struct room_view view;
    struct room_event *events;
    struct context relay = context_of(0);
    int count;
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert_int_eq(enter("r1.2", -1, &view), ERR_OK);
    ck_assert_int_eq(room_events_after(&relay, m.id, 2, 0, &events, &count), ERR_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(events[0].effect, "conn:r1.1:4409");
    ck_assert_int_eq(enter("r1.2", -1, &view), ERR_OK); /* the same again: nothing to tell */
    ck_assert_str_eq(events_after(m.id, 3), "");
    check_consistent(m.id);
    app_end();
}
END_TEST

/* How many are online by the meeting's row, which must be what the rows of its people say. */
static int64_t online(void)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT online_count FROM meetings WHERE id = %lld", (long long)m.id);
    check_consistent(m.id);
    return number(sql);
}

START_TEST(test_presence_who_is_online_is_counted_with_every_change)
{
    begin();
    struct room_view view;
    struct context host = context_of(anna);
    int64_t cleo = make_user("cleo");
    struct context cleo_call = context_from(cleo, "r1.7");
    struct meeting ended;
    ck_assert_int_eq(online(), 0); /* who joined by REST has no connection */
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert_int_eq(view.meeting.online_count, 1);
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(enter("r1.2", -1, &view), ERR_OK); /* taken over while online */
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(lost("r1.1"), ERR_OK); /* no longer the seat's */
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(lost("r1.2"), ERR_OK);
    ck_assert_int_eq(lost("r1.2"), ERR_OK);
    ck_assert_int_eq(online(), 0);
    ck_assert_int_eq(enter("r1.3", -1, &view), ERR_OK); /* taken over while away */
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(join_by_websocket(&cleo_call, m.id, (struct join_credentials){0}, -1, &view), ERR_OK);
    ck_assert_int_eq(online(), 2);
    ck_assert_int_eq(leave(m.id, ben), ERR_OK); /* the one without a connection */
    ck_assert_int_eq(online(), 2);
    ck_assert_int_eq(moderation_remove(&host, m.id, cleo, false), ERR_OK);
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    ck_assert_int_eq(lost("r1.3"), ERR_OK);
    ck_assert_int_eq(expired("r1.3"), ERR_OK); /* left while away */
    ck_assert_int_eq(online(), 0);
    ck_assert_int_eq(enter("r1.4", -1, &view), ERR_OK); /* back as one who had left */
    ck_assert_int_eq(online(), 1);
    host = context_of(ben); /* the seat passed to him */
    ck_assert_int_eq(meeting_end(&host, m.id, &ended), ERR_OK);
    ck_assert_int_eq(ended.online_count, 0);
    ck_assert_int_eq(online(), 0);
    app_end();
}
END_TEST

START_TEST(test_join_room_with_since_brings_what_was_missed)
{
    begin();
    struct room_view view;
    struct context ctx = context_of(ben);
    struct participant p;
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert(!view.resumed);
    ck_assert_int_eq(view.participant_count, 2);
    int64_t seen = view.seq;
    ck_assert_int_eq(lost("r1.1"), ERR_OK);
    ck_assert_int_eq(participant_set_media(&ctx, m.id, ctx.user_id, 1, -1, -1, &p), ERR_OK);
    ck_assert_int_eq(enter("r1.2", seen, &view), ERR_OK);
    ck_assert(view.resumed);
    ck_assert_int_eq(view.event_count, 3); /* away, media, back */
    ck_assert_int_eq(view.events[0].seq, seen + 1);
    ck_assert_int_eq(view.seq, seen + 3);
    /* a number that this room never had, and one too long ago: the whole room */
    ck_assert_int_eq(enter("r1.3", 1000, &view), ERR_OK);
    ck_assert(!view.resumed);
    for (int i = 0; i <= LIMIT_EVENTS_PAGE; i++)
        ck_assert_int_eq(participant_set_hand(&ctx, m.id, ctx.user_id, i % 2 == 0, &p), ERR_OK);
    ck_assert_int_eq(enter("r1.4", seen, &view), ERR_OK);
    ck_assert(!view.resumed);
    ck_assert_int_eq(view.participant_count, 2);
    app_end();
}
END_TEST

START_TEST(test_presence_seats_of_a_dead_relay_are_swept)
{
    begin();
    struct room_view view;
    sync("r1");
    sync("r2");
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    const int64_t step = config.relay_sync_ms;
    for (int64_t t = 0; t <= config.relay_lease_ms; t += step) { /* r2 lives, r1 is silent, within its lease */
        app.clock.fixed_ms = NOW_MS + t;
        sync("r2");
    }
    ck_assert_str_eq(events_after(m.id, 2), "");
    app.clock.fixed_ms += step;
    sync("r2");
    ck_assert_str_eq(events_after(m.id, 2), "user_left host_changed");
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_presence_nobody_is_swept_because_the_database_was_away)
{
    begin();
    struct room_view view;
    sync("r1");
    sync("r2");
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    app.clock.fixed_ms =
        NOW_MS + 10 * config.relay_lease_ms; /* nobody could renew; r2 happens to be the first one back */
    sync("r2");
    ck_assert_str_eq(events_after(m.id, 2), "");
    app.clock.fixed_ms += config.relay_sync_ms;
    sync("r1");
    for (int64_t t = 0; t <= 2 * config.relay_lease_ms; t += config.relay_sync_ms) {
        app.clock.fixed_ms += config.relay_sync_ms;
        sync("r2");
        sync("r1");
    }
    ck_assert_str_eq(events_after(m.id, 2), "");
    app_end();
}
END_TEST

/* r2 sends its heartbeats from here on, for so long. */
static void go_on(int64_t ms)
{
    for (int64_t t = 0; t < ms; t += config.relay_sync_ms) {
        app.clock.fixed_ms += config.relay_sync_ms;
        sync("r2");
    }
}

START_TEST(test_presence_a_relay_that_was_never_heard_of_has_time_for_its_first_sign)
{
    begin();
    struct room_view view;
    sync("r2");
    go_on(2 * config.relay_lease_ms);
    ck_assert_int_eq(enter("young.1", -1, &view), ERR_OK);
    go_on(config.relay_lease_ms - config.relay_sync_ms);
    ck_assert_str_eq(events_after(m.id, 2), "");
    sync("young");
    go_on(config.relay_lease_ms);
    ck_assert_str_eq(events_after(m.id, 2), "");
    go_on(config.relay_sync_ms);
    ck_assert_str_eq(events_after(m.id, 2), "user_left host_changed");
    app_end();
}
END_TEST

START_TEST(test_presence_a_relay_that_never_gave_a_sign_is_swept_too)
{
    begin();
    struct room_view view;
    ck_assert_int_eq(enter("ghost.1", -1, &view), ERR_OK);
    sync("r2");
    go_on(3 * config.relay_lease_ms);
    ck_assert_str_eq(events_after(m.id, 2), "user_left host_changed");
    app_end();
}
END_TEST

/* Its time without a break begins with its first heartbeat, not when others began to wait for one. */
START_TEST(test_presence_a_relay_that_was_waited_for_is_as_young_as_its_first_sign)
{
    begin();
    struct room_view view;
    int64_t alive_since;
    sync("r2");
    go_on(2 * config.relay_lease_ms);
    ck_assert_int_eq(enter("young.1", -1, &view), ERR_OK);
    go_on(2 * config.relay_sync_ms);
    int64_t now = app.clock.fixed_ms;
    ck_assert_int_eq(relay_dao_renew(app.db, "young", now, now + config.relay_lease_ms, &alive_since), ERR_OK);
    ck_assert_int_eq(alive_since, now);
    ck_assert_int_eq(relay_dao_renew(app.db, "young", now + 1, now + config.relay_lease_ms, &alive_since), ERR_OK);
    ck_assert_int_eq(alive_since, now);
    app_end();
}
END_TEST

/* Makes the database do something once the event after seq is there: what another worker might do meanwhile. */
static void at_event(int64_t seq, const char *statement)
{
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "CREATE TRIGGER meanwhile AFTER INSERT ON room_events FOR EACH ROW IF NEW.meeting_id = %lld AND NEW.seq = %lld THEN %s; END IF",
        (long long)m.id, (long long)seq, statement);
    ck_assert_int_eq(db_run_script(app.db, sql), ERR_OK);
}

static void no_trigger(void) { ck_assert_int_eq(db_run_script(app.db, "DROP TRIGGER IF EXISTS meanwhile"), ERR_OK); }

START_TEST(test_presence_a_relay_that_came_back_while_others_swept_keeps_its_seats)
{
    begin();
    struct room_view view;
    int64_t carl = make_user("carl");
    struct context ctx = context_from(carl, "r1.2");
    sync("r1");
    sync("r2");
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert_int_eq(join_by_websocket(&ctx, m.id, (struct join_credentials){0}, -1, &view), ERR_OK);
    at_event(4, "UPDATE relays SET lease_until = '2100-01-01' WHERE id = 'r1'");
    go_on(config.relay_lease_ms + config.relay_sync_ms);
    no_trigger();
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants WHERE status = 1 AND relay = 'r1'"), 1);
    check_consistent(m.id);
    app_end();
}
END_TEST

START_TEST(test_presence_who_is_swept_although_connected_is_told_to_come_back)
{
    begin();
    struct room_view view;
    struct room_event *events;
    struct context relay = context_of(0);
    int count;
    char effect[64];
    sync("r1");
    sync("r2");
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    go_on(config.relay_lease_ms + config.relay_sync_ms);
    ck_assert_int_eq(room_events_after(&relay, m.id, 2, 0, &events, &count), ERR_OK);
    ck_assert_int_gt(count, 0);
    snprintf(effect, sizeof effect, "user:%lld:1012", (long long)anna);
    ck_assert_str_eq(events[0].type, "user_left");
    ck_assert_str_eq(events[0].effect, effect);
    app_end();
}
END_TEST

START_TEST(test_join_room_whose_seat_is_gone_before_the_room_was_read_takes_it_again)
{
    begin();
    struct room_view view;
    char left[160];
    snprintf(left, sizeof left,
             "UPDATE participants SET status = 2, relay = NULL, connection = NULL WHERE user_id = %lld",
             (long long)anna);
    at_event(2, left);
    enum err e = enter("r1.1", -1, &view);
    no_trigger();
    ck_assert_int_eq(e, ERR_OK);
    ck_assert_int_eq(view.me.status, PARTICIPANT_JOINED);
    ck_assert_str_eq(view.me.connection, "r1.1");
    ck_assert_int_eq(view.join_seq, 3);
    ck_assert_str_eq(events_after(m.id, 1), "user_joined user_joined");
    app_end();
}
END_TEST

/* The relay has given up on a call and the client has joined again: the old call must not take the seat from the new
 * one. */
START_TEST(test_join_room_that_comes_too_late_takes_no_seat)
{
    begin();
    struct room_view view;
    struct context late = context_from(anna, "r1.1");
    late.deadline_ms = NOW_MS;
    ck_assert_int_eq(join_by_websocket(&late, m.id, (struct join_credentials){0}, -1, &view), ERR_TIMEOUT);
    ck_assert_str_eq(events_after(m.id, 1), "");
    ck_assert_int_eq(enter("r1.2", -1, &view), ERR_OK);
    ck_assert_int_eq(join_by_websocket(&late, m.id, (struct join_credentials){0}, -1, &view), ERR_TIMEOUT);
    ck_assert_str_eq(events_after(m.id, 1), "user_joined");
    late.deadline_ms = NOW_MS + 1;
    ck_assert_int_eq(join_by_websocket(&late, m.id, (struct join_credentials){0}, -1, &view), ERR_OK);
    check_consistent(m.id);
    app_end();
}
END_TEST

/* Reports of several rooms in one call, more of one room than one transaction takes. */
START_TEST(test_presence_reports_come_together_and_one_room_does_not_hold_up_the_others)
{
    enum { PEOPLE = 20 };
    begin();
    struct presence_report reports[2 * PEOPLE + 1] = {0};
    struct room_view view;
    struct meeting other = make_meeting(ben, PEOPLE + 1);
    char name[16];
    int n = 0;
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(name, sizeof name, "p%d", i);
        int64_t user = make_user(name);
        const char *connection = arena_printf(arena, "r1.%d", i);
        struct context ctx = context_from(user, connection);
        int64_t meeting = i % 4 ? other.id : m.id;
        ck_assert_int_eq(join_by_websocket(&ctx, meeting, (struct join_credentials){0}, -1, &view), ERR_OK);
        reports[n++] = (struct presence_report){.meeting_id = meeting, .user_id = user, .connection = connection};
        reports[n++] =
            (struct presence_report){.meeting_id = meeting, .user_id = user, .connection = connection, .expired = true};
    }
    reports[n++] = (struct presence_report){.meeting_id = 1234567, .user_id = anna, .connection = "r1.99"};
    ck_assert_int_eq(join(other.id, ben), ERR_OK);
    struct context relay = context_from(0, "r1");
    at_event(1 + PEOPLE / 4 + 1, "SIGNAL SQLSTATE '45000'");
    presence_report(&relay, reports, n);
    no_trigger();
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(reports[i].failed, reports[i].meeting_id == m.id);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants WHERE relay IS NOT NULL"), PEOPLE / 4);
    presence_report(&relay, reports, n);
    for (int i = 0; i < n; i++)
        ck_assert(!reports[i].failed);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants WHERE relay IS NOT NULL"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events WHERE type = 'presence_changed'"), PEOPLE);
    check_consistent(m.id);
    check_consistent(other.id);
    app_end();
}
END_TEST

START_TEST(test_presence_sync_tells_which_rooms_are_ahead)
{
    begin();
    struct context ctx = context_from(0, "r1");
    enum { ROOMS = 70 }; /* more than one statement takes */
    struct room_position rooms[ROOMS], *ahead;
    int count;
    for (int i = 0; i < ROOMS; i++) {
        struct meeting other = make_meeting(anna, 10);
        ck_assert_int_eq(join(other.id, ben), ERR_OK);
        rooms[i] = (struct room_position){other.id, i % 7 == 0 ? 0 : 1};
    }
    ck_assert_int_eq(presence_sync(&ctx, rooms, ROOMS, &ahead, &count), ERR_OK);
    ck_assert_int_eq(count, 10);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(ahead[i].seq, 1);
    app_end();
}
END_TEST

CHECK_MAIN("presence", test_presence_seat_is_kept_and_then_given_up,
           test_presence_seat_that_was_taken_over_is_not_given_up,
           test_presence_second_connection_takes_the_seat_and_closes_the_first,
           test_presence_who_is_online_is_counted_with_every_change, test_join_room_with_since_brings_what_was_missed,
           test_presence_seats_of_a_dead_relay_are_swept, test_presence_nobody_is_swept_because_the_database_was_away,
           test_presence_a_relay_that_was_never_heard_of_has_time_for_its_first_sign,
           test_presence_a_relay_that_never_gave_a_sign_is_swept_too,
           test_presence_a_relay_that_was_waited_for_is_as_young_as_its_first_sign,
           test_presence_a_relay_that_came_back_while_others_swept_keeps_its_seats,
           test_presence_who_is_swept_although_connected_is_told_to_come_back,
           test_join_room_whose_seat_is_gone_before_the_room_was_read_takes_it_again,
           test_join_room_that_comes_too_late_takes_no_seat,
           test_presence_reports_come_together_and_one_room_does_not_hold_up_the_others,
           test_presence_sync_tells_which_rooms_are_ahead)
