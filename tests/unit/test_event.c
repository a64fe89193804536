/* Room events as they are made: for whom they are, and their data to the byte. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/room.h"
#include "tests/check_main.h"

enum { CALLER = 3, OTHER = 4, MEETING = 7 };

static struct app app;
static struct context ctx;
static struct room_log room_log;

static void start(int64_t caller)
{
    app.clock = clock_fixed(1);
    ctx = (struct context){.app = &app, .arena = arena_new(), .request_id = "r-1", .user_id = caller};
    room_log_start(&room_log, &ctx, MEETING, NULL);
}

static void stop(void) { arena_free(&ctx.arena); }

static const struct room_event *last(void) { return &room_log.events[room_log.count - 1]; }

START_TEST(test_event_follows_its_row)
{
    static const struct {
        enum event_type type;
        int64_t subject_id;
        const char *audience, *data;
    } rows[] = {
        {EVENT_HAND_LOWERED, CALLER, "*", "{\"userId\":3}"},
        {EVENT_HAND_LOWERED, OTHER, "*", "{\"userId\":4,\"by\":3}"},
        {EVENT_HOST_CHANGED, OTHER, "*", "{\"userId\":4}"},
        {EVENT_ALL_MUTED, 0, "*", "{\"by\":3}"},
        {EVENT_UNMUTE_ASKED, OTHER, "4", "{\"by\":3}"},
        {EVENT_UNMUTE_ASKED, CALLER, "3", "{\"by\":3}"},
        {EVENT_LOBBY_REFUSED, OTHER, "4", "{\"by\":3}"},
        {EVENT_MEETING_UPDATED, 0, "*", "{\"by\":3}"},
        {EVENT_MEETING_ENDING, 0, "*", "{}"},
    };
    start(CALLER);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(event_add(&room_log, rows[i].type, rows[i].subject_id), ERR_OK);
        ck_assert_str_eq(last()->type, event_name(rows[i].type));
        ck_assert_str_eq(last()->audience, rows[i].audience);
        ck_assert_str_eq(last()->effect, "-");
        ck_assert_str_eq(last()->data, rows[i].data);
        ck_assert_int_eq(last()->subject_id, rows[i].subject_id);
        ck_assert_int_eq(last()->actor_id, CALLER);
    }
    ck_assert_int_eq(room_log.count, sizeof rows / sizeof *rows);
    stop();
}
END_TEST

START_TEST(test_event_of_nobody_names_nobody)
{
    start(0);
    ck_assert_int_eq(event_add(&room_log, EVENT_LOBBY_ADMITTED, OTHER), ERR_OK);
    ck_assert_str_eq(last()->data, "{}");
    ck_assert_int_eq(event_add(&room_log, EVENT_MEETING_ENDED, 0), ERR_OK);
    ck_assert_str_eq(last()->data, "{\"by\":null}");
    ck_assert_int_eq(last()->actor_id, 0);
    stop();
}
END_TEST

START_TEST(test_event_has_what_is_written_between)
{
    const int64_t both[] = {CALLER, OTHER};
    start(CALLER);
    struct event_draft *event = event_begin(&room_log, EVENT_USER_LEFT, OTHER);
    event->effect = effect_user(OTHER, CLOSE_REMOVED);
    event->audience = audience_users(both, 2);
    event->message_id = 12;
    json_str(&event->data, "reason", "removed");
    ck_assert_int_eq(event_end(event), ERR_OK);
    ck_assert_str_eq(last()->data, "{\"userId\":4,\"reason\":\"removed\",\"by\":3}");
    ck_assert_str_eq(last()->audience, "3,4");
    ck_assert_str_eq(last()->effect, "user:4:4403");
    ck_assert_int_eq(last()->message_id, 12);

    event = event_begin(&room_log, EVENT_PRESENCE_CHANGED, OTHER);
    event_only_to_subject(event);
    json_bool(&event->data, "online", false);
    ck_assert_int_eq(event_end(event), ERR_OK);
    ck_assert_str_eq(last()->data, "{\"userId\":4,\"online\":false}");
    ck_assert_str_eq(last()->audience, "4");

    event = event_begin(&room_log, EVENT_MEETING_ENDED, 0); /* by nobody, though somebody's call brought it */
    event->by_id = 0;
    json_str(&event->data, "reason", "empty");
    ck_assert_int_eq(event_end(event), ERR_OK);
    ck_assert_str_eq(last()->data, "{\"reason\":\"empty\",\"by\":null}");
    ck_assert_int_eq(last()->actor_id, CALLER);
    stop();
}
END_TEST

START_TEST(test_event_that_is_not_sent_is_not_in_the_log)
{
    start(CALLER);
    struct event_draft *event = event_begin(&room_log, EVENT_MESSAGE_EDITED, 0);
    json_int(&event->data, "message", 12);
    ck_assert_str_eq(event_end_unsent(event), "{\"message\":12}");
    ck_assert_int_eq(room_log.count, 0);
    stop();
}
END_TEST

static void begin_twice(void)
{
    struct event_draft *one = event_begin(&room_log, EVENT_ALL_MUTED, 0);
    struct event_draft *two = event_begin(&room_log, EVENT_ALL_MUTED, 0);
    _exit(one == two);
}

static void end_twice(void)
{
    struct event_draft *event = event_begin(&room_log, EVENT_ALL_MUTED, 0);
    enum err e = event_end(event);
    _exit(e == event_end(event));
}

static void forget_to_end(void)
{
    struct event_draft *event = event_begin(&room_log, EVENT_ALL_MUTED, 0);
    json_null(&event->data, "forgotten");
    _exit(room_log_store(&room_log, 1));
}

static void add_too_many(void)
{
    enum err e = ERR_OK;
    for (int i = 0; i <= ROOM_LOG_EVENTS && !e; i++)
        e = event_add(&room_log, EVENT_ALL_MUTED, 0);
    _exit((int)e);
}

enum { ABORTED = 77 };

/* In the place of a sanitizer's own, which would report it. */
static void on_abort(int number)
{
    (void)number;
    _exit(ABORTED);
}

START_TEST(test_event_wrongly_used_ends_the_process)
{
    void (*const mistakes[])(void) = {begin_twice, end_twice, forget_to_end, add_too_many};
    start(CALLER);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            signal(SIGABRT, on_abort);
            mistakes[i]();
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == ABORTED, "mistake %zu", i);
    }
    stop();
}
END_TEST

CHECK_MAIN("event", test_event_follows_its_row, test_event_of_nobody_names_nobody,
           test_event_has_what_is_written_between, test_event_that_is_not_sent_is_not_in_the_log,
           test_event_wrongly_used_ends_the_process)
