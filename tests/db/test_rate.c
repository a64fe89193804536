/* service/rate.h and the buckets in Redis. */
#include <hiredis/hiredis.h>
#include <unistd.h>

#include "service/auth.h"
#include "service/rate.h"
#include "tests/check_main.h"
#include "tests/db/service_fixture.h"

static const char *key(const char *name) { return arena_printf(arena, "echomeet:test:%d:%s", (int)getpid(), name); }

static enum kv_answer take(const char *name, int64_t per_minute, int64_t cost, int64_t *wait_ms)
{
    struct kv_bucket bucket = {key(name), per_minute, cost};
    return kv_take(app.kv, &bucket, 1, wait_ms);
}

START_TEST(test_rate_bucket_gives_its_capacity_at_once_and_then_a_steady_rate)
{
    fixture_begin();
    int64_t wait = 0;
    for (int i = 0; i < 60; i++)
        ck_assert_int_eq(take("a", 60, 1, &wait), KV_TAKEN);
    ck_assert_int_eq(take("a", 60, 1, &wait), KV_EMPTY);
    ck_assert_int_gt(wait, 0);
    ck_assert_int_le(wait, 1000);                        /* 60 a minute: the next one within a second */
    ck_assert_int_eq(take("b", 60, 1, &wait), KV_TAKEN); /* another key, another bucket */
    for (int i = 0; i < 6000; i++)
        if (take("fast", 6000, 1, &wait) == KV_EMPTY)
            break;
    usleep(60000); /* 6000 a minute: some six tokens */
    ck_assert_int_eq(take("fast", 6000, 1, &wait), KV_TAKEN);
    app_end();
}
END_TEST

START_TEST(test_rate_looking_takes_nothing)
{
    fixture_begin();
    int64_t wait;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(take("look", 1, 0, &wait), KV_TAKEN);
    ck_assert_int_eq(take("look", 1, 1, &wait), KV_TAKEN);
    ck_assert_int_eq(take("look", 1, 0, &wait), KV_EMPTY);
    app_end();
}
END_TEST

START_TEST(test_rate_all_buckets_or_none)
{
    fixture_begin();
    int64_t wait;
    struct kv_bucket both[] = {{key("wide"), 100, 1}, {key("narrow"), 1, 1}};
    ck_assert_int_eq(kv_take(app.kv, both, 2, &wait), KV_TAKEN);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(kv_take(app.kv, both, 2, &wait), KV_EMPTY);
    for (int i = 0; i < 99; i++) /* the wide one has lost a single token */
        ck_assert_int_eq(take("wide", 100, 1, &wait), KV_TAKEN);
    ck_assert_int_eq(take("wide", 100, 1, &wait), KV_EMPTY);
    app_end();
}
END_TEST

START_TEST(test_rate_a_redis_that_forgot_the_script_learns_it_again)
{
    fixture_begin();
    int64_t wait;
    ck_assert_int_eq(take("x", 10, 1, &wait), KV_TAKEN);
    redisContext *redis = redisConnectUnix(config.redis_socket);
    freeReplyObject(redisCommand(redis, "SCRIPT FLUSH"));
    redisFree(redis);
    ck_assert_int_eq(take("x", 10, 1, &wait), KV_TAKEN);
    app_end();
}
END_TEST

START_TEST(test_rate_of_a_user)
{
    fixture_begin();
    struct context ctx = context_of(make_user("anna")), other = context_of(make_user("ben"));
    config.rate_write = 3;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(rate_check(&ctx, RATE_WRITE), ERR_OK);
    ck_assert_int_eq(rate_check(&ctx, RATE_WRITE), ERR_RATE_LIMITED);
    ck_assert_int_gt(ctx.fault.retry_after_s, 0);
    ck_assert_int_le(ctx.fault.retry_after_s, 20);
    ck_assert_int_eq(rate_check(&ctx, RATE_NONE), ERR_OK);
    ck_assert_int_eq(rate_check(&other, RATE_WRITE), ERR_OK);
    config.rate_write = 0;
    ck_assert_int_eq(rate_check(&ctx, RATE_WRITE), ERR_OK); /* no limit */
    app_end();
}
END_TEST

