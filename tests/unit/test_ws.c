/* The WebSocket codec, fed from byte scripts: each script is given whole, byte by byte, and cut in two at every place,
 * and must end in the same items and the same close code. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/ws.h"

enum { MAX_BYTES = 1000 };

/* ---- making what a client sends ---- */

static void put_frame(struct buf *out, unsigned first, const void *payload, size_t len)
{
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char header[WS_HEADER_MAX];
    size_t n = ws_header(header, WS_OP_TEXT, len);
    header[0] = (unsigned char)first;
    header[1] |= 0x80;
    buf_append(out, header, n);
    buf_append(out, mask, sizeof mask);
    for (size_t i = 0; i < len; i++)
        buf_putc(out, (char)(((const unsigned char *)payload)[i] ^ mask[i % 4]));
}

static void put_text(struct buf *out, unsigned first, const char *text) { put_frame(out, first, text, strlen(text)); }

/* ---- writing down what the parser says ---- */

static void put_item(struct buf *log, enum ws_event event, const struct ws_item *item)
{
    static const char *const names[] = {"", "text", "ping", "pong", "close", "fail"};
    if (log->len)
        buf_putc(log, ' ');
    buf_puts(log, names[event]);
    if (event == WS_CLOSE || event == WS_FAIL) {
        buf_printf(log, "=%d", item->code);
        return;
    }
    buf_putc(log, '=');
    if (item->len > 40)
        buf_printf(log, "#%zu", item->len);
    else
        buf_append(log, item->data, item->len);
}

/* Gives one piece; false when nothing more is to be read. */
static bool feed(struct ws_parser *p, const char *data, size_t len, struct buf *log)
{
    /* a copy of its own size, so that a read beyond it is noticed */
    char *copy = malloc(len ? len : 1), *at = copy;
    memcpy(copy, data, len);
    for (;;) {
        struct ws_item item;
        enum ws_event event = ws_read(p, MAX_BYTES, &at, &len, &item);
        if (event != WS_MORE)
            put_item(log, event, &item);
        if (event == WS_MORE || event == WS_CLOSE || event == WS_FAIL) {
            free(copy);
            return event == WS_MORE;
        }
    }
}

/* cut 0: byte by byte; otherwise two pieces, the first one `cut` bytes long */
static void run(const struct buf *script, size_t cut, struct buf *log)
{
    struct ws_parser p = {0};
    buf_clear(log);
    for (size_t at = 0; at < script->len;) {
        size_t n = cut == 0 ? 1 : at == 0 && cut < script->len ? cut : script->len - at;
        if (!feed(&p, script->data + at, n, log))
            break;
        at += n;
    }
    ws_free(&p);
}

static void expect(struct buf *script, const char *wanted)
{
    struct buf log = {0};
    for (size_t cut = 0; cut <= script->len; cut++) {
        run(script, cut, &log);
        ck_assert_msg(strcmp(log.data ? log.data : "", wanted) == 0, "cut at %zu: got '%s', wanted '%s'", cut,
                      log.data ? log.data : "", wanted);
    }
    buf_free(&log);
    buf_free(script);
}

static void expect_bytes(const char *bytes, size_t len, const char *wanted)
{
    struct buf script = {0};
    buf_append(&script, bytes, len);
    expect(&script, wanted);
}
#define EXPECT_BYTES(bytes, wanted) expect_bytes(bytes, sizeof(bytes) - 1, wanted)

/* ---- messages ---- */

START_TEST(test_ws_reads_the_example_of_the_rfc)
{
    EXPECT_BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "text=Hello");
}
END_TEST

START_TEST(test_ws_reads_empty_and_following_messages)
{
    struct buf s = {0};
    put_text(&s, 0x81, "");
    put_text(&s, 0x81, "one");
    put_text(&s, 0x81, "two");
    expect(&s, "text= text=one text=two");
}
END_TEST

START_TEST(test_ws_joins_fragments)
{
    struct buf s = {0};
    put_text(&s, 0x01, "");
    put_text(&s, 0x00, "frag");
    put_text(&s, 0x00, "");
    put_text(&s, 0x80, "ments");
    put_text(&s, 0x81, "next");
    expect(&s, "text=fragments text=next");
}
END_TEST

START_TEST(test_ws_lets_control_frames_between_fragments)
{
    struct buf s = {0};
    put_text(&s, 0x01, "a");
    put_text(&s, 0x89, "are you there");
    put_text(&s, 0x00, "b");
    put_text(&s, 0x8a, "");
    put_text(&s, 0x80, "c");
    expect(&s, "ping=are you there pong= text=abc");
}
END_TEST

