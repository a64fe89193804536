/* service/presence.h and join_room on real servers: who owns a seat, and what happens to it. */
#include "core/limits.h"
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
    struct call call = call_from(anna, connection);
    return join_room(&call, m.id, NULL, since, view);
}

static enum err lost(const char *connection)
{
    struct call call = call_from(anna, connection);
    return presence_lost(&call, m.id);
}

static enum err expired(const char *connection)
{
    struct call call = call_from(anna, connection);
    return presence_expired(&call, m.id);
}

static void sync(const char *relay)
{
    struct call call = call_from(0, relay);
    struct room_position *ahead;
    int count;
    ck_assert_int_eq(presence_sync(&call, NULL, 0, &ahead, &count), ERR_OK);
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
    struct call relay = call_of(0);
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
    struct call host = call_of(anna);
    int64_t cleo = make_user("cleo");
    struct call cleo_call = call_from(cleo, "r1.7");
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
    ck_assert_int_eq(join_room(&cleo_call, m.id, NULL, -1, &view), ERR_OK);
    ck_assert_int_eq(online(), 2);
    ck_assert_int_eq(leave(m.id, ben), ERR_OK); /* the one without a connection */
    ck_assert_int_eq(online(), 2);
    ck_assert_int_eq(participant_remove(&host, m.id, cleo), ERR_OK);
    ck_assert_int_eq(online(), 1);
    ck_assert_int_eq(join(m.id, ben), ERR_OK);
    ck_assert_int_eq(lost("r1.3"), ERR_OK);
    ck_assert_int_eq(expired("r1.3"), ERR_OK); /* left while away */
    ck_assert_int_eq(online(), 0);
    ck_assert_int_eq(enter("r1.4", -1, &view), ERR_OK); /* back as one who had left */
    ck_assert_int_eq(online(), 1);
    host = call_of(ben); /* the seat passed to him */
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
    struct call call = call_of(ben);
    struct participant p;
    ck_assert_int_eq(enter("r1.1", -1, &view), ERR_OK);
    ck_assert(!view.resumed);
    ck_assert_int_eq(view.participant_count, 2);
    int64_t seen = view.seq;
    ck_assert_int_eq(lost("r1.1"), ERR_OK);
    ck_assert_int_eq(participant_set_media(&call, m.id, 1, -1, -1, &p), ERR_OK);
    ck_assert_int_eq(enter("r1.2", seen, &view), ERR_OK);
    ck_assert(view.resumed);
    ck_assert_int_eq(view.event_count, 3); /* away, media, back */
    ck_assert_int_eq(view.events[0].seq, seen + 1);
    ck_assert_int_eq(view.seq, seen + 3);
    /* a number that this room never had, and one too long ago: the whole room */
    ck_assert_int_eq(enter("r1.3", 1000, &view), ERR_OK);
    ck_assert(!view.resumed);
    for (int i = 0; i <= LIMIT_EVENTS_PAGE; i++)
        ck_assert_int_eq(participant_set_hand(&call, m.id, i % 2 == 0, &p), ERR_OK);
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
    const int64_t step = LIMIT_SYNC_MS;
    for (int64_t t = 0; t <= LIMIT_LEASE_MS; t += step) { /* r2 lives, r1 is silent, within its lease */
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
    app.clock.fixed_ms = NOW_MS + 10 * LIMIT_LEASE_MS; /* nobody could renew; r2 happens to be the first one back */
    sync("r2");
    ck_assert_str_eq(events_after(m.id, 2), "");
    app.clock.fixed_ms += LIMIT_SYNC_MS;
    sync("r1");
    for (int64_t t = 0; t <= 2 * LIMIT_LEASE_MS; t += LIMIT_SYNC_MS) {
        app.clock.fixed_ms += LIMIT_SYNC_MS;
        sync("r2");
        sync("r1");
    }
    ck_assert_str_eq(events_after(m.id, 2), "");
    app_end();
}
END_TEST

START_TEST(test_presence_a_relay_that_never_gave_a_sign_is_swept_too)
{
    begin();
    struct room_view view;
    ck_assert_int_eq(enter("ghost.1", -1, &view), ERR_OK);
    for (int64_t t = 0; t <= 2 * LIMIT_LEASE_MS; t += LIMIT_SYNC_MS) {
        app.clock.fixed_ms = NOW_MS + t;
        sync("r2");
    }
    ck_assert_str_eq(events_after(m.id, 2), "user_left host_changed");
    app_end();
}
END_TEST

START_TEST(test_presence_sync_tells_which_rooms_are_ahead)
{
    begin();
    struct call call = call_from(0, "r1");
    enum { ROOMS = 70 }; /* more than one statement takes */
    struct room_position rooms[ROOMS], *ahead;
    int count;
    for (int i = 0; i < ROOMS; i++) {
        struct meeting other = make_meeting(anna, 10);
        ck_assert_int_eq(join(other.id, ben), ERR_OK);
        rooms[i] = (struct room_position){other.id, i % 7 == 0 ? 0 : 1};
    }
    ck_assert_int_eq(presence_sync(&call, rooms, ROOMS, &ahead, &count), ERR_OK);
    ck_assert_int_eq(count, 10);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(ahead[i].seq, 1);
    app_end();
}
END_TEST

CHECK_MAIN("presence", test_presence_seat_is_kept_and_then_given_up, test_presence_seat_that_was_taken_over_is_not_given_up,
           test_presence_second_connection_takes_the_seat_and_closes_the_first,
           test_presence_who_is_online_is_counted_with_every_change, test_join_room_with_since_brings_what_was_missed,
           test_presence_seats_of_a_dead_relay_are_swept, test_presence_nobody_is_swept_because_the_database_was_away,
           test_presence_a_relay_that_never_gave_a_sign_is_swept_too, test_presence_sync_tells_which_rooms_are_ahead)