START_TEST(test_rate_without_redis_requests_pass_and_sign_ins_are_counted_here)
{
    fixture_begin();
    struct config without = config;
    without.redis_socket = "/nowhere/redis.sock";
    struct kv *kv = app.kv;
    app.kv = kv_new(&without, &app.clock);
    config.rate_read = config.rate_sign_in_account = 2;
    struct context ctx = context_of(make_user("anna"));
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(rate_check(&ctx, RATE_READ), ERR_OK);
    ck_assert_int_eq(rate_check_sign_in(&ctx, "anna@example.org", NULL), ERR_OK);
    ck_assert_int_eq(rate_check_sign_in(&ctx, "anna@example.org", NULL), ERR_OK);
    ck_assert_int_eq(rate_check_sign_in(&ctx, "anna@example.org", NULL), ERR_RATE_LIMITED);
    ck_assert_int_eq(ctx.fault.retry_after_s, 30);
    ck_assert_int_eq(rate_check_sign_in(&ctx, "ben@example.org", NULL), ERR_OK);
    app.clock.fixed_ms += 30000;
    ck_assert_int_eq(rate_check_sign_in(&ctx, "anna@example.org", NULL), ERR_OK);
    kv_free(&app.kv);
    app.kv = kv;
    app_end();
}
END_TEST

START_TEST(test_rate_counts_wrong_meeting_passwords_only)
{
    fixture_begin();
    config.rate_password_guesses = 3;
    int64_t anna = make_user("anna"), ben = make_user("ben");
    struct context host = context_of(anna), ctx = context_of(ben);
    struct meeting_input options = {.title = GIVEN("T"),
                                    .description = GIVEN(""),
                                    .duration_minutes = GIVEN(60),
                                    .max_participants = GIVEN(5),
                                    .password = GIVEN("pw")};
    struct meeting m;
    struct room_view view;
    ctx.address = arena_printf(arena, "198.51.100.%d", (int)(getpid() % 250));
    ck_assert_int_eq(meeting_create(&host, &options, &m), ERR_OK);
    ck_assert_int_eq(join(m.id, anna), ERR_OK);
    for (int i = 0; i < 10; i++) { /* right ones cost nothing */
        ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_OK);
        ck_assert_int_eq(leave(m.id, ben), ERR_OK);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "wrong"}, &view),
                         ERR_WRONG_PASSWORD);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "wrong"}, &view), ERR_RATE_LIMITED);
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view),
                     ERR_RATE_LIMITED); /* else it would tell that this one is right */
    ctx.address = "203.0.113.77";       /* from elsewhere it can be tried */
    ck_assert_int_eq(join_by_rest(&ctx, m.id, (struct join_credentials){.password = "pw"}, &view), ERR_OK);
    app_end();
}
END_TEST

/* A meeting with the password "pw" in which its host is. */
static struct meeting make_locked_meeting(int64_t host_id)
{
    struct context host = context_of(host_id);
    struct meeting_input options = {.title = GIVEN("T"),
                                    .description = GIVEN(""),
                                    .duration_minutes = GIVEN(60),
                                    .max_participants = GIVEN(50),
                                    .password = GIVEN("pw")};
    struct meeting m;
    ck_assert_int_eq(meeting_create(&host, &options, &m), ERR_OK);
    ck_assert_int_eq(join(m.id, host_id), ERR_OK);
    return m;
}

static enum err guess(int64_t meeting_id, int64_t user_id, const char *address, const char *password)
{
    struct context ctx = context_of(user_id);
    struct room_view view;
    ctx.address = address;
    enum err e = join_by_rest(&ctx, meeting_id, (struct join_credentials){.password = password}, &view);
    return e ? e : leave(meeting_id, user_id);
}

