/* What only races show: the lobby, the lock and the ends that come by themselves, with several processes at once. */
#include "service/expiry.h"
#include "service/lobby.h"
#include "service/setting.h"
#include "tests/check_main.h"
#include "tests/db/at_once.h"

enum { ROUNDS = 15, PEOPLE = 6, MINUTE_MS = 60 * 1000 };

/* Somebody who may be at the other end of a race, and what they are up to. */
struct race {
    int64_t meeting_id;
    int64_t host, cohost, visitor;
    int64_t joiners[PEOPLE];
    int64_t now_ms;
};

static struct race begin(void)
{
    fixture_begin();
    struct race r = {
        .host = make_user("host"), .cohost = make_user("cohost"), .visitor = make_user("visitor"), .now_ms = NOW_MS};
    for (int i = 0; i < PEOPLE; i++)
        r.joiners[i] = make_user((char[]){'j', (char)('0' + i), '\0'});
    return r;
}

/* A meeting of the host with these settings beside the usual ones; host and co-host are in. */
static void open_meeting(struct race *r, int64_t settings, enum host_loss_policy policy)
{
    struct context host = context_of(r->host);
    struct meeting_input o = {.title = GIVEN("Test"),
                              .description = GIVEN(""),
                              .duration_minutes = GIVEN(60),
                              .max_participants = GIVEN(20),
                              .is_public = GIVEN(true),
                              .settings = {.on = settings},
                              .host_loss_policy = GIVEN(policy),
                              .host_loss_minutes = GIVEN(5)};
    struct meeting m;
    struct participant p;
    ck_assert_int_eq(meeting_create(&host, &o, &m), ERR_OK);
    r->meeting_id = m.id;
    ck_assert_int_eq(join(m.id, r->host), ERR_OK);
    struct meeting_input open = {.settings = {.off = SETTING_WAITING_ROOM}};
    struct meeting_input as_wished = {.settings = {.on = settings}};
    ck_assert_int_eq(meeting_update(&host, m.id, &open, &m), ERR_OK);
    ck_assert_int_eq(join(m.id, r->cohost), ERR_OK);
    ck_assert_int_eq(participant_set_role(&host, m.id, r->cohost, ROLE_COHOST, &p), ERR_OK);
    ck_assert_int_eq(meeting_update(&host, m.id, &as_wished, &m), ERR_OK);
}

/* The visitor's row: status, and whether they were ever in. */
static struct participant visitor_of(const struct race *r)
{
    struct participant p;
    ck_assert_int_eq(participant_dao_find(app.db, arena, r->meeting_id, r->visitor, &p), ERR_OK);
    return p;
}

static int64_t events_of(const struct race *r, const char *type)
{
    return number(arena_printf(
        arena,
        "SELECT COUNT(*) FROM room_events WHERE meeting_id = %lld AND type = '%s' AND (subject_id = %lld OR subject_id IS NULL)",
        (long long)r->meeting_id, type, (long long)r->visitor));
}

static void one_of(enum err e, enum err this, enum err that)
{
    ck_assert_msg(e == this || e == that, "%s", err_code(e));
}

static void all_admit(int process, void *arg)
{
    const struct race *r = arg;
    struct context ctx = context_of(process == 1 ? r->cohost : r->host);
    enum err e = process < 2 ? lobby_admit(&ctx, r->meeting_id, r->visitor) : lobby_admit_all(&ctx, r->meeting_id);
    one_of(e, ERR_OK, process < 2 ? ERR_NOT_FOUND : ERR_OK);
}

START_TEST(test_admits_at_once_let_somebody_in_once)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, SETTING_WAITING_ROOM, HOST_LOSS_HAND_OVER);
        ck_assert_int_eq(join(r.meeting_id, r.visitor), ERR_OK);
        at_once(3, all_admit, &r);
        ck_assert_int_eq(visitor_of(&r).status, PARTICIPANT_JOINED);
        ck_assert_int_eq(events_of(&r, "lobby_admitted"), 1);
        ck_assert_int_eq(events_of(&r, "lobby_left"), 1);
        ck_assert_int_eq(events_of(&r, "user_joined"), 1);
        check_consistent(r.meeting_id);
    }
    app_end();
}
END_TEST

