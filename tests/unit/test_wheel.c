/* Coarse deadlines, counts by network, and memory for many things of one size. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "relay/slab.h"
#include "relay/tally.h"
#include "relay/wheel.h"

struct thing {
    struct wheel_item item; /* first: an item is its thing */
    double fired_at;
    struct wheel_item *remove, *set;
};

static struct wheel wheel;
static int fired;

static void on_due(struct wheel_item *item)
{
    struct thing *t = (struct thing *)(void *)item;
    fired++;
    t->fired_at = ev_now(wheel.loop);
    if (t->remove)
        wheel_remove(t->remove);
    if (t->set)
        wheel_set(&wheel, t->set, 0);
}

/* Runs the loop until `count` have fired, or for 3 s. */
static void run_until(int count)
{
    ev_tstamp end = ev_now(wheel.loop) + 3;
    while (fired < count && ev_now(wheel.loop) < end)
        ev_run(wheel.loop, EVRUN_ONCE);
}

static void begin(void)
{
    fired = 0;
    wheel_start(&wheel, ev_loop_new(EVFLAG_AUTO), on_due);
}

static void end(void)
{
    wheel_stop(&wheel);
    ev_loop_destroy(wheel.loop);
}

START_TEST(test_wheel_is_never_early_and_hardly_late)
{
    begin();
    static const double waits[] = {0, 0.1, 0.3, 0.5, 0.9, 1.1};
    struct thing things[6] = {0};
    double start = ev_now(wheel.loop);
    for (int i = 0; i < 6; i++)
        wheel_set(&wheel, &things[i].item, waits[i]);
    run_until(6);
    for (int i = 0; i < 6; i++) {
        double took = things[i].fired_at - start;
        ck_assert_msg(took >= waits[i] - 0.001 && took < waits[i] + 0.75, "%g s instead of %g", took, waits[i]);
    }
    end();
}
END_TEST

START_TEST(test_wheel_sets_anew_and_takes_out)
{
    begin();
    struct thing late = {0}, gone = {0}, kept = {0};
    wheel_set(&wheel, &late.item, 0.1);
    wheel_set(&wheel, &late.item, 0.8);
    wheel_set(&wheel, &gone.item, 0.1);
    wheel_remove(&gone.item);
    wheel_remove(&gone.item);
    wheel_set(&wheel, &kept.item, 0.1);
    double start = ev_now(wheel.loop);
    run_until(2);
    ck_assert_int_eq(fired, 2);
    ck_assert(gone.fired_at == 0);
    ck_assert(late.fired_at - start >= 0.8 - 0.001);
    end();
}
END_TEST

START_TEST(test_wheel_lets_what_runs_change_the_others)
{
    begin();
    /* all due in one tick: whichever runs first takes the other one out; the third sets itself once more */
    struct thing a = {0}, b = {0}, c = {0};
    a.remove = &b.item;
    b.remove = &a.item;
    c.set = &c.item;
    wheel_set(&wheel, &a.item, 0.1);
    wheel_set(&wheel, &b.item, 0.1);
    wheel_set(&wheel, &c.item, 0.1);
    run_until(4);
    ck_assert_int_eq(fired, 4);
    ck_assert((a.fired_at == 0) != (b.fired_at == 0));
    end();
}
END_TEST

/* Far away: it is met in its own round, not when its slot comes round first. */
START_TEST(test_wheel_keeps_later_rounds_apart)
{
    begin();
    struct thing far = {0}, near = {0};
    wheel_set(&wheel, &far.item, WHEEL_SLOTS * WHEEL_TICK_MS / 1000.0 + 0.1);
    wheel_set(&wheel, &near.item, 0.1);
    run_until(2);
    ck_assert_int_eq(fired, 1);
    ck_assert(near.fired_at > 0 && far.fired_at == 0);
    end();
}
END_TEST

START_TEST(test_tally_counts_by_network)
{
    static const char *const texts[] = {"10.0.0.1",         "10.0.0.2",        "2001:db8:1:2::7",
                                        "2001:db8:1:2:9::", "2001:db8:1:3::7", "::ffff:10.0.0.1"};
    static const uint32_t expected[] = {1, 1, 1, 2, 1, 2};
    struct tally tally = {0};
    struct tally_key keys[6];
    for (size_t i = 0; i < 6; i++) {
        struct address a;
        ck_assert(address_parse(texts[i], &a));
        keys[i] = tally_network(a);
        ck_assert_uint_eq(tally_add(&tally, keys[i]), expected[i]);
    }
    tally_remove(&tally, keys[0]);
    ck_assert_uint_eq(tally_add(&tally, keys[0]), 2);
    tally_remove(&tally, tally_number(4711)); /* never counted */
    for (size_t i = 0; i < 6; i++)
        tally_remove(&tally, keys[i]);
    ck_assert_uint_eq(tally.map.count, 0);
    ck_assert_ptr_null(tally.map.buckets);
}
END_TEST

static void assert_all(const unsigned char *bytes, int count, int value)
{
    for (int i = 0; i < count; i++)
        if (bytes[i] != value) /* an assertion each would take most of the time */
            ck_abort_msg("byte %d is %d and not %d", i, bytes[i], value);
}

START_TEST(test_slab_gives_zeroed_places_of_their_own)
{
    enum { THINGS = 2000, SIZE = 530 };
    struct slab slab = {.size = SIZE};
    static unsigned char *things[THINGS];
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        int i = (int)((seed = seed * 1103515245 + 12345) >> 8) % THINGS;
        i = i < 0 ? -i : i;
        if (things[i]) {
            assert_all(things[i], SIZE, i % 255 + 1);
            slab_free(&slab, things[i]);
            things[i] = NULL;
            continue;
        }
        things[i] = slab_alloc(&slab);
        ck_assert_uint_eq((uintptr_t)things[i] % 16, 0);
        assert_all(things[i], SIZE, 0);
        memset(things[i], i % 255 + 1, SIZE);
    }
    for (int i = 0; i < THINGS; i++)
        if (things[i])
            slab_free(&slab, things[i]);
    ck_assert_ptr_null(slab.partial);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wheel");
    TCase *tc = tcase_create("wheel");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, test_wheel_is_never_early_and_hardly_late);
    tcase_add_test(tc, test_wheel_sets_anew_and_takes_out);
    tcase_add_test(tc, test_wheel_lets_what_runs_change_the_others);
    tcase_add_test(tc, test_wheel_keeps_later_rounds_apart);
    tcase_add_test(tc, test_tally_counts_by_network);
    tcase_add_test(tc, test_slab_gives_zeroed_places_of_their_own);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
