/* The FastCGI wire format: what is written can be read, and answers are read in pieces of any size. */
#include <stdlib.h>
#include <string.h>

#include "core/fcgi.h"
#include "tests/check_main.h"

/* Reads a whole answer, `step` bytes at a time, and writes down what came. */
static void read_all(const struct buf *bytes, size_t step, struct buf *log)
{
    struct fcgi_reader reader = {0};
    buf_clear(log);
    for (size_t at = 0; at < bytes->len;) {
        size_t n = bytes->len - at < step ? bytes->len - at : step;
        const char *data = bytes->data + at;
        size_t len = n;
        at += n;
        for (enum fcgi_event event = FCGI_EVENT_STDOUT; event == FCGI_EVENT_STDOUT || event == FCGI_EVENT_STDERR;) {
            struct fcgi_piece piece;
            event = fcgi_read(&reader, &data, &len, &piece);
            if (event == FCGI_EVENT_STDOUT)
                buf_append(log, piece.data, piece.len);
            else if (event == FCGI_EVENT_STDERR)
                buf_printf(log, "<%.*s>", (int)piece.len, piece.data);
            else if (event == FCGI_EVENT_END)
                buf_printf(log, "[end %d]", piece.protocol_status);
            else if (event == FCGI_EVENT_BROKEN) {
                buf_puts(log, "[broken]");
                return;
            }
        }
    }
}

static void put_end(struct buf *out, unsigned char protocol_status)
{
    const unsigned char end[8] = {0, 0, 0, 0, protocol_status};
    fcgi_write_record(out, FCGI_RECORD_END, end, sizeof end);
}

START_TEST(test_fcgi_reads_an_answer_in_pieces)
{
    struct buf bytes = {0}, log = {0};
    fcgi_write_record(&bytes, FCGI_RECORD_STDOUT, "Status: 200 OK\r\n\r\n", 18);
    fcgi_write_record(&bytes, FCGI_RECORD_STDOUT, "{}", 2);
    fcgi_write_record(&bytes, FCGI_RECORD_STDOUT, "", 0);
    put_end(&bytes, 0);
    for (size_t step = 1; step <= bytes.len; step++) {
        read_all(&bytes, step, &log);
        ck_assert_str_eq(log.data, "Status: 200 OK\r\n\r\n{}[end 0]");
    }
    buf_free(&bytes);
    buf_free(&log);
}
END_TEST

START_TEST(test_fcgi_tells_diagnostics_from_output)
{
    struct buf bytes = {0}, log = {0};
    fcgi_write_record(&bytes, FCGI_RECORD_STDOUT, "a", 1);
    fcgi_write_record(&bytes, FCGI_RECORD_STDERR, "oops", 4);
    fcgi_write_record(&bytes, FCGI_RECORD_STDOUT, "b", 1);
    put_end(&bytes, 2);
    read_all(&bytes, bytes.len, &log);
    ck_assert_str_eq(log.data, "a<oops>b[end 2]");
    buf_free(&bytes);
    buf_free(&log);
}
END_TEST

START_TEST(test_fcgi_refuses_what_is_no_answer)
{
    static const char *const wrong[] = {
        "\x02\x06\x00\x01\x00\x01\x00\x00x", /* version 2 */
        "\x01\x06\x00\x02\x00\x01\x00\x00x", /* another request's id */
        "\x01\x05\x00\x01\x00\x01\x00\x00x", /* a record that only we may send */
        "\x01\x03\x00\x01\x00\x01\x00\x00x", /* an end of the wrong size */
        "HTTP/1.1 200 OK",
    };
    static const size_t lengths[] = {9, 9, 9, 9, 15};
    struct buf log = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buf bytes = {0};
        buf_append(&bytes, wrong[i], lengths[i]);
        read_all(&bytes, 1, &log);
        ck_assert_str_eq(log.data, "[broken]");
        buf_free(&bytes);
    }
    buf_free(&log);
}
END_TEST

/* Takes the records of a request apart: parameters and body, each joined. */
static void take_apart(const struct buf *request, struct buf *params, struct buf *body, int *ends)
{
    *ends = 0;
    for (size_t at = 0; at < request->len;) {
        const unsigned char *h = (const unsigned char *)request->data + at;
        size_t len = (size_t)h[4] << 8 | h[5];
        ck_assert_uint_eq(h[0], 1);
        ck_assert_uint_eq(h[3], FCGI_REQUEST_ID);
        ck_assert_uint_eq((len + h[6]) % 8, 0);
        if (h[1] == FCGI_RECORD_PARAMS || h[1] == FCGI_RECORD_STDIN)
            buf_append(h[1] == FCGI_RECORD_PARAMS ? params : body, h + 8, len);
        else
            ck_assert_uint_eq(h[1], FCGI_RECORD_BEGIN);
        *ends += len == 0;
        at += 8 + len + h[6];
    }
}

START_TEST(test_fcgi_writes_requests)
{
    static char large[70000], value[300];
    memset(large, 'b', sizeof large);
    memset(value, 'v', sizeof value - 1);
    const struct fcgi_param given[] = {{"REQUEST_METHOD", "POST"}, {"EMPTY", ""}, {"LONG", value}};
    struct buf request = {0}, params = {0}, body = {0};
    int ends;
    fcgi_write_request(&request, given, 3, large, sizeof large);
    ck_assert_mem_eq(request.data, "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00", 11); /* begin, responder, no keep */
    take_apart(&request, &params, &body, &ends);
    ck_assert_int_eq(ends, 2);
    ck_assert_uint_eq(body.len, sizeof large);
    ck_assert_mem_eq(body.data, large, sizeof large);
    const char *data = params.data;
    size_t len = params.len;
    struct fcgi_pair pair;
    for (int i = 0; i < 3; i++) {
        ck_assert(fcgi_read_pair(&data, &len, &pair));
        ck_assert_uint_eq(pair.name_len, strlen(given[i].name));
        ck_assert_mem_eq(pair.name, given[i].name, pair.name_len);
        ck_assert_uint_eq(pair.value_len, strlen(given[i].value));
        ck_assert_mem_eq(pair.value, given[i].value, pair.value_len);
    }
    ck_assert(!fcgi_read_pair(&data, &len, &pair));
    ck_assert_uint_eq(len, 0);
    buf_free(&request);
    buf_free(&params);
    buf_free(&body);
}
END_TEST

START_TEST(test_fcgi_refuses_pairs_that_are_cut_off)
{
    struct buf pairs = {0};
    char value[200];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    fcgi_write_pair(&pairs, "NAME", value);
    for (size_t n = 0; n < pairs.len; n++) {
        char *copy = malloc(n ? n : 1);
        memcpy(copy, pairs.data, n);
        const char *data = copy;
        size_t len = n;
        struct fcgi_pair pair;
        ck_assert(!fcgi_read_pair(&data, &len, &pair));
        ck_assert_uint_eq(len, n);
        free(copy);
    }
    buf_free(&pairs);
}
END_TEST

CHECK_MAIN("fcgi_wire", test_fcgi_reads_an_answer_in_pieces, test_fcgi_tells_diagnostics_from_output,
           test_fcgi_refuses_what_is_no_answer, test_fcgi_writes_requests, test_fcgi_refuses_pairs_that_are_cut_off)