static void admit_or_leave(int process, void *arg)
{
    const struct race *r = arg;
    struct context ctx = context_of(r->host);
    if (process == 0)
        one_of(lobby_admit(&ctx, r->meeting_id, r->visitor), ERR_OK, ERR_NOT_FOUND);
    else
        ck_assert_int_eq(leave(r->meeting_id, r->visitor), ERR_OK);
}

START_TEST(test_admit_against_leave_leaves_them_out)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, SETTING_WAITING_ROOM, HOST_LOSS_HAND_OVER);
        ck_assert_int_eq(join(r.meeting_id, r.visitor), ERR_OK);
        at_once(2, admit_or_leave, &r);
        struct participant p = visitor_of(&r);
        ck_assert_int_eq(p.status, PARTICIPANT_LEFT);
        ck_assert_int_eq(participant_was_in(&p), events_of(&r, "user_joined"));
        ck_assert_int_eq(events_of(&r, "user_left"), events_of(&r, "user_joined"));
        ck_assert_int_eq(events_of(&r, "lobby_left"), 1);
        check_consistent(r.meeting_id);
    }
    app_end();
}
END_TEST

static void admit_or_end(int process, void *arg)
{
    const struct race *r = arg;
    struct context host = context_of(r->host), cohost = context_of(r->cohost);
    struct meeting m;
    if (process == 0)
        one_of(lobby_admit(&cohost, r->meeting_id, r->visitor), ERR_OK, ERR_MEETING_ENDED);
    else
        ck_assert_int_eq(meeting_end(&host, r->meeting_id, &m), ERR_OK);
}

START_TEST(test_admit_against_end_leaves_nobody_in)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, SETTING_WAITING_ROOM, HOST_LOSS_HAND_OVER);
        ck_assert_int_eq(join(r.meeting_id, r.visitor), ERR_OK);
        at_once(2, admit_or_end, &r);
        struct participant p = visitor_of(&r);
        ck_assert_int_eq(p.status, PARTICIPANT_LEFT);
        ck_assert_int_eq(participant_was_in(&p), events_of(&r, "user_joined"));
        ck_assert_int_eq(events_of(&r, "meeting_ended"), 1);
        check_consistent(r.meeting_id);
    }
    ck_assert_int_eq(
        number("SELECT COUNT(*) FROM meetings WHERE status <> 3 OR participant_count > 0 OR waiting_count > 0"), 0);
    app_end();
}
END_TEST

static void send_back_or_leave(int process, void *arg)
{
    const struct race *r = arg;
    struct context ctx = context_of(process == 0 ? r->host : r->cohost);
    if (process < 2)
        one_of(lobby_send_back(&ctx, r->meeting_id, r->visitor), ERR_OK, ERR_NOT_FOUND);
    else
        ck_assert_int_eq(leave(r->meeting_id, r->visitor), ERR_OK);
}

START_TEST(test_send_back_against_leave_leaves_them_out)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, 0, HOST_LOSS_HAND_OVER);
        ck_assert_int_eq(join(r.meeting_id, r.visitor), ERR_OK);
        at_once(3, send_back_or_leave, &r);
        struct participant p = visitor_of(&r);
        ck_assert_int_eq(p.status, PARTICIPANT_LEFT);
        ck_assert(participant_was_in(&p));
        ck_assert_int_eq(events_of(&r, "user_left"), 1);
        ck_assert_int_eq(events_of(&r, "lobby_joined"), events_of(&r, "lobby_left"));
        check_consistent(r.meeting_id);
    }
    app_end();
}
END_TEST

static void lock_or_join(int process, void *arg)
{
    const struct race *r = arg;
    struct context host = context_of(r->host);
    struct meeting_input lock = {.settings = {.on = SETTING_LOCKED}};
    struct meeting m;
    if (process == 0)
        ck_assert_int_eq(meeting_update(&host, r->meeting_id, &lock, &m), ERR_OK);
    else
        one_of(join(r->meeting_id, r->joiners[process - 1]), ERR_OK, ERR_MEETING_LOCKED);
}

