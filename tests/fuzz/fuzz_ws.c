/* WebSocket frames (core/ws.c): however the bytes are cut into pieces, the same messages come out and the same end. */
#include "core/buf.h"
#include "core/text.h"
#include "core/ws.h"
#include "tests/fuzz/fuzz.h"

enum { MOST_BYTES = 4096 };

/* What came out, as text: kind, length and bytes of each item. */
static void note(struct buf *log, enum ws_event event, const struct ws_item *item)
{
    buf_printf(log, "%d %d %zu ", (int)event, item->code, item->len);
    buf_append(log, item->data, item->len);
}

static void check(enum ws_event event, const struct ws_item *item)
{
    if (event == WS_TEXT)
        MUST(item->len <= MOST_BYTES && text_is_utf8(item->data, item->len));
    if (event == WS_PING || event == WS_PONG || event == WS_CLOSE)
        MUST(item->len <= WS_CONTROL_MAX);
    if (event == WS_CLOSE)
        MUST(item->code == WS_CODE_NONE || ws_code_ok(item->code));
    if (event == WS_FAIL)
        MUST(item->code == WS_CODE_PROTOCOL || item->code == WS_CODE_UNSUPPORTED || item->code == WS_CODE_NOT_UTF8 ||
             item->code == WS_CODE_TOO_BIG);
}

static struct buf read_all(const uint8_t *data, size_t size, uint32_t seed)
{
    struct ws_parser parser = {0};
    struct buf log = {0};
    enum ws_event event = WS_MORE;
    while (size && event != WS_CLOSE && event != WS_FAIL) {
        size_t n = seed ? fuzz_piece(&seed, size) : size;
        char *piece = fuzz_copy(data, n), *p = piece;
        size_t left = n;
        do {
            struct ws_item item = {0};
            event = ws_read(&parser, MOST_BYTES, &p, &left, &item);
            if (event != WS_MORE) {
                check(event, &item);
                note(&log, event, &item);
            }
        } while (event != WS_MORE && event != WS_CLOSE && event != WS_FAIL);
        MUST(event != WS_MORE || left == 0);
        free(piece);
        data += n;
        size -= n;
    }
    ws_free(&parser);
    return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = read_all(data, size, 0), cut = read_all(data, size, (uint32_t)size | 1);
    MUST(whole.len == cut.len && (whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0));
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
