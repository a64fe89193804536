/* Lists of meetings cost a page: EXPLAIN of every statement that a list runs, over many meetings; and a walk by cursors
 * meets everything once. The statements and their values are those that the server logged, not a copy of them. */
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

#include "core/limits.h"

enum { MEETINGS = 20000, VIEWER = 7, PAGE = 20, TOOK_PART = 40, RANGES = 18 };

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "r");
    ck_assert_msg(f != NULL, "%s", name);
    char *text = arena_alloc(arena, 20000);
    text[fread(text, 1, 19999, f)] = '\0';
    fclose(f);
    return text;
}

static void fill(int meetings)
{
    char sql[400];
    fixture_begin();
    snprintf(
        sql, sizeof sql,
        "TRUNCATE meetings; TRUNCATE participants; TRUNCATE messages; TRUNCATE users; SET @meetings = %d, @viewer = %d;"
        "INSERT INTO users (id, email, password_hash, display_name, locale, created_at, updated_at) "
        "VALUES (%d, 'viewer@example.org', '-', 'Viewer', 'en', NOW(), NOW())",
        meetings, VIEWER, VIEWER);
    /* users are filled like the others: the viewer comes last, or the table would not be empty */
    char *last = strstr(sql, "INSERT");
    ck_assert_int_eq(db_run_script(app.db, arena_strndup(arena, sql, (size_t)(last - sql))), ERR_OK);
    ck_assert_int_eq(db_run_script(app.db, read_file("tests/lib/many-meetings.sql")), ERR_OK);
    ck_assert_int_eq(db_run_script(app.db, last), ERR_OK);
}

/* What is asked for of each kind; all combinations are tried. */
static const struct meeting_filter whose[] = {
    {.limit = PAGE},
    {.creator_id = VIEWER},
    {.creator_id = 1000005},
    {.only_created = true},
    {.only_joined = true},
    {.everything = true},
    {.everything = true, .creator_id = 1000005},
};
static const char *const sorts[] = {"startTime", "-startTime", "createdAt", "-createdAt", "title", "-title"};
enum { KINDS = 4, NARROWED = 4 };

static struct meeting_filter filter_of(size_t who, size_t sort, int kind, int narrowed)
{
    struct meeting_filter f = whose[who];
    f.viewer_id = VIEWER;
    f.limit = PAGE;
    f.sort = sorts[sort];
    f.status = kind & 1 ? MEETING_ENDED : 0;
    f.is_recorded = kind & 2 ? 0 : -1;
    f.is_private = kind == 2 ? 1 : -1;
    f.keyword = narrowed & 1 ? "review" : NULL;
    f.start_from_ms = narrowed & 2 ? INT64_C(1780000000000) : 0;
    return f;
}

#define EACH_FILTER(f) \
    for (size_t w = 0; w < sizeof whose / sizeof *whose; w++) \
        for (size_t s = 0; s < sizeof sorts / sizeof *sorts; s++) \
            for (int k = 0; k < KINDS; k++) \
                for (int n = 0; n < NARROWED; n++) \
                    for (struct meeting_filter f = filter_of(w, s, k, n), *once = &f; once; once = NULL)

static void read_text(struct db_rows *rows, void *out) { *(const char **)out = db_get_text(rows); }

/* Every statement that the lists ran, with its values. */
static int run_lists(const char ***statements)
{
    int count;
    ck_assert_int_eq(db_run_script(app.db, "SET GLOBAL log_output = 'TABLE'; SET GLOBAL slow_query_log = 1; "
                                           "SET SESSION slow_query_log = 1, long_query_time = 0"),
                     ERR_OK);
    EACH_FILTER(f)
    {
        struct meeting_page page;
        ck_assert_int_eq(meeting_dao_list(app.db, arena, &f, &page), ERR_OK);
        if (page.has_next) {
            struct meeting_place place = page.next;
            f.after = &place;
            ck_assert_int_eq(meeting_dao_list(app.db, arena, &f, &page), ERR_OK);
        } else {
            f.offset = PAGE;
            ck_assert_int_eq(meeting_dao_list(app.db, arena, &f, &page), ERR_OK);
        }
    }
    ck_assert_int_eq(db_run_script(app.db, "SET SESSION slow_query_log = 0"), ERR_OK);
    ck_assert_int_eq(
        db_select_all(app.db, arena,
                      "SELECT DISTINCT CONVERT(sql_text USING utf8mb4) FROM mysql.slow_log "
                      "WHERE db = DATABASE() AND sql_text LIKE '%meetings m %' AND sql_text LIKE 'SELECT%'",
                      DB_NO_PARAMS, read_text, sizeof **statements, statements, &count),
        ERR_OK);
    return count;
}

