/* The opening handshake of a WebSocket (relay/handshake.c): read in pieces it says "more" until it says the same as in
 * one. */
#include "core/limits.h"
#include "relay/handshake.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct handshake *h, size_t size)
{
    struct buf answer = {0};
    MUST(h->consumed >= 4 && h->consumed <= size && h->consumed <= HANDSHAKE_BYTES);
    MUST(strlen(h->key) == WS_KEY_CHARS && h->host[0]);
    handshake_accept(&answer, h);
    MUST(answer.len > 4 && memcmp(answer.data + answer.len - 4, "\r\n\r\n", 4) == 0);
    MUST(strstr(answer.data, "\r\n\r\n") ==
         answer.data + answer.len - 4); /* nothing of the client's ends the head early */
    buf_free(&answer);
    MUST(handshake_origin_ok(h, "*"));
    (void)handshake_origin_ok(h, "");
    (void)handshake_origin_ok(h, "https://example.org, http://localhost:8080");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_copy(data, size);
    struct handshake h = {0}, again = {0};
    int status = handshake_read(bytes, size, &h), part = -1;
    MUST(status == 0 || status == -1 || (status >= 400 && status <= 431));
    for (size_t n = 0; n <= size && part == -1; n += n + 64 < size ? 64 : 1) {
        char *prefix = fuzz_copy(data, n);
        part = handshake_read(prefix, n, &again);
        free(prefix);
    }
    MUST(part == status || status == 431 || part == 431);
    if (status == 0)
        check(&h, size);
    struct buf refusal = {0};
    handshake_refuse(&refusal, status > 0 ? status : 400);
    buf_free(&refusal);
    free(bytes);
    return 0;
}