START_TEST(test_ws_reads_every_form_of_length)
{
    static const size_t lengths[] = {125, 126, 127, 999, 1000};
    char payload[MAX_BYTES];
    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct buf s = {0};
        char wanted[64];
        put_frame(&s, 0x81, payload, lengths[i]);
        snprintf(wanted, sizeof wanted, "text=#%zu", lengths[i]);
        expect(&s, wanted);
    }
}
END_TEST

START_TEST(test_ws_holds_no_memory_between_messages)
{
    struct buf s = {0}, log = {0};
    struct ws_parser p = {0};
    put_text(&s, 0x01, "first ");
    put_text(&s, 0x89, "ping");
    put_text(&s, 0x80, "second");
    for (size_t i = 0; i < s.len; i++)
        ck_assert(feed(&p, s.data + i, 1, &log));
    ck_assert_str_eq(log.data, "ping=ping text=first second");
    ck_assert_ptr_null(p.message.data);
    ck_assert_ptr_null(p.control.data);
    buf_free(&s);
    buf_free(&log);
}
END_TEST

/* ---- too large ---- */

START_TEST(test_ws_refuses_a_message_over_the_limit)
{
    char payload[MAX_BYTES + 1];
    memset(payload, 'x', sizeof payload);
    struct buf s = {0};
    put_frame(&s, 0x81, payload, sizeof payload);
    expect(&s, "fail=1009");
    put_frame(&s, 0x01, payload, 600);
    put_frame(&s, 0x80, payload, 401);
    expect(&s, "fail=1009");
}
END_TEST

START_TEST(test_ws_refuses_a_large_length_from_the_header_alone)
{
    EXPECT_BYTES("\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\x01\x02\x03\x04", "fail=1009");
    EXPECT_BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", "fail=1009");
}
END_TEST

/* ---- against the protocol ---- */

START_TEST(test_ws_refuses_frames_without_mask)
{
    EXPECT_BYTES("\x81\x05Hello", "fail=1002");
    EXPECT_BYTES("\x89\x00", "fail=1002");
}
END_TEST

START_TEST(test_ws_refuses_reserved_bits)
{
    struct buf s = {0};
    for (unsigned bits = 0x10; bits <= 0x70; bits += 0x10) {
        put_text(&s, 0x81 | bits, "x");
        expect(&s, "fail=1002");
    }
}
END_TEST

START_TEST(test_ws_refuses_unknown_opcodes)
{
    static const unsigned opcodes[] = {3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf};
    struct buf s = {0};
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
        put_text(&s, 0x80 | opcodes[i], "x");
        expect(&s, "fail=1002");
        put_text(&s, 0x01, "a");
        put_text(&s, 0x80 | opcodes[i], "x");
        expect(&s, "fail=1002");
    }
}
END_TEST

START_TEST(test_ws_refuses_binary_messages)
{
    struct buf s = {0};
    put_text(&s, 0x82, "x");
    expect(&s, "fail=1003");
    put_text(&s, 0x02, "x");
    expect(&s, "fail=1003");
}
END_TEST

START_TEST(test_ws_refuses_fragments_out_of_place)
{
    struct buf s = {0};
    put_text(&s, 0x80, "nothing to continue");
    expect(&s, "fail=1002");
    put_text(&s, 0x00, "nothing to continue");
    expect(&s, "fail=1002");
    put_text(&s, 0x01, "a");
    put_text(&s, 0x81, "a new one in the middle");
    expect(&s, "fail=1002");
    put_text(&s, 0x01, "a");
    put_text(&s, 0x82, "a binary one in the middle");
    expect(&s, "fail=1002");
    put_text(&s, 0x81, "whole");
    put_text(&s, 0x80, "nothing to continue");
    expect(&s, "text=whole fail=1002");
}
END_TEST

START_TEST(test_ws_refuses_bad_control_frames)
{
    char payload[126];
    memset(payload, 'x', sizeof payload);
    struct buf s = {0};
    for (unsigned opcode = 0x8; opcode <= 0xa; opcode++) {
        put_text(&s, opcode, "fragmented");
        expect(&s, "fail=1002");
        put_frame(&s, 0x80 | opcode, payload, 126);
        expect(&s, "fail=1002");
    }
    put_frame(&s, 0x89, payload, 125);
    expect(&s, "ping=#125");
}
END_TEST

