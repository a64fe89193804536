/* db/meeting.def: every column that it lists is stored, read, locked, saved and cached as itself and as no other. */
#include "service/meeting_cache.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

/* A value of its own for each column, which fits into the smallest of them. */
static void fill(struct meeting *m, int64_t first)
{
    for (int i = 0; i < meeting_column_count; i++) {
        void *member = (char *)m + meeting_columns[i].offset;
        int64_t value = first + i;
        const char *text = arena_printf(arena, "T%05lld", (long long)value);
        switch (meeting_columns[i].kind) {
        case COLUMN_INT: *(int64_t *)member = value; break;
        case COLUMN_BOOL: *(bool *)member = value % 2; break;
        case COLUMN_TEXT: *(const char **)member = text; break;
        case COLUMN_TIME: *(int64_t *)member = NOW_MS + value; break;
        case COLUMN_BLOB: *(struct blob *)member = (struct blob){text, strlen(text)}; break;
        }
    }
}

static bool is_same(const struct column *c, const struct meeting *a, const struct meeting *b)
{
    const void *x = (const char *)a + c->offset, *y = (const char *)b + c->offset;
    const struct blob *p = x, *q = y;
    switch (c->kind) {
    case COLUMN_INT:
    case COLUMN_TIME: return *(const int64_t *)x == *(const int64_t *)y;
    case COLUMN_BOOL: return *(const bool *)x == *(const bool *)y;
    case COLUMN_TEXT: return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case COLUMN_BLOB: return p->len == q->len && memcmp(p->bytes, q->bytes, p->len) == 0;
    }
    return false;
}

/* ignored: the names of columns that come from elsewhere */
static void check_same(const struct meeting *a, const struct meeting *b, const char *ignored)
{
    ck_assert_int_eq(a->id, b->id);
    for (int i = 0; i < meeting_column_count; i++)
        if (!strstr(ignored, meeting_columns[i].member))
            ck_assert_msg(is_same(&meeting_columns[i], a, b), "%s differs", meeting_columns[i].member);
}

static const char ELSEWHERE[] = "creator_name host_name host_is_guest updated_at_ms";

static struct meeting insert_filled(void)
{
    struct meeting m;
    fill(&m, 1);
    m.creator_id = make_user("anna");
    m.host_id = make_user("ben");
    ck_assert_int_eq(meeting_dao_insert(app.db, &m, &m.id), ERR_OK);
    return m;
}

START_TEST(test_meeting_columns_are_inserted_and_read)
{
    fixture_begin();
    struct meeting in = insert_filled(), out;
    ck_assert_int_eq(meeting_dao_by_id(app.db, arena, in.id, &out), ERR_OK);
    check_same(&in, &out, ELSEWHERE);
    ck_assert_str_eq(out.creator_name, "anna");
    ck_assert_str_eq(out.host_name, "ben");
    ck_assert_int_eq(out.updated_at_ms, in.created_at_ms);
    app_end();
}
END_TEST

START_TEST(test_meeting_columns_are_locked_and_saved)
{
    fixture_begin();
    struct meeting in = insert_filled(), locked = in, out, changed;
    memset(&locked.state, 0xff, sizeof locked.state);
    ck_assert_int_eq(meeting_dao_lock(app.db, in.id, &locked.state), ERR_OK);
    check_same(&in, &locked, "");
    fill(&changed, 50);
    changed.id = in.id;
    changed.host_id = in.creator_id;
    ck_assert_int_eq(meeting_dao_save(app.db, &changed.state, NOW_MS + 99), ERR_OK);
    ck_assert_int_eq(meeting_dao_by_id(app.db, arena, in.id, &out), ERR_OK);
    ck_assert_int_eq(out.creator_id, in.creator_id);
    check_same(&changed, &out,
               "code creator_id created_at_ms title description password_box is_public is_recorded keep_days "
               "creator_name host_name host_is_guest updated_at_ms");
    ck_assert_int_eq(out.updated_at_ms, NOW_MS + 99);
    ck_assert_str_eq(out.title, in.title);
    app_end();
}
END_TEST

START_TEST(test_meeting_columns_are_edited)
{
    fixture_begin();
    struct meeting in = insert_filled(), edited = in, out;
    fill(&edited, 51);
    edited.state = in.state;
    edited.code = in.code;
    edited.created_at_ms = in.created_at_ms;
    ck_assert_int_eq(meeting_dao_update(app.db, &edited, NOW_MS + 99), ERR_OK);
    ck_assert_int_eq(meeting_dao_by_id(app.db, arena, in.id, &out), ERR_OK);
    check_same(&edited, &out, ELSEWHERE);
    app_end();
}
END_TEST

START_TEST(test_meeting_columns_are_cached)
{
    fixture_begin();
    struct context ctx = context_of(1);
    struct kv_ticket ticket;
    struct participant *people;
    int count;
    struct meeting in, out;
    fill(&in, 1);
    in.id = NOW_MS; /* of no other test */
    ck_assert(!meeting_cache_get(&ctx, in.id, &out, &people, &count, &ticket));
    struct participant guest = {.meeting_id = in.id,
                                .user_id = 2,
                                .display_name = "Guest",
                                .role = 3,
                                .status = 4,
                                .is_guest = true,
                                .video = true,
                                .hand_raised_at_ms = 5,
                                .joined_at_ms = 6,
                                .left_at_ms = 7,
                                .connection = "r1.8",
                                .offline_at_ms = 9};
    meeting_cache_put(&ctx, ticket, &in, &guest, 1);
    ck_assert(meeting_cache_get(&ctx, in.id, &out, &people, &count, &ticket));
    check_same(&in, &out, "");
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(people->display_name, "Guest");
    ck_assert_str_eq(people->connection, "r1.8");
    ck_assert(people->meeting_id == in.id && people->user_id == 2 && people->role == 3 && people->status == 4);
    ck_assert(people->is_guest && people->video && !people->audio && !people->screen);
    ck_assert(people->hand_raised_at_ms == 5 && people->joined_at_ms == 6 && people->left_at_ms == 7);
    ck_assert_int_eq(people->offline_at_ms, 9);
    app_end();
}
END_TEST

CHECK_MAIN("meeting_columns", test_meeting_columns_are_inserted_and_read, test_meeting_columns_are_locked_and_saved,
           test_meeting_columns_are_edited, test_meeting_columns_are_cached)
