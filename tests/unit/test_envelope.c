/* Envelopes: what a worker writes is what a relay reads. */
#include <stdlib.h>
#include <string.h>

#include "core/envelope.h"
#include "tests/check_main.h"

static struct envelope read_ok(const char *line)
{
    struct envelope e;
    ck_assert_msg(envelope_read(line, strlen(line), &e), "%s", line);
    return e;
}

START_TEST(test_envelope_reads_what_was_written)
{
    struct buf line = {0};
    envelope_write(&line, 7, 58, "3,17", "user:3:4403", "{\"type\":\"chat_message\", \"x\":1}");
    struct envelope e = read_ok(line.data);
    ck_assert_int_eq(e.meeting_id, 7);
    ck_assert_int_eq(e.seq, 58);
    ck_assert_uint_eq(e.audience_len, 4);
    ck_assert_mem_eq(e.effect, "user:3:4403", e.effect_len);
    ck_assert_mem_eq(e.frame, "{\"type\":\"chat_message\", \"x\":1}", e.frame_len);
    ck_assert_ptr_eq(e.frame + e.frame_len, line.data + line.len);
    buf_free(&line);
}
END_TEST

/* The line of an event, as a worker writes it. */
static struct envelope written(struct buf *line, struct audience audience, struct effect effect)
{
    struct buf audience_word = {0}, effect_word = {0};
    envelope_write_audience(&audience_word, &audience);
    envelope_write_effect(&effect_word, &effect);
    envelope_write(line, 7, 58, audience_word.data, effect_word.data, "{}");
    buf_free(&audience_word);
    buf_free(&effect_word);
    return read_ok(line->data);
}

