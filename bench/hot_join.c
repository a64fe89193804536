/* So many processes join one meeting as fast as they can, each with other users.
 *
 *     hot_join counter|lock|since|bare MEETING FIRST_USER PROCESSES JOINS_EACH
 *
 * "counter" is the transaction of our own join: the participant's row, the counter on the meeting's row, the event.
 * "lock" is the plain way to the same rows: SELECT … FOR UPDATE, COUNT(*), the participant's row, the event, the
 * meeting's row. "since" is the whole call of a client who says what it saw last: looking up, the transaction, the news
 * to Redis, the reply. "bare" is the least there can be: the same three rows, unchecked, in one round trip.
 * Environment: that of a worker. Prints
 * {"joins":n,"seconds":s,"cpuMs":CPU time of the processes}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "db/event_dao.h"
#include "db/participant_dao.h"
#include "service/join.h"
#include "service/setting.h"

enum mode { COUNTER, LOCK, SINCE, BARE };

struct one_join {
    struct db *db;
    struct arena *arena;
    int64_t meeting, user, now_ms;
};

struct locked_row {
    int64_t status, most, seq;
};

static void read_row(struct db_rows *rows, void *out)
{
    struct locked_row *row = out;
    row->status = db_get_int(rows);
    row->most = db_get_int(rows);
    row->seq = db_get_int(rows);
}

static const char *event_data(const struct one_join *j)
{
    return arena_printf(
        j->arena,
        "{\"participant\":{\"userId\":%lld,\"displayName\":\"x\",\"role\":\"participant\",\"status\":\"joined\","
        "\"online\":true,\"audio\":false,\"video\":false,\"screen\":false,\"handRaisedAt\":null,\"leftAt\":null}}",
        (long long)j->user);
}

static enum err add_event(struct one_join *j, int64_t seq)
{
    struct room_event event = {.meeting_id = j->meeting,
                               .seq = seq,
                               .type = "user_joined",
                               .audience = "*",
                               .effect = "-",
                               .request_id = "bench",
                               .at_ms = j->now_ms};
    event.data = event_data(j);
    return event_dao_insert(j->db, &event);
}

/* The same row in both transactions: it holds the account, which must not be disabled. */
static struct join_row join_row_of(const struct one_join *j)
{
    return (struct join_row){.meeting_id = j->meeting,
                             .user_id = j->user,
                             .display_name = "x",
                             .status = PARTICIPANT_JOINED,
                             .role = ROLE_PARTICIPANT,
                             .address = "127.0.0.1"};
}

static enum err counter_body(void *arg)
{
    struct one_join *j = arg;
    int64_t seq;
    struct join_row row = join_row_of(j);
    enum err e = participant_dao_insert(j->db, &row, j->now_ms);
    if (!e)
        e = meeting_dao_take_seat(j->db, &row, SETTING_LOCKED | SETTING_WAITING_ROOM, 0, j->now_ms, &seq);
    return e ? e : add_event(j, seq);
}

static enum err lock_body(void *arg)
{
    struct one_join *j = arg;
    struct locked_row locked;
    int64_t present;
    enum err e = db_select_one(j->db, j->arena,
                               "SELECT status, max_participants, event_seq FROM meetings WHERE id = ? FOR UPDATE",
                               DB_PARAMS(db_int(j->meeting)), read_row, &locked);
    if (!e)
        e = db_select_int(j->db, "SELECT COUNT(*) FROM participants WHERE meeting_id = ? AND status = 1",
                          DB_PARAMS(db_int(j->meeting)), &present);
    if (!e && present >= locked.most)
        e = ERR_MEETING_FULL;
    struct join_row row = join_row_of(j);
    if (!e)
        e = participant_dao_insert(j->db, &row, j->now_ms);
    if (!e)
        e = add_event(j, locked.seq + 1);
    if (!e)
        e = db_execute(
            j->db,
            "UPDATE meetings SET status = 2, participant_count = participant_count + 1, event_seq = event_seq + 1 WHERE id = ?",
            DB_PARAMS(db_int(j->meeting)), NULL);
    return e;
}

