/* Lines between media nodes and workers: what is written is read again, and nothing else is. */
#include <string.h>

#include "core/limits.h"
#include "core/media_wire.h"
#include "core/relay_wire.h"
#include "tests/check_main.h"

static struct slice text(const char *s) { return (struct slice){s, strlen(s)}; }

static bool same(struct slice a, const char *b) { return a.len == strlen(b) && memcmp(a.at, b, a.len) == 0; }

/* The next line of what was written. */
static struct slice next(struct slice *all)
{
    struct slice line;
    ck_assert(relay_wire_line(all, &line));
    return line;
}

START_TEST(test_media_wire_names)
{
    static const char *const good[] = {"a", "Z9", "node-1_b", "-", "123456789012345678901234"};
    static const char *const bad[] = {"", " ", "a b", "a.b", "a\n", "n\xc3\xb6", "a/b", "1234567890123456789012345"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(media_wire_is_name(text(good[i])), "'%s'", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!media_wire_is_name(text(bad[i])), "'%s'", bad[i]);
    ck_assert(!media_wire_is_name((struct slice){"a\0b", 3}));
    ck_assert(!media_wire_is_name((struct slice){0}));
}
END_TEST

START_TEST(test_media_wire_node)
{
    struct buf out = {0};
    struct media_wire_node node;
    media_wire_node_write(&out, &(struct media_wire_node){MEDIA_NODE_STARTING, 50000, 0, text("1.1.2")});
    media_wire_node_write(&out, &(struct media_wire_node){MEDIA_NODE_ACTIVE, 1, INT64_MAX, text("?")});
    media_wire_node_write(&out, &(struct media_wire_node){MEDIA_NODE_DRAINING, 0, 7, text("1.4.1~deb")});
    ck_assert_str_eq(out.data, "node starting 50000 0 1.1.2\nnode active 1 9223372036854775807 ?\n"
                               "node draining 0 7 1.4.1~deb\n");
    struct slice all = {out.data, out.len};
    ck_assert(media_wire_node_read(next(&all), &node));
    ck_assert(node.state == MEDIA_NODE_STARTING && node.capacity_pps == 50000 && node.load_pps == 0);
    ck_assert(same(node.version, "1.1.2"));
    ck_assert(media_wire_node_read(next(&all), &node));
    ck_assert(node.state == MEDIA_NODE_ACTIVE && node.load_pps == INT64_MAX && same(node.version, "?"));
    ck_assert(media_wire_node_read(next(&all), &node));
    ck_assert(node.state == MEDIA_NODE_DRAINING && node.capacity_pps == 0 && same(node.version, "1.4.1~deb"));
    buf_free(&out);
}
END_TEST

START_TEST(test_media_wire_node_refuses)
{
    static const char *const bad[] = {"",
                                      "node",
                                      "node active",
                                      "node active 1 2",
                                      "node active 1 2 ",
                                      "node active 1 2 v w",
                                      "node  active 1 2 v",
                                      " node active 1 2 v",
                                      "node ACTIVE 1 2 v",
                                      "node asleep 1 2 v",
                                      "node active -1 2 v",
                                      "node active 1 2x v",
                                      "node active 1 9223372036854775808 v",
                                      "node active 1 2 v\t",
                                      "node active 1 2 \xc3\xa4",
                                      "room active 1 2 v",
                                      "node active 1 2 123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct media_wire_node node = {.capacity_pps = 3};
        ck_assert_msg(!media_wire_node_read(text(bad[i]), &node), "'%s'", bad[i]);
        ck_assert_int_eq(node.capacity_pps, 3);
    }
    struct media_wire_node node;
    ck_assert(!media_wire_node_read((struct slice){"node active 1 2 v\0", 18}, &node));
}
END_TEST

START_TEST(test_media_wire_room)
{
    struct buf out = {0};
    struct media_wire_room room;
    media_wire_room_write(&out, &(struct media_wire_room){false, 7, 1});
    media_wire_room_write(&out, &(struct media_wire_room){true, INT64_MAX, INT64_MAX});
    ck_assert_str_eq(out.data, "room 7 1\nlost 9223372036854775807 9223372036854775807\n");
    struct slice all = {out.data, out.len};
    ck_assert(media_wire_room_read(next(&all), &room));
    ck_assert(!room.lost && room.meeting_id == 7 && room.epoch == 1);
    ck_assert(media_wire_room_read(next(&all), &room));
    ck_assert(room.lost && room.meeting_id == INT64_MAX && room.epoch == INT64_MAX);
    buf_free(&out);
}
END_TEST

START_TEST(test_media_wire_room_refuses)
{
    static const char *const bad[] = {"",          "room",     "room 7",     "room 7 ",  "room 7 1 ", "room 7 1 2",
                                      "room  7 1", "ROOM 7 1", "gone 7 1",   "room 0 1", "room 7 0",  "room -7 1",
                                      "room 7 +1", "lost x 1", "lost 7 1\t", "7 1",      " room 7 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct media_wire_room room = {.meeting_id = 3};
        ck_assert_msg(!media_wire_room_read(text(bad[i]), &room), "'%s'", bad[i]);
        ck_assert_int_eq(room.meeting_id, 3);
    }
}
END_TEST

START_TEST(test_media_wire_order)
{
    struct buf out = {0};
    struct media_wire_order order;
    media_wire_order_write(&out, &(struct media_wire_order){false, 7, 2});
    media_wire_order_write(&out, &(struct media_wire_order){.leave = true, .meeting_id = 8});
    ck_assert_str_eq(out.data, "take 7 2\nleave 8\n");
    struct slice all = {out.data, out.len};
    ck_assert(media_wire_order_read(next(&all), &order));
    ck_assert(!order.leave && order.meeting_id == 7 && order.epoch == 2);
    ck_assert(media_wire_order_read(next(&all), &order));
    ck_assert(order.leave && order.meeting_id == 8 && order.epoch == 0);
    buf_free(&out);
}
END_TEST

START_TEST(test_media_wire_order_refuses)
{
    static const char *const bad[] = {"",      "take",     "take 7",   "take 7 0", "take 0 1",  "take 7 1 1",
                                      "leave", "leave ",   "leave 0",  "leave 7 ", "leave 7 1", "leave x",
                                      "7 1",   "TAKE 7 1", "take 7 x", "leave -7", "take  7 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct media_wire_order order = {.meeting_id = 3};
        ck_assert_msg(!media_wire_order_read(text(bad[i]), &order), "'%s'", bad[i]);
        ck_assert_int_eq(order.meeting_id, 3);
    }
}
END_TEST

START_TEST(test_media_wire_member)
{
    struct buf out = {0};
    struct media_wire_member m;
    media_wire_member_write(&out, &(struct media_wire_member){3, true, false, true});
    ck_assert_str_eq(out.data, "member 3 1 0 1\n");
    ck_assert(media_wire_member_read((struct slice){out.data, out.len - 1}, &m));
    ck_assert(m.user_id == 3 && m.audio && !m.video && m.screen);
    buf_free(&out);
}
END_TEST

START_TEST(test_media_wire_member_refuses)
{
    static const char *const bad[] = {"",
                                      "member 3",
                                      "member 3 1 1",
                                      "member 3 1 1 1 1",
                                      "member 3 1 1 2",
                                      "member 3 01 1 1",
                                      "member 3 1 1 -0",
                                      "member 3 true 1 1",
                                      "member 0 1 1 1",
                                      "member x 1 1 1",
                                      "member 3 1 1 1 ",
                                      "Member 3 1 1 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct media_wire_member m = {.user_id = 5};
        ck_assert_msg(!media_wire_member_read(text(bad[i]), &m), "'%s'", bad[i]);
        ck_assert_int_eq(m.user_id, 5);
    }
}
END_TEST

CHECK_MAIN("media_wire", test_media_wire_names, test_media_wire_node, test_media_wire_node_refuses,
           test_media_wire_room, test_media_wire_room_refuses, test_media_wire_order, test_media_wire_order_refuses,
           test_media_wire_member, test_media_wire_member_refuses)