START_TEST(test_envelope_audience_comes_back)
{
    const int64_t users[] = {3, 17, INT64_MAX};
    const struct {
        struct audience audience;
        const char *line;
        bool concerns_3, concerns_4, names_3, names_max;
    } rows[] = {
        {audience_everybody(), "7 58 * - {}", true, true, false, false},
        {audience_users(users, 1), "7 58 3 - {}", true, false, true, false},
        {audience_users(users, 3), "7 58 3,17,9223372036854775807 - {}", true, false, true, true},
        {audience_others(3, "r1f"), "7 58 !3@r1f - {}", false, true, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf line = {0};
        struct envelope e = written(&line, rows[i].audience, effect_none());
        ck_assert_str_eq(line.data, rows[i].line);
        ck_assert_int_eq(envelope_concerns(&e, 3), rows[i].concerns_3);
        ck_assert_int_eq(envelope_concerns(&e, 4), rows[i].concerns_4);
        ck_assert_int_eq(envelope_names(&e, 3), rows[i].names_3);
        ck_assert_int_eq(envelope_names(&e, INT64_MAX), rows[i].names_max);
        ck_assert_int_eq(envelope_delivered_by(&e, "r1f"), rows[i].audience.kind == AUDIENCE_OTHERS);
        buf_free(&line);
    }
}
END_TEST

START_TEST(test_envelope_effect_comes_back)
{
    char longest[EFFECT_CONNECTION_SIZE];
    memset(longest, 'r', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct effect effects[] = {
        effect_none(),
        effect_user(3, 0),
        effect_user(INT64_MAX, 4403),
        effect_waiting(17),
        effect_all(4410),
        effect_connection("r1-ab.17", 4409),
        effect_all(0),
        effect_connection(longest, 4401),
    };
    static const char *const words[] = {"-",          "user:3:0", "user:9223372036854775807:4403",
                                        "waiting:17", "all:4410", "conn:r1-ab.17:4409"};
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        struct effect f;
        struct buf line = {0};
        struct envelope e = written(&line, audience_everybody(), effects[i]);
        if (i < sizeof words / sizeof *words) {
            ck_assert_uint_eq(e.effect_len, strlen(words[i]));
            ck_assert_mem_eq(e.effect, words[i], e.effect_len);
        }
        ck_assert(envelope_effect(&e, &f));
        ck_assert_int_eq(f.kind, effects[i].kind);
        ck_assert_int_eq(f.user_id, effects[i].user_id);
        ck_assert_str_eq(f.connection, effects[i].connection);
        ck_assert_int_eq(f.close_code, effects[i].close_code);
        buf_free(&line);
    }
}
END_TEST

START_TEST(test_envelope_refuses_what_is_none)
{
    static const char *const lines[] = {
        "",
        " ",
        "7",
        "7 58",
        "7 58 *",
        "7 58 * -",
        "7 58 * - ",
        "7 58  - {}",
        "x 58 * - {}",
        "7 x * - {}",
        "-7 58 * - {}",
        "7  58 * - {}",
        " 7 58 * - {}",
        "99999999999999999999 1 * - {}",
    };
    struct envelope e;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(!envelope_read(lines[i], strlen(lines[i]), &e), "%s", lines[i]);
}
END_TEST

START_TEST(test_envelope_knows_its_audience)
{
    struct envelope all = read_ok("7 1 * - {}"), two = read_ok("7 1 3,17 - {}"), bad = read_ok("7 1 3;17 - {}");
    ck_assert(envelope_concerns(&all, 1));
    ck_assert(envelope_concerns(&two, 3));
    ck_assert(envelope_concerns(&two, 17));
    ck_assert(!envelope_concerns(&two, 1));
    ck_assert(!envelope_concerns(&two, 317));
    ck_assert(!envelope_concerns(&bad, 17));
}
END_TEST

START_TEST(test_envelope_knows_everybody_but_one)
{
    struct envelope others = read_ok("7 0 !3@r1f - {}"), list = read_ok("7 0 3,17 - {}");
    ck_assert(!envelope_concerns(&others, 3));
    ck_assert(envelope_concerns(&others, 31));
    ck_assert(envelope_delivered_by(&others, "r1f"));
    ck_assert(!envelope_delivered_by(&others, "r1"));
    ck_assert(!envelope_delivered_by(&others, "r1ff"));
    ck_assert(!envelope_delivered_by(&list, "r1f"));
}
END_TEST

START_TEST(test_envelope_names_only_whom_a_list_holds)
{
    struct envelope all = read_ok("7 1 * - {}"), others = read_ok("7 0 !3@r1f - {}"), two = read_ok("7 1 3,17 - {}"),
                    bad = read_ok("7 1 3,,17 - {}");
    ck_assert(envelope_names(&two, 3) && envelope_names(&two, 17));
    ck_assert(!envelope_names(&two, 1) && !envelope_names(&two, 7) && !envelope_names(&two, 317));
    ck_assert(envelope_names(&bad, 3) && !envelope_names(&bad, 17));
    for (int64_t user = 0; user < 20; user++) /* whom it concerns is not whom it names */
        ck_assert(!envelope_names(&all, user) && !envelope_names(&others, user));
}
END_TEST

START_TEST(test_envelope_reads_effects)
{
    struct effect f;
    struct envelope none = read_ok("7 1 * - {}"), user = read_ok("7 1 * user:3:0 {}"),
                    conn = read_ok("7 1 * conn:r1-ab.17:4409 {}"), all = read_ok("7 1 * all:4410 {}"),
                    waiting = read_ok("7 1 * waiting:17 {}"), former = read_ok("7 1 * outside:17 {}");
    ck_assert(envelope_effect(&none, &f));
    ck_assert_int_eq(f.kind, EFFECT_NONE);
    ck_assert(envelope_effect(&user, &f));
    ck_assert_int_eq(f.kind, EFFECT_USER);
    ck_assert_int_eq(f.user_id, 3);
    ck_assert_int_eq(f.close_code, 0);
    ck_assert(envelope_effect(&conn, &f));
    ck_assert_int_eq(f.kind, EFFECT_CONNECTION);
    ck_assert_str_eq(f.connection, "r1-ab.17");
    ck_assert_int_eq(f.close_code, 4409);
    ck_assert(envelope_effect(&all, &f));
    ck_assert_int_eq(f.kind, EFFECT_ALL);
    ck_assert_int_eq(f.close_code, 4410);
    ck_assert(envelope_effect(&waiting, &f));
    ck_assert_int_eq(f.kind, EFFECT_WAITING);
    ck_assert(envelope_effect(&former, &f) && f.kind == EFFECT_WAITING && f.user_id == 17);
    ck_assert_int_eq(f.user_id, 17);
    ck_assert_int_eq(f.close_code, 0);
}
END_TEST

START_TEST(test_envelope_refuses_bad_effects)
{
    static const char *const lines[] = {
        "7 1 * user:3 {}",
        "7 1 * user:x:0 {}",
        "7 1 * user:3:5000 {}",
        "7 1 * conn:r1.1 {}",
        "7 1 * all: {}",
        "7 1 * all:1x {}",
        "7 1 * -- {}",
        "7 1 * nobody:1 {}",
        "7 1 * waiting: {}",
        "7 1 * waiting:x {}",
        "7 1 * waiting:3:0 {}",
        "7 1 * waiting:3x {}",
        "7 1 * waiting {}",
        "7 1 * conn:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:0 {}",
    };
    struct effect f;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct envelope e = read_ok(lines[i]);
        ck_assert_msg(!envelope_effect(&e, &f), "%s", lines[i]);
    }
}
END_TEST

CHECK_MAIN("envelope", test_envelope_reads_what_was_written, test_envelope_audience_comes_back,
           test_envelope_effect_comes_back, test_envelope_refuses_what_is_none, test_envelope_knows_its_audience,
           test_envelope_knows_everybody_but_one, test_envelope_names_only_whom_a_list_holds,
           test_envelope_reads_effects, test_envelope_refuses_bad_effects)
