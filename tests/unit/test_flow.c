/* Token buckets of a connection. */
#include <stdlib.h>

#include "core/limits.h"
#include "relay/flow.h"
#include "tests/check_main.h"

static int take_all(struct flow *f, enum flow_class class, int64_t per_second, double now)
{
    int n = 0;
    while (n < 100000 && flow_take(f, class, 1, per_second, now))
        n++;
    return n;
}

START_TEST(test_flow_gives_a_burst_then_the_rate)
{
    static const int64_t rates[] = {1, 3, 7, 100, 1000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct flow f = {0};
        int64_t rate = rates[i];
        ck_assert_int_eq(take_all(&f, FLOW_SIGNAL, rate, 1000), rate * FLOW_BURST_S);
        ck_assert_int_eq(take_all(&f, FLOW_SIGNAL, rate, 1001), rate);
        ck_assert_int_eq(take_all(&f, FLOW_SIGNAL, rate, 1003), 2 * rate);
        ck_assert_int_eq(take_all(&f, FLOW_SIGNAL, rate, 1500), rate * FLOW_BURST_S);
    }
}
END_TEST

START_TEST(test_flow_keeps_classes_apart)
{
    struct flow f = {0};
    take_all(&f, FLOW_SIGNAL, 5, 1);
    for (int class = FLOW_CALL; class < FLOW_CLASSES; class ++)
        ck_assert_int_eq(take_all(&f, (enum flow_class) class, 5, 1), 50);
}
END_TEST

START_TEST(test_flow_takes_amounts)
{
    struct flow f = {0};
    ck_assert(flow_take(&f, FLOW_SIGNAL_BYTES, 9000, 1000, 5));
    ck_assert(!flow_take(&f, FLOW_SIGNAL_BYTES, 1001, 1000, 5)); /* and takes nothing then */
    ck_assert(flow_take(&f, FLOW_SIGNAL_BYTES, 1000, 1000, 5));
    ck_assert(!flow_take(&f, FLOW_SIGNAL_BYTES, 500, 1000, 5));
    ck_assert(flow_take(&f, FLOW_SIGNAL_BYTES, 500, 1000, 5.5));
}
END_TEST

START_TEST(test_flow_without_a_limit)
{
    struct flow f = {0};
    ck_assert_int_eq(take_all(&f, FLOW_CALL, 0, 1), 100000);
}
END_TEST

START_TEST(test_flow_counts_refusals_until_a_pause)
{
    struct flow f = {0};
    ck_assert_uint_eq(flow_refuse(&f, 100), 1);
    ck_assert_uint_eq(flow_refuse(&f, 100), 2);
    ck_assert_uint_eq(flow_refuse(&f, 100 + LIMIT_REFUSED_PAUSE_S), 3);
    ck_assert_uint_eq(flow_refuse(&f, 101 + 2 * LIMIT_REFUSED_PAUSE_S), 1);
}
END_TEST

CHECK_MAIN("flow", test_flow_gives_a_burst_then_the_rate, test_flow_keeps_classes_apart, test_flow_takes_amounts,
           test_flow_without_a_limit, test_flow_counts_refusals_until_a_pause)
