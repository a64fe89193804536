/* What a client's address and network are, also behind proxies. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/network.h"
#include "tests/check_main.h"

static struct address parse(const char *text)
{
    struct address a;
    ck_assert_msg(address_parse(text, &a), "%s", text);
    return a;
}

static struct networks read(const char *text)
{
    struct networks n;
    ck_assert_msg(networks_read(text, &n), "%s", text);
    return n;
}

static const char *written(struct address a)
{
    static char out[ADDRESS_TEXT];
    address_write(&a, out);
    return out;
}

START_TEST(test_network_reads_and_writes_addresses)
{
    static const char *const texts[] = {"127.0.0.1", "10.1.2.3", "::1", "2001:db8::7"};
    struct address any;
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(written(parse(texts[i])), texts[i]);
    ck_assert_str_eq(written(parse("::ffff:10.1.2.3")), "10.1.2.3");
    ck_assert_str_eq(written((struct address){0}), "");
    ck_assert(!address_parse("", &any) && !address_parse("unknown", &any) && !address_parse("1.2.3", &any) &&
              !address_parse("fe80::1%lo", &any));
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    ck_assert_str_eq(written(address_of((const struct sockaddr *)(const void *)&v4)), "127.0.0.1");
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v6.sin6_addr, parse("::ffff:192.0.2.1").ip, 16);
    ck_assert_str_eq(written(address_of((const struct sockaddr *)(const void *)&v6)), "192.0.2.1");
    struct sockaddr local = {.sa_family = AF_UNIX};
    ck_assert_str_eq(written(address_of(&local)), "");
}
END_TEST

START_TEST(test_network_of_an_address)
{
    static const char *const cases[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"2001:db8:1:3::1", "2001:db8:1:3::"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(written(network_of(parse(cases[i][0]))), cases[i][1]);
}
END_TEST

START_TEST(test_network_lists)
{
    struct networks n = read(" 10.0.0.0/8 ,::1,192.168.1.5,\t2001:db8::/33, 172.16.0.0/12,::ffff:198.51.100.0/120");
    static const char *const in[] = {"10.0.0.1",       "10.255.255.255",  "::1",
                                     "192.168.1.5",    "2001:db8::",      "2001:db8:7fff::1",
                                     "172.31.255.255", "::ffff:10.1.1.1", "198.51.100.200"};
    static const char *const out[] = {"11.0.0.0",   "9.255.255.255", "::2",    "192.168.1.4", "2001:db8:8000::",
                                      "172.32.0.0", "198.51.101.1",  "::a00:1" /* not the mapped 10.0.0.1 */};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        ck_assert_msg(networks_have(&n, &(struct address[]){parse(in[i])}[0]), "%s", in[i]);
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        ck_assert_msg(!networks_have(&n, &(struct address[]){parse(out[i])}[0]), "%s", out[i]);
    ck_assert_int_eq(read("").count, 0);
    struct networks all = read("0.0.0.0/0");
    struct address four = parse("203.0.113.1"), six = parse("2001:db8::1");
    ck_assert(networks_have(&all, &four) && !networks_have(&all, &six));
}
END_TEST

START_TEST(test_network_lists_that_are_none)
{
    static const char *const bad[] = {
        "x",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.0/8/8",
        "::1/129",
        "10.0.0.0,,::1",
        ",",
        "10.0.0.0 ::1",
        "localhost",
        "1.2.3.4:80",
        "10.0.0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000"};
    struct networks n = {.count = 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!networks_read(bad[i], &n) && n.count == 7, "%s", bad[i]);
    char many[16 * (NETWORKS + 1)] = "";
    for (int i = 0; i <= NETWORKS; i++)
        strcat(many, "10.0.0.1,");
    ck_assert(!networks_read(many, &n));
    many[9 * NETWORKS] = '\0';
    ck_assert(networks_read(many, &n) && n.count == NETWORKS);
}
END_TEST

START_TEST(test_network_client_is_the_last_that_is_not_trusted)
{
    struct networks trusted = read("127.0.0.1, ::1, 10.0.0.0/8");
    static const struct {
        const char *peer, *header, *client;
    } cases[] = {
        {"127.0.0.1", "", "127.0.0.1"},
        {"127.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"::1", "192.0.2.1", "192.0.2.1"},
        {"::ffff:127.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "192.0.2.1, 10.0.0.7", "192.0.2.1"},
        {"127.0.0.1", "192.0.2.1,10.0.0.7 , 10.0.0.8", "192.0.2.1"},
        {"127.0.0.1", "198.51.100.66, 192.0.2.1, 10.0.0.7", "192.0.2.1"}, /* forged at the left */
        {"127.0.0.1", "127.0.0.1, 192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"}, /* all of them ours */
        {"192.0.2.9", "198.51.100.66", "192.0.2.9"},     /* the peer is no proxy of ours */
        {"192.0.2.9", "198.51.100.66, 127.0.0.1", "192.0.2.9"},
        {"127.0.0.1", "192.0.2.1:4711, 10.0.0.7:80", "192.0.2.1"},
        {"127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"},
        {"127.0.0.1", "[2001:db8::1]", "2001:db8::1"},
        {"127.0.0.1", "2001:db8::1, ::ffff:10.0.0.1", "2001:db8::1"},
        {"127.0.0.1", "192.0.2.1, unknown, 10.0.0.7", "10.0.0.7"}, /* nothing is known beyond */
        {"127.0.0.1", "192.0.2.1, , 10.0.0.7", "10.0.0.7"},
        {"127.0.0.1", "unknown", "127.0.0.1"},
        {"127.0.0.1", ",", "127.0.0.1"},
        {"127.0.0.1", " , 192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "[", "127.0.0.1"},
        {"127.0.0.1", "[]:1", "127.0.0.1"},
        {"127.0.0.1", "[2001:db8::1]x", "127.0.0.1"},
        {"127.0.0.1", "192.0.2.1111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
         "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(written(network_client(&trusted, parse(cases[i].peer), cases[i].header)), cases[i].client);
    struct networks none = {0};
    ck_assert_str_eq(written(network_client(&none, parse("127.0.0.1"), "192.0.2.1")), "127.0.0.1");
}
END_TEST

CHECK_MAIN("network", test_network_reads_and_writes_addresses, test_network_of_an_address, test_network_lists,
           test_network_lists_that_are_none, test_network_client_is_the_last_that_is_not_trusted)