START_TEST(test_rate_one_ipv6_network_guesses_no_more_than_one_address)
{
    fixture_begin();
    config.rate_password_guesses = 10;
    struct meeting m = make_locked_meeting(make_user("anna"));
    int64_t ben = make_user("ben");
    int tried = 0, four = 0;
    for (int i = 0; i < 60; i++)
        tried += guess(m.id, ben, arena_printf(arena, "2001:db8:0:%x:%x::1", getpid() % 65536, i), "wrong") ==
                 ERR_WRONG_PASSWORD;
    ck_assert_int_ge(tried, 10);
    ck_assert_int_le(tried, 12); /* some may have come back meanwhile */
    for (int i = 0; i < 60; i++)
        four += guess(m.id, ben, i % 2 ? "::ffff:198.51.100.1" : "198.51.100.1", "wrong") == ERR_WRONG_PASSWORD;
    ck_assert_int_ge(four, 10);
    ck_assert_int_le(four, 12);
    app_end();
}
END_TEST

START_TEST(test_rate_many_sign_ins_refresh_within_the_limit_of_their_network)
{
    fixture_begin();
    config.rate_refresh = 3;
    struct context ctx = context_of(0);
    int good = 0, bad = 0;
    for (int i = 0; i < 200; i++) {
        ctx.address = arena_printf(arena, "2001:db8:2:%x::%x", getpid() % 65536, i);
        good += rate_check_refresh(&ctx, 1000 + i) == ERR_OK;
        bad += rate_check_refresh(&ctx, 0) == ERR_OK;
    }
    ck_assert(good >= 30 && good <= 32 && bad >= 3 && bad <= 5);
    app_end();
}
END_TEST

START_TEST(test_rate_sign_ins_and_guests_count_by_network)
{
    fixture_begin();
    config.rate_sign_in_address = config.rate_guests = 5;
    struct context ctx = context_of(0);
    int sign_ins = 0, guests = 0;
    for (int i = 0; i < 40; i++) {
        ctx.address = arena_printf(arena, "2001:db8:1:%x::%x", getpid() % 65536, i);
        sign_ins += rate_check_sign_in(&ctx, NULL, NULL) == ERR_OK;
        guests += rate_check_guest(&ctx) == ERR_OK;
    }
    ck_assert(sign_ins >= 5 && sign_ins <= 6 && guests >= 5 && guests <= 6);
    app_end();
}
END_TEST

START_TEST(test_rate_guesses_of_all_networks_count_together_but_not_against_who_was_in)
{
    fixture_begin();
    config.rate_password_guesses = 3;
    config.rate_password_guesses_meeting = 20;
    struct meeting m = make_locked_meeting(make_user("anna"));
    int64_t ben = make_user("ben"), cleo = make_user("cleo"), dora = make_user("dora");
    ck_assert_int_eq(guess(m.id, cleo, "203.0.113.1", "pw"), ERR_OK);
    int tried = 0;
    for (int i = 0; i < 60; i++)
        tried += guess(m.id, ben, arena_printf(arena, "198.51.100.%d", i + 1), "wrong") == ERR_WRONG_PASSWORD;
    ck_assert_int_ge(tried, 20);
    ck_assert_int_le(tried, 25);
    ck_assert_int_eq(guess(m.id, dora, "203.0.113.2", "pw"), ERR_RATE_LIMITED);
    ck_assert_int_eq(guess(m.id, cleo, "203.0.113.3", "pw"), ERR_OK); /* was in it before */
    for (tried = 0; tried < 60; tried++) /* and has as many guesses alone, wherever they come from */
        if (guess(m.id, cleo, arena_printf(arena, "203.0.113.%d", tried + 10), "wrong") != ERR_WRONG_PASSWORD)
            break;
    ck_assert(tried >= 20 && tried <= 25);
    app_end();
}
END_TEST

CHECK_MAIN("rate", test_rate_bucket_gives_its_capacity_at_once_and_then_a_steady_rate, test_rate_looking_takes_nothing,
           test_rate_all_buckets_or_none, test_rate_a_redis_that_forgot_the_script_learns_it_again, test_rate_of_a_user,
           test_rate_without_redis_requests_pass_and_sign_ins_are_counted_here,
           test_rate_counts_wrong_meeting_passwords_only, test_rate_one_ipv6_network_guesses_no_more_than_one_address,
           test_rate_many_sign_ins_refresh_within_the_limit_of_their_network,
           test_rate_sign_ins_and_guests_count_by_network,
           test_rate_guesses_of_all_networks_count_together_but_not_against_who_was_in)