START_TEST(test_ws_refuses_lengths_that_are_not_the_shortest)
{
    EXPECT_BYTES("\x81\xfe\x00\x05\x01\x02\x03\x04", "fail=1002");
    EXPECT_BYTES("\x81\xfe\x00\x7d\x01\x02\x03\x04", "fail=1002");
    EXPECT_BYTES("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05\x01\x02\x03\x04", "fail=1002");
    EXPECT_BYTES("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04", "fail=1002");
    EXPECT_BYTES("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x05\x01\x02\x03\x04", "fail=1002");
}
END_TEST

/* ---- closing ---- */

START_TEST(test_ws_reads_close_codes)
{
    static const int good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                               1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
    static const int bad[] = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
    struct buf s = {0};
    char wanted[32];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char payload[] = {(char)(good[i] >> 8), (char)good[i], 'b', 'y', 'e'};
        put_frame(&s, 0x88, payload, i % 2 ? 2 : 5);
        snprintf(wanted, sizeof wanted, "close=%d", good[i]);
        expect(&s, wanted);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char payload[] = {(char)(bad[i] >> 8), (char)bad[i]};
        put_frame(&s, 0x88, payload, 2);
        expect(&s, "fail=1002");
    }
}
END_TEST

START_TEST(test_ws_reads_closes_without_a_code)
{
    struct buf s = {0};
    put_text(&s, 0x88, "");
    expect(&s, "close=1005");
    put_text(&s, 0x88, "\x03");
    expect(&s, "fail=1002");
}
END_TEST

START_TEST(test_ws_refuses_a_close_reason_that_is_not_utf8)
{
    struct buf s = {0};
    put_frame(&s, 0x88,
              "\x03\xe8"
              "caf\xc3\xa9",
              7);
    expect(&s, "close=1000");
    put_frame(&s, 0x88,
              "\x03\xe8"
              "caf\xe9",
              6);
    expect(&s, "fail=1007");
    put_frame(&s, 0x88, "\x03\xe8\xc3", 3);
    expect(&s, "fail=1007");
}
END_TEST

START_TEST(test_ws_reads_nothing_behind_a_close)
{
    struct buf s = {0};
    put_text(&s, 0x81, "last");
    put_text(&s, 0x88, "");
    put_text(&s, 0x81, "too late");
    expect(&s, "text=last close=1005");
}
END_TEST

/* ---- UTF-8 ---- */

START_TEST(test_ws_takes_all_of_utf8)
{
    static const char *const texts[] = {
        "caf\xc3\xa9",      "\xe4\xbd\xa0\xe5\xa5\xbd",
        "\xf0\x9f\x98\x80", "\xc2\x80",
        "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf",     "\xee\x80\x80",
        "\xef\xbf\xbf",     "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "a long run of ASCII first \xf0\x9f\x98\x80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf s = {0};
        char wanted[64];
        put_text(&s, 0x81, texts[i]);
        snprintf(wanted, sizeof wanted, "text=%s", texts[i]);
        expect(&s, wanted);
        /* split by fragments at every byte */
        for (size_t cut = 0; cut <= strlen(texts[i]); cut++) {
            put_frame(&s, 0x01, texts[i], cut);
            put_text(&s, 0x80, texts[i] + cut);
            expect(&s, wanted);
        }
    }
}
END_TEST