/* With a lobby and without one: what comes after the lock in the log came in after it. */
START_TEST(test_lock_against_join_lets_nobody_in_after_it)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, round % 2 ? SETTING_WAITING_ROOM : 0, HOST_LOSS_HAND_OVER);
        at_once(PEOPLE + 1, lock_or_join, &r);
        check_consistent(r.meeting_id);
    }
    ck_assert_int_eq(
        number(
            "SELECT COUNT(*) FROM room_events j JOIN room_events u ON u.meeting_id = j.meeting_id AND j.seq > u.seq "
            "WHERE u.type = 'meeting_updated' AND u.data LIKE '%\"locked\":true%' AND j.type IN ('user_joined', 'lobby_joined')"),
        0);
    ck_assert_int_eq(
        number("SELECT COUNT(*) FROM room_events WHERE type = 'meeting_updated' AND data LIKE '%\"locked\":true%'"),
        ROUNDS);
    app_end();
}
END_TEST

static void keep_house(int process, void *arg)
{
    const struct race *r = arg;
    (void)process;
    app.clock.fixed_ms = r->now_ms;
    struct context nobody = context_of(0);
    int count;
    ck_assert_int_eq(expiry_tick(&nobody, &count), ERR_OK);
}

START_TEST(test_housekeepers_at_once_end_a_meeting_once)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, 0, HOST_LOSS_END);
        ck_assert_int_eq(leave(r.meeting_id, r.host), ERR_OK);
    }
    r.now_ms = NOW_MS + 5 * MINUTE_MS - 1;
    at_once(4, keep_house, &r);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings WHERE status = 3"), 0);
    r.now_ms++;
    at_once(4, keep_house, &r);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM meetings WHERE status = 3"), ROUNDS);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM room_events WHERE type = 'meeting_ended'"), ROUNDS);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM participants WHERE status = 1"), 0);
    check_consistent(r.meeting_id);
    app_end();
}
END_TEST

static void return_or_end(int process, void *arg)
{
    struct race *r = arg;
    app.clock.fixed_ms = r->now_ms;
    if (process == 0)
        one_of(join(r->meeting_id, r->host), ERR_OK, ERR_MEETING_ENDED);
    else
        keep_house(process, arg);
}

/* Either the host is back and the meeting goes on, or it is over and the host is not in it. */
START_TEST(test_host_who_returns_as_the_time_runs_out_has_the_meeting_or_not)
{
    struct race r = begin();
    for (int round = 0; round < ROUNDS; round++) {
        open_meeting(&r, 0, HOST_LOSS_END);
        ck_assert_int_eq(leave(r.meeting_id, r.host), ERR_OK);
        r.now_ms = NOW_MS + 5 * MINUTE_MS;
        at_once(3, return_or_end, &r);
        check_consistent(r.meeting_id);
    }
    ck_assert_int_eq(
        number("SELECT COUNT(*) FROM meetings m JOIN participants p ON p.meeting_id = m.id AND p.user_id = m.host_id "
               "WHERE (m.status = 2 AND p.status = 1 AND m.host_lost_at IS NULL AND m.participant_count = 2) "
               "OR (m.status = 3 AND p.status = 2 AND m.participant_count = 0)"),
        ROUNDS);
    ck_assert_int_eq(
        number(
            "SELECT (SELECT COUNT(*) FROM room_events WHERE type = 'meeting_ended') - (SELECT COUNT(*) FROM meetings WHERE status = 3)"),
        0);
    app_end();
}
END_TEST

CHECK_MAIN("lobby", test_admits_at_once_let_somebody_in_once, test_admit_against_leave_leaves_them_out,
           test_admit_against_end_leaves_nobody_in, test_send_back_against_leave_leaves_them_out,
           test_lock_against_join_lets_nobody_in_after_it, test_housekeepers_at_once_end_a_meeting_once,
           test_host_who_returns_as_the_time_runs_out_has_the_meeting_or_not)
