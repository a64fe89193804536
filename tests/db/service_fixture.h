/* A worker's app on real servers with a clock that the test owns, and users to call in the name of. */
#ifndef TESTS_DB_SERVICE_FIXTURE_H
#define TESTS_DB_SERVICE_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "db/user_dao.h"
#include "service/chat.h"
#include "service/host.h"
#include "service/join.h"
#include "service/leave.h"
#include "service/meeting.h"
#include "service/moderation.h"
#include "service/participant.h"
#include "service/presence.h"

#define NOW_MS INT64_C(1800000000000)

static struct config config;
static struct app app;
static struct arena *arena;

/* Opens a worker's app; a forked process opens one of its own. */
static void app_begin(void)
{
    char problem[256];
    ck_assert_int_eq(config_load(&config, problem, sizeof problem), ERR_OK);
    ck_assert_int_eq(app_open(&app, &config, NULL), ERR_OK);
    app.clock = clock_fixed(NOW_MS);
    arena = arena_new();
}

static void app_end(void)
{
    arena_free(&arena);
    app_close(&app);
}

/* Every test starts with empty tables. */
static void fixture_begin(void)
{
    app_begin();
    ck_assert_int_eq(
        db_run_script(app.db,
                      "DELETE FROM users; DELETE FROM meetings; DELETE FROM participants; DELETE FROM messages; "
                      "DELETE FROM room_events; DELETE FROM relays"),
        ERR_OK);
}

static inline int64_t number(const char *sql)
{
    int64_t value = -1;
    ck_assert_int_eq(db_select_int(app.db, sql, DB_NO_PARAMS, &value), ERR_OK);
    return value;
}

static inline int64_t make_user(const char *name)
{
    char email[64];
    snprintf(email, sizeof email, "%s@example.org", name);
    struct user user = {.email = email, .password_hash = "-", .display_name = name, .locale = "en"};
    int64_t id = 0;
    ck_assert_int_eq(user_dao_insert(app.db, &user, NOW_MS, &id), ERR_OK);
    return id;
}

/* A call by REST. */
static inline struct context context_of(int64_t user_id)
{
    return (struct context){.app = &app,
                            .arena = arena,
                            .request_id = "test",
                            .address = "192.0.2.1",
                            .user_agent = "",
                            .user_id = user_id};
}

/* A call for a connection; the relay's name is what stands before the dot. */
static inline struct context context_from(int64_t user_id, const char *connection)
{
    struct context ctx = context_of(user_id);
    ctx.connection = connection;
    ctx.relay = arena_strndup(arena, connection, strcspn(connection, "."));
    return ctx;
}

static inline struct meeting make_meeting(int64_t creator_id, int64_t max_participants)
{
    struct context ctx = context_of(creator_id);
    struct meeting_input options = {.title = GIVEN("Test"),
                                    .description = GIVEN(""),
                                    .duration_minutes = GIVEN(60),
                                    .max_participants = GIVEN(max_participants),
                                    .is_public = GIVEN(true)};
    struct meeting m;
    ck_assert_int_eq(meeting_create(&ctx, &options, &m), ERR_OK);
    return m;
}

static inline enum err join(int64_t meeting_id, int64_t user_id)
{
    struct context ctx = context_of(user_id);
    struct room_view view;
    return join_by_rest(&ctx, meeting_id, (struct join_credentials){0}, &view);
}

static inline enum err leave(int64_t meeting_id, int64_t user_id)
{
    struct context ctx = context_of(user_id);
    bool ended;
    return leave_meeting(&ctx, meeting_id, &ended);
}

/* The types of the room's events after a number, in order: "user_joined user_left". */
static inline const char *events_after(int64_t meeting_id, int64_t after)
{
    struct context ctx = context_of(0);
    struct room_event *items;
    int count;
    ck_assert_int_eq(room_events_after(&ctx, meeting_id, after, 0, &items, &count), ERR_OK);
    const char *all = "";
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(items[i].seq, after + 1 + i); /* no gap */
        all = arena_printf(arena, "%s%s%s", all, *all ? " " : "", items[i].type);
    }
    return all;
}

/* Counters and rows agree, and the log has no gap. */
static inline void check_consistent(int64_t meeting_id)
{
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "SELECT m.participant_count = (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 1) "
        "AND m.online_count = (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 1 "
        "AND p.connection IS NOT NULL AND p.offline_at IS NULL) "
        "AND m.waiting_count = (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 4) "
        "AND m.event_seq = (SELECT COUNT(*) FROM room_events e WHERE e.meeting_id = m.id) "
        "AND m.event_seq = (SELECT COALESCE(MAX(e.seq), 0) FROM room_events e WHERE e.meeting_id = m.id) "
        "FROM meetings m WHERE m.id = %lld",
        (long long)meeting_id);
    ck_assert_int_eq(number(sql), 1);
}

#endif