struct step {
    const char *table, *type, *extra;
    int64_t rows;
};

static void read_step(struct db_rows *rows, void *out)
{
    struct step *s = out;
    (void)db_get_int(rows);
    (void)db_get_text(rows);
    s->table = db_get_text(rows);
    s->type = db_get_text(rows);
    for (int i = 0; i < 4; i++) /* the keys */
        (void)db_get_text(rows);
    s->rows = db_get_int(rows);
    s->extra = db_get_text(rows);
}

static void check_step(const struct step *s, const char *sql)
{
    bool is_table = s->table && *s->table != '<';
    bool reads_all = s->type && (strcmp(s->type, "ALL") == 0 || strcmp(s->type, "index") == 0);
    bool sorts_rows = s->extra && strstr(s->extra, "Using filesort");
    ck_assert_msg(!is_table || !reads_all, "%s is read as a whole: %s", s->table, sql);
    ck_assert_msg(!sorts_rows || s->rows <= (is_table ? 2 * TOOK_PART : RANGES * (2 * PAGE + 1)),
                  "%lld rows of %s are sorted: %s", (long long)s->rows, s->table, sql);
}

START_TEST(test_lists_are_read_by_index_in_their_order)
{
    const char **statements;
    fill(MEETINGS);
    int count = run_lists(&statements);
    ck_assert_int_gt(count, 1000);
    for (int i = 0; i < count; i++) {
        struct step *steps;
        int step_count;
        const char *sql = arena_printf(arena, "EXPLAIN %s", statements[i]);
        ck_assert_int_eq(db_select_all(app.db, arena, sql, DB_NO_PARAMS, read_step, sizeof *steps, &steps, &step_count),
                         ERR_OK);
        for (int k = 0; k < step_count; k++)
            check_step(&steps[k], sql);
    }
    app_end();
}
END_TEST

/* The ids of a list in its order, by cursors. Items of a page stand between its begin and its end. */
static int walk(struct meeting_filter f, int64_t *ids, int room)
{
    int n = 0;
    struct meeting_page page = {.has_next = true};
    struct meeting_place place;
    while (page.has_next) {
        ck_assert_int_eq(meeting_dao_list(app.db, arena, &f, &page), ERR_OK);
        for (int i = 0; i < page.count && n < room; i++)
            ids[n++] = page.items[i].id;
        place = page.next;
        f.after = &place;
    }
    return n;
}

START_TEST(test_lists_walked_by_cursors_hold_everything_once)
{
    enum { FEW = 5000 };
    static int64_t ids[FEW + 100], all[FEW + 100];
    fill(FEW);
    EACH_FILTER(f)
    {
        if (s % 3 == 0 && w % 5 == 0) { /* start, -createdAt; what is seen, and all of it */
            f.limit = 100;
            int count = walk(f, ids, FEW + 100);
            struct meeting_filter large = f;
            large.limit = FEW; /* in one piece, as far as one look goes */
            int same = walk(large, all, FEW + 100);
            ck_assert_int_eq(count, same);
            ck_assert_int_eq(memcmp(ids, all, (size_t)count * sizeof *ids), 0);
            char sql[700];
            snprintf(
                sql, sizeof sql,
                "SELECT COUNT(*) FROM meetings m WHERE (%d OR is_public OR creator_id = 7 OR id IN (SELECT meeting_id "
                "FROM participants WHERE user_id = 7)) AND (%d = 0 OR status = 3) AND (%d OR is_recorded = 0) AND "
                "(%d OR password_box IS NOT NULL) AND (%d OR title LIKE '%%review%%') AND (%d OR start_time >= "
                "FROM_UNIXTIME(1780000000))",
                f.everything, (int)f.status, f.is_recorded < 0, f.is_private < 0, !f.keyword, !f.start_from_ms);
            ck_assert_msg(number(sql) == count, "%d of %lld: %s", count, (long long)number(sql), sql);
        }
    }
    app_end();
}
END_TEST

CHECK_MAIN("lists", test_lists_are_read_by_index_in_their_order, test_lists_walked_by_cursors_hold_everything_once)