static enum err bare_join(struct one_join *j)
{
    return db_run_script(
        j->db,
        arena_printf(
            j->arena,
            "START TRANSACTION; INSERT INTO participants (meeting_id, user_id, display_name, role, status, is_guest, address, "
            "joined_at) VALUES (%lld, %lld, 'x', 3, 1, 0, '127.0.0.1', UTC_TIMESTAMP(3)); UPDATE meetings SET "
            "participant_count = participant_count + 1, event_seq = LAST_INSERT_ID(event_seq + 1) WHERE id = %lld; INSERT INTO "
            "room_events (meeting_id, seq, type, audience, effect, data, request_id, at) VALUES (%lld, LAST_INSERT_ID(), "
            "'user_joined', '*', '-', '%s', 'bench', UTC_TIMESTAMP(3)); COMMIT",
            (long long)j->meeting, (long long)j->user, (long long)j->meeting, (long long)j->meeting, event_data(j)));
}

static enum err join_one(struct app *app, struct arena *arena, enum mode mode, int64_t meeting, int64_t user)
{
    struct room_view view;
    struct context ctx = {
        .app = app, .arena = arena, .request_id = "bench", .address = "127.0.0.1", .user_agent = "", .user_id = user};
    struct one_join one = {app->db, arena, meeting, user, clock_now_ms(&app->clock)};
    char connection[32];
    if (mode == BARE)
        return bare_join(&one);
    if (mode != SINCE)
        return db_transaction(app->db, mode == LOCK ? lock_body : counter_body, &one);
    int64_t seq;
    snprintf(connection, sizeof connection, "bench.%lld", (long long)user);
    ctx.relay = "bench";
    ctx.connection = connection;
    enum err e =
        db_select_int(app->db, "SELECT event_seq FROM meetings WHERE id = ?", DB_PARAMS(db_int(meeting)), &seq);
    return e ? e : join_by_websocket(&ctx, meeting, (struct join_credentials){0}, seq, &view);
}

static int run(enum mode mode, int64_t meeting, int64_t user, int joins, int ready, int go)
{
    static struct config config;
    static struct app app;
    char problem[256], byte = 0;
    log_setup("bench", LOG_ERROR);
    if (config_load(&config, problem, sizeof problem) != ERR_OK || app_open(&app, &config, NULL) != ERR_OK)
        return EXIT_FAILURE;
    struct arena *arena = arena_new();
    if (db_ping(app.db) != ERR_OK || write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 0)
        return EXIT_FAILURE;
    for (int i = 0; i < joins; i++) {
        enum err e = join_one(&app, arena, mode, meeting, user + i);
        if (e) {
            fprintf(stderr, "hot_join: %s\n", err_code(e));
            return EXIT_FAILURE;
        }
        arena_reset(arena);
    }
    arena_free(&arena);
    app_close(&app);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int ready[2], go[2], failed = 0;
    if (argc != 6 || pipe(ready) != 0 || pipe(go) != 0)
        return EXIT_FAILURE;
    static const char *const names[] = {[COUNTER] = "counter", [LOCK] = "lock", [SINCE] = "since", [BARE] = "bare"};
    enum mode mode = COUNTER;
    while (mode < BARE && strcmp(argv[1], names[mode]) != 0)
        mode++;
    int64_t meeting = atoll(argv[2]), user = atoll(argv[3]);
    int processes = atoi(argv[4]), joins = atoi(argv[5]);
    for (int i = 0; i < processes; i++)
        if (fork() == 0) {
            close(go[1]);
            exit(run(mode, meeting, user + (int64_t)i * joins, joins, ready[1], go[0]));
        }
    char byte;
    for (int i = 0; i < processes; i++)
        if (read(ready[0], &byte, 1) != 1)
            return EXIT_FAILURE;
    int64_t began = clock_elapsed_us();
    close(go[1]); /* all start when the pipe ends */
    for (int i = 0, status; i < processes; i++)
        failed += wait(&status) < 0 || status != 0;
    double seconds = (double)(clock_elapsed_us() - began) / 1e6;
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    printf("{\"joins\":%d,\"seconds\":%.6f,\"cpuMs\":%.3f}\n", processes * joins, seconds,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
