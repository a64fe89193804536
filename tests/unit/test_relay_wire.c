/* Lines between relay and workers: what is written is read again, and nothing else is. */
#include <string.h>

#include "core/relay_wire.h"
#include "tests/check_main.h"

static struct slice text(const char *s) { return (struct slice){s, strlen(s)}; }

static bool same(struct slice a, const char *b) { return a.len == strlen(b) && memcmp(a.at, b, a.len) == 0; }

START_TEST(test_wire_lines)
{
    struct slice all = text("\n\na b\nc\n\n"), line;
    ck_assert(relay_wire_line(&all, &line) && same(line, "a b"));
    ck_assert(relay_wire_line(&all, &line) && same(line, "c"));
    ck_assert(!relay_wire_line(&all, &line));
    all = text("no end");
    ck_assert(relay_wire_line(&all, &line) && same(line, "no end"));
    ck_assert(!relay_wire_line(&all, &line));
    all = (struct slice){0};
    ck_assert(!relay_wire_line(&all, &line));
}
END_TEST

START_TEST(test_wire_room)
{
    static const struct relay_wire_room rooms[] = {
        {0}, {7, 12, 11, false}, {7, 12, 11, true}, {INT64_MAX, INT64_MAX, INT64_MAX, true}};
    static const char *const texts[] = {"-", "7 12 11", "7 12 11 waiting"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        char value[RELAY_WIRE_ROOM_SIZE];
        struct relay_wire_room room;
        relay_wire_room_write(value, &rooms[i]);
        ck_assert(i >= 3 || strcmp(value, texts[i]) == 0);
        ck_assert(relay_wire_room_read(text(value), &room));
        ck_assert_int_eq(room.meeting_id, rooms[i].meeting_id);
        ck_assert_int_eq(room.seq, rooms[i].seq);
        ck_assert_int_eq(room.join_seq, rooms[i].join_seq);
        ck_assert(room.waiting == rooms[i].waiting);
    }
}
END_TEST

START_TEST(test_wire_room_refuses)
{
    static const char *const bad[] = {"",       " ",       "--",        "- ",      "7",
                                      "7 1",    "7 1 ",    "7 1 1 ",    "7  1 1",  " 7 1 1",
                                      "-7 1 1", "7 1 1x",  "7 1 1 in",  "0 1 1",   "7 1 1 waiting ",
                                      "7 1 +1", "0x7 1 1", "7 1 1 1 1", "7\t1\t1", "7 1 9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct relay_wire_room room = {.meeting_id = 3};
        ck_assert_msg(!relay_wire_room_read(text(bad[i]), &room), "'%s'", bad[i]);
        ck_assert_int_eq(room.meeting_id, 3);
    }
}
END_TEST

START_TEST(test_wire_report)
{
    struct buf out = {0};
    struct slice all, line;
    struct relay_wire_report r;
    relay_wire_report_write(&out, &(struct relay_wire_report){false, 3, text("7"), text("r-1.9")});
    relay_wire_report_write(&out, &(struct relay_wire_report){true, INT64_MAX, text("K7%20Q"), text("x")});
    ck_assert_str_eq(out.data, "lost 7 3 r-1.9\nexpired K7%20Q 9223372036854775807 x\n");
    all = (struct slice){out.data, out.len};
    ck_assert(relay_wire_line(&all, &line) && relay_wire_report_read(line, &r));
    ck_assert(!r.expired && r.user_id == 3 && same(r.meeting, "7") && same(r.connection, "r-1.9"));
    ck_assert(relay_wire_line(&all, &line) && relay_wire_report_read(line, &r));
    ck_assert(r.expired && r.user_id == INT64_MAX && same(r.meeting, "K7%20Q") && same(r.connection, "x"));
    buf_free(&out);
}
END_TEST

START_TEST(test_wire_report_refuses)
{
    static const char *const bad[] = {"",           "lost",         "lost 7 3",     "lost 7 3 ",   "lost 7 x c",
                                      "gone 7 3 c", "lost  7 3 c",  "lost 7 3 c d", "lost 7 -3 c", "lost 7 3 c ",
                                      "LOST 7 3 c", " lost 7 3 c ", "lost  3 c"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct relay_wire_report r;
        ck_assert_msg(!relay_wire_report_read(text(bad[i]), &r), "'%s'", bad[i]);
    }
}
END_TEST

START_TEST(test_wire_numbers)
{
    struct buf out = {0};
    int64_t meeting_id, seq;
    int n;
    relay_wire_position_write(&out, 7, 12);
    relay_wire_again_write(&out, 99);
    ck_assert_str_eq(out.data, "7 12\n99\n");
    buf_free(&out);
    ck_assert(relay_wire_position_read(text("7 12"), &meeting_id, &seq));
    ck_assert(meeting_id == 7 && seq == 12);
    ck_assert(!relay_wire_position_read(text("7"), &meeting_id, &seq));
    ck_assert(!relay_wire_position_read(text("7 12 1"), &meeting_id, &seq));
    ck_assert(!relay_wire_position_read(text("7 -1"), &meeting_id, &seq));
    ck_assert(meeting_id == 7 && seq == 12);
    ck_assert(relay_wire_again_read(text("99"), &n) && n == 99);
    ck_assert(!relay_wire_again_read(text("2147483648"), &n));
    ck_assert(!relay_wire_again_read(text("1 2"), &n));
    ck_assert(!relay_wire_again_read(text(""), &n));
}
END_TEST

START_TEST(test_wire_stats)
{
    struct buf out = {0};
    struct slice all, line, list;
    int64_t values[RELAY_STATS], again[RELAY_STATS];
    for (int i = 0; i < RELAY_STATS; i++) {
        ck_assert_ptr_nonnull(relay_stat_names[i]);
        values[i] = 100 + i;
    }
    relay_wire_stats_write(&out, values);
    ck_assert_int_eq(strncmp(out.data, "stats connections=100 rooms=101 ", 32), 0);
    all = (struct slice){out.data, out.len};
    ck_assert(relay_wire_line(&all, &line) && relay_wire_stats_line(line, &list));
    relay_wire_stats_read(list, again);
    ck_assert_mem_eq(values, again, sizeof values);
    buf_free(&out);
    ck_assert(!relay_wire_stats_line(text("7 12"), &list));
    ck_assert(!relay_wire_stats_line(text("statistics x=1"), &list));
}
END_TEST

START_TEST(test_wire_stats_of_others)
{
    int64_t values[RELAY_STATS];
    relay_wire_stats_read(text("later=5 rooms=3 calls= connections=-1 =4 deliveries=1x  bytesIn=9"), values);
    for (int i = 0; i < RELAY_STATS; i++)
        ck_assert_int_eq(values[i], i == RELAY_STAT_ROOMS ? 3 : i == RELAY_STAT_BYTES_IN ? 9 : 0);
}
END_TEST

CHECK_MAIN("relay_wire", test_wire_lines, test_wire_room, test_wire_room_refuses, test_wire_report,
           test_wire_report_refuses, test_wire_numbers, test_wire_stats, test_wire_stats_of_others)
