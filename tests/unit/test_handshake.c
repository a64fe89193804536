/* The opening handshake: which requests become connections, and with which status the others are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/handshake.h"
#include "tests/check_main.h"

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
#define HOST "Host: meet.example\r\n"
#define GOOD "GET /ws HTTP/1.1\r\n" HOST UPGRADE KEY

static int read_text(const char *text, struct handshake *h) { return handshake_read(text, strlen(text), h); }

START_TEST(test_handshake_answers_the_example_of_the_rfc)
{
    struct handshake h;
    struct buf out = {0};
    ck_assert_int_eq(read_text(GOOD "\r\nfollowing", &h), 0);
    ck_assert_uint_eq(h.consumed, strlen(GOOD "\r\n"));
    handshake_accept(&out, &h);
    ck_assert_ptr_nonnull(strstr(out.data, "HTTP/1.1 101 "));
    ck_assert_ptr_nonnull(strstr(out.data, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ck_assert_ptr_null(strstr(out.data, "Sec-WebSocket-Protocol"));
    buf_free(&out);
}
END_TEST

START_TEST(test_handshake_waits_for_the_whole_request)
{
    static const char text[] = GOOD "\r\n";
    struct handshake h;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *copy = malloc(n ? n : 1);
        memcpy(copy, text, n);
        ck_assert_int_eq(handshake_read(copy, n, &h), -1);
        free(copy);
    }
}
END_TEST

START_TEST(test_handshake_reads_a_token_from_protocols_or_address)
{
    struct handshake h;
    struct buf out = {0};
    ck_assert_int_eq(read_text(GOOD "Sec-WebSocket-Protocol: echomeet.v1, bearer.aa.bb.cc\r\n\r\n", &h), 0);
    ck_assert_str_eq(h.token, "aa.bb.cc");
    handshake_accept(&out, &h);
    ck_assert_ptr_nonnull(strstr(out.data, "Sec-WebSocket-Protocol: echomeet.v1\r\n"));
    buf_free(&out);
    ck_assert_int_eq(read_text("GET /ws?x=1&token=aa.bb.cc HTTP/1.1\r\n" HOST UPGRADE KEY "\r\n", &h), 0);
    ck_assert_str_eq(h.token, "aa.bb.cc");
    ck_assert(!h.protocol);
    ck_assert_int_eq(read_text(GOOD "\r\n", &h), 0);
    ck_assert_str_eq(h.token, "");
}
END_TEST

START_TEST(test_handshake_refuses_by_status)
{
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {405, "POST /ws HTTP/1.1\r\n" HOST UPGRADE KEY "\r\n"},
        {404, "GET /other HTTP/1.1\r\n" HOST UPGRADE KEY "\r\n"},
        {404, "GET /wsx HTTP/1.1\r\n" HOST UPGRADE KEY "\r\n"},
        {400, "GET /ws HTTP/1.0\r\n" HOST UPGRADE KEY "\r\n"},
        {400, "GET /ws HTTP/2\r\n" HOST UPGRADE KEY "\r\n"},
        {400, "GET /ws\r\n" HOST UPGRADE KEY "\r\n"},
        {400, "GET /ws HTTP/1.1 x\r\n" HOST UPGRADE KEY "\r\n"},
        {400, "\r\n\r\n"},
        {400, "GET /ws HTTP/1.1\r\n" UPGRADE KEY "\r\n"},
        {426, "GET /ws HTTP/1.1\r\n" HOST "\r\n"},
        {426,
         "GET /ws HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" KEY "\r\n"},
        {426, "GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\n" KEY
              "\r\n"},
        {426, "GET /ws HTTP/1.1\r\n" HOST
              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n" KEY "\r\n"},
        {400, "GET /ws HTTP/1.1\r\n" HOST UPGRADE "\r\n"},
        {400, "GET /ws HTTP/1.1\r\n" HOST UPGRADE "Sec-WebSocket-Key: short\r\n\r\n"},
        {400, "GET /ws HTTP/1.1\r\n" HOST UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n\r\n"},
        {400, GOOD KEY "\r\n"},
        {400, GOOD "no colon\r\n\r\n"},
        {400, GOOD "Blank : x\r\n\r\n"},
        {400, GOOD ": x\r\n\r\n"},
    };
    struct handshake h;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(read_text(cases[i].text, &h) == cases[i].status, "case %zu", i);
    ck_assert_int_eq(handshake_read(GOOD "A: \0\r\n\r\n", sizeof(GOOD "A: \0\r\n\r\n") - 1, &h), 400);
}
END_TEST

START_TEST(test_handshake_takes_what_clients_really_send)
{
    struct handshake h;
    ck_assert_int_eq(
        read_text("GET / HTTP/1.1\r\nhost:meet.example\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n"
                  "sec-websocket-version: 13\r\nsec-websocket-key:  dGhlIHNhbXBsZSBub25jZQ== \r\n"
                  "X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\nx-forwarded-for: 10.0.0.7\r\n\r\n",
                  &h),
        0);
    ck_assert_str_eq(h.forwarded_for, "198.51.100.7, 203.0.113.9,10.0.0.7");
}
END_TEST

START_TEST(test_handshake_refuses_large_requests)
{
    struct buf text = {0};
    struct handshake h;
    buf_puts(&text, GOOD "Cookie: ");
    while (text.len < HANDSHAKE_BYTES)
        buf_puts(&text, "0123456789abcdef");
    ck_assert_int_eq(handshake_read(text.data, text.len, &h), 431);
    buf_puts(&text, "\r\n\r\n");
    ck_assert_int_eq(handshake_read(text.data, text.len, &h), 431);
    buf_free(&text);
    /* a token that no access token can be */
    buf_puts(&text, GOOD "Sec-WebSocket-Protocol: bearer.");
    for (int i = 0; i <= TOKEN_TEXT_MAX; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\r\n\r\n");
    ck_assert_int_eq(handshake_read(text.data, text.len, &h), 400);
    buf_free(&text);
}
END_TEST

START_TEST(test_handshake_checks_origins)
{
    static const struct {
        const char *origin, *host, *allowed;
        bool ok;
    } cases[] = {
        {"", "meet.example", "", true},
        {"https://meet.example", "meet.example", "", true},
        {"http://localhost:8080", "localhost:8081", "", true},
        {"http://LOCALHOST:8080", "localhost", "", true},
        {"http://[::1]:8080", "[::1]:8081", "", true},
        {"https://evil.example", "meet.example", "", false},
        {"https://meet.example.evil.example", "meet.example", "", false},
        {"https://evilmeet.example", "meet.example", "", false},
        {"null", "meet.example", "", false},
        {"https://other.example", "meet.example", "https://a.example, https://other.example", true},
        {"https://other.example:444", "meet.example", "https://a.example, https://other.example", false},
        {"https://evil.example", "meet.example", "*", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handshake h = {0};
        snprintf(h.origin, sizeof h.origin, "%s", cases[i].origin);
        snprintf(h.host, sizeof h.host, "%s", cases[i].host);
        ck_assert_msg(handshake_origin_ok(&h, cases[i].allowed) == cases[i].ok, "case %zu", i);
    }
}
END_TEST

CHECK_MAIN("handshake", test_handshake_answers_the_example_of_the_rfc, test_handshake_waits_for_the_whole_request,
           test_handshake_reads_a_token_from_protocols_or_address, test_handshake_refuses_by_status,
           test_handshake_takes_what_clients_really_send, test_handshake_refuses_large_requests,
           test_handshake_checks_origins)
