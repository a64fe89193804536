/* Which Redis servers there are, and which one has a meeting. */
#include <stdlib.h>

#include "core/redis.h"
#include "tests/check_main.h"

static bool read_list(const char *list, struct redis_servers *out)
{
    struct config config = {
        .redis_socket = "/run/redis.sock", .redis_host = "127.0.0.1", .redis_port = 6379, .redis_servers = list};
    return redis_servers_read(&config, out);
}

START_TEST(test_redis_reads_lists)
{
    struct redis_servers s;
    ck_assert(read_list("", &s));
    ck_assert_int_eq(s.count, 1);
    ck_assert_str_eq(s.list[0].socket, "/run/redis.sock");
    ck_assert(read_list("unix:/a/b.sock,redis.example.org:6380,[::1]:1", &s));
    ck_assert_int_eq(s.count, 3);
    ck_assert_str_eq(s.list[0].socket, "/a/b.sock");
    ck_assert_str_eq(s.list[1].socket, "");
    ck_assert_str_eq(s.list[1].host, "redis.example.org");
    ck_assert_int_eq(s.list[1].port, 6380);
}
END_TEST

START_TEST(test_redis_refuses_what_is_no_list)
{
    static const char *const lists[] = {",",
                                        "a:1,",
                                        "a:1,,b:2",
                                        "a",
                                        "a:",
                                        ":1",
                                        "a:0",
                                        "a:65536",
                                        "a:x",
                                        "unix:",
                                        "a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9,a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8"};
    struct redis_servers s;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        ck_assert_msg(!read_list(lists[i], &s), "%s", lists[i]);
}
END_TEST

START_TEST(test_redis_spreads_meetings_evenly_and_moves_few)
{
    enum { MEETINGS = 100000 };
    for (int count = 1; count < REDIS_SERVERS; count++) {
        int per[REDIS_SERVERS] = {0}, moved = 0;
        for (int64_t id = 1; id <= MEETINGS; id++) {
            int server = redis_server_of(id, count), with_one_more = redis_server_of(id, count + 1);
            if (server < 0 || server >= count || (with_one_more != server && with_one_more != count))
                ck_abort_msg("meeting %lld of %d servers: %d, then %d", (long long)id, count, server, with_one_more);
            per[server]++;
            moved += with_one_more != server;
        }
        for (int i = 0; i < count; i++)
            ck_assert_msg(abs(per[i] - MEETINGS / count) < MEETINGS / count / 10, "%d of %d has %d", i, count, per[i]);
        ck_assert_int_lt(abs(moved - MEETINGS / (count + 1)), MEETINGS / (count + 1) / 10);
    }
}
END_TEST

CHECK_MAIN("redis", test_redis_reads_lists, test_redis_refuses_what_is_no_list,
           test_redis_spreads_meetings_evenly_and_moves_few)