START_TEST(test_ws_refuses_what_is_not_utf8)
{
    static const char *const texts[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "\xc3",
        "\xe4\xbd",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe4\xbd(",
        "\xf0\x9f\x98(",
        "ASCII before it \x80",
        "\xc3\xa9\xa9",
        "\xf0\x9f\x98\x80\x80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf s = {0};
        put_text(&s, 0x81, texts[i]);
        expect(&s, "fail=1007");
        for (size_t cut = 0; cut <= strlen(texts[i]); cut++) {
            put_frame(&s, 0x01, texts[i], cut);
            put_text(&s, 0x80, texts[i] + cut);
            expect(&s, "fail=1007");
        }
    }
}
END_TEST

START_TEST(test_ws_refuses_bad_utf8_at_once)
{
    struct buf s = {0}, log = {0};
    struct ws_parser p = {0};
    put_text(&s, 0x01, "good \xf4\x90 and a lot more");
    /* header 2, mask 4, "good " 5, then the two bytes */
    ck_assert(feed(&p, s.data, 12, &log));
    ck_assert(!feed(&p, s.data + 12, 1, &log));
    ck_assert_str_eq(log.data, "fail=1007");
    ws_free(&p);
    buf_free(&s);
    buf_free(&log);
}
END_TEST

/* ---- writing ---- */

START_TEST(test_ws_writes_headers)
{
    unsigned char h[WS_HEADER_MAX];
    ck_assert_uint_eq(ws_header(h, WS_OP_TEXT, 125), 2);
    ck_assert_mem_eq(h, "\x81\x7d", 2);
    ck_assert_uint_eq(ws_header(h, WS_OP_TEXT, 126), 4);
    ck_assert_mem_eq(h, "\x81\x7e\x00\x7e", 4);
    ck_assert_uint_eq(ws_header(h, WS_OP_TEXT, 65535), 4);
    ck_assert_mem_eq(h, "\x81\x7e\xff\xff", 4);
    ck_assert_uint_eq(ws_header(h, WS_OP_PING, 65536), 10);
    ck_assert_mem_eq(h, "\x89\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
}
END_TEST

/* ---- a client's side ---- */

START_TEST(test_ws_client_frames_are_read_by_a_server)
{
    static const unsigned char mask[WS_MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};
    struct buf s = {0};
    char payload[300];
    memset(payload, 'y', sizeof payload);
    ws_append_masked(&s, WS_OP_TEXT, "Hello", 5, mask);
    ck_assert(s.len == 11 && memcmp(s.data, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11) == 0);
    ws_append_masked(&s, WS_OP_PONG, "", 0, mask);
    ws_append_masked(&s, WS_OP_TEXT, payload, sizeof payload, mask);
    expect(&s, "text=Hello pong= text=#300");
}
END_TEST

START_TEST(test_ws_client_reads_fragments_of_a_server)
{
    static const char script[] = "\x01\x04"
                                 "frag\x89\x02hi\x80\x05ments\x81\x00\x88\x02\x03\xe8";
    for (size_t cut = 0; cut < sizeof script; cut++) {
        struct buf log = {0};
        struct ws_parser p = {.from_server = true};
        if (feed(&p, script, cut, &log))
            feed(&p, script + cut, sizeof script - 1 - cut, &log);
        ck_assert_str_eq(log.data, "ping=hi text=fragments text= close=1000");
        ws_free(&p);
        buf_free(&log);
    }
}
END_TEST

START_TEST(test_ws_client_refuses_frames_with_a_mask)
{
    struct buf log = {0};
    struct ws_parser p = {.from_server = true};
    ck_assert(!feed(&p, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11, &log));
    ck_assert_str_eq(log.data, "fail=1002");
    ws_free(&p);
    buf_free(&log);
}
END_TEST

START_TEST(test_ws_accepts_the_example_of_the_rfc)
{
    char accept[WS_ACCEPT_CHARS + 1];
    ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws");
    TCase *tc = tcase_create("ws");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_ws_reads_the_example_of_the_rfc);
    tcase_add_test(tc, test_ws_reads_empty_and_following_messages);
    tcase_add_test(tc, test_ws_joins_fragments);
    tcase_add_test(tc, test_ws_lets_control_frames_between_fragments);
    tcase_add_test(tc, test_ws_reads_every_form_of_length);
    tcase_add_test(tc, test_ws_holds_no_memory_between_messages);
    tcase_add_test(tc, test_ws_refuses_a_message_over_the_limit);
    tcase_add_test(tc, test_ws_refuses_a_large_length_from_the_header_alone);
    tcase_add_test(tc, test_ws_refuses_frames_without_mask);
    tcase_add_test(tc, test_ws_refuses_reserved_bits);
    tcase_add_test(tc, test_ws_refuses_unknown_opcodes);
    tcase_add_test(tc, test_ws_refuses_binary_messages);
    tcase_add_test(tc, test_ws_refuses_fragments_out_of_place);
    tcase_add_test(tc, test_ws_refuses_bad_control_frames);
    tcase_add_test(tc, test_ws_refuses_lengths_that_are_not_the_shortest);
    tcase_add_test(tc, test_ws_reads_close_codes);
    tcase_add_test(tc, test_ws_reads_closes_without_a_code);
    tcase_add_test(tc, test_ws_refuses_a_close_reason_that_is_not_utf8);
    tcase_add_test(tc, test_ws_reads_nothing_behind_a_close);
    tcase_add_test(tc, test_ws_takes_all_of_utf8);
    tcase_add_test(tc, test_ws_refuses_what_is_not_utf8);
    tcase_add_test(tc, test_ws_refuses_bad_utf8_at_once);
    tcase_add_test(tc, test_ws_writes_headers);
    tcase_add_test(tc, test_ws_client_frames_are_read_by_a_server);
    tcase_add_test(tc, test_ws_client_reads_fragments_of_a_server);
    tcase_add_test(tc, test_ws_client_refuses_frames_with_a_mask);
    tcase_add_test(tc, test_ws_accepts_the_example_of_the_rfc);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
