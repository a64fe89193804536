/* Envelopes of room events (core/envelope.c): what was read is written again as it was read. */
#include "core/envelope.h"
#include "tests/fuzz/fuzz.h"

/* What was read is written and read again as the same. */
static void check_effect(const struct envelope *e)
{
    struct effect effect;
    if (!envelope_effect(e, &effect))
        return;
    MUST(effect.close_code >= 0 && effect.close_code <= 4999 && effect.user_id >= 0);
    MUST(memchr(effect.connection, '\0', sizeof effect.connection));
    if (memchr(e->effect, '\0', e->effect_len))
        return;
    struct buf word = {0};
    struct effect again;
    envelope_write_effect(&word, &effect);
    struct envelope written = {.effect = word.data, .effect_len = word.len};
    MUST(envelope_effect(&written, &again));
    MUST(again.kind == effect.kind && again.user_id == effect.user_id && again.close_code == effect.close_code);
    MUST(strcmp(again.connection, effect.connection) == 0);
    buf_free(&word);
}

static void check_again(const struct envelope *e)
{
    struct buf line = {0}, audience = {0}, effect = {0}, frame = {0};
    buf_append(&audience, e->audience, e->audience_len);
    buf_append(&effect, e->effect, e->effect_len);
    buf_append(&frame, e->frame, e->frame_len);
    envelope_write(&line, e->meeting_id, e->seq, audience.data, effect.data, frame.data);
    struct envelope again;
    MUST(envelope_read(line.data, line.len, &again));
    MUST(again.meeting_id == e->meeting_id && again.seq == e->seq);
    MUST(again.frame_len == e->frame_len && memcmp(again.frame, e->frame, e->frame_len) == 0);
    buf_free(&line);
    buf_free(&audience);
    buf_free(&effect);
    buf_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = fuzz_copy(data, size);
    struct envelope e;
    if (envelope_read(line, size, &e)) {
        MUST(e.meeting_id >= 0 && e.seq >= 0 && e.audience_len && e.effect_len && e.frame_len);
        MUST(e.frame + e.frame_len == line + size);
        MUST(!envelope_names(&e, 3) || envelope_concerns(&e, 3));
        check_effect(&e);
        if (!memchr(line, '\0', size))
            check_again(&e);
    }
    free(line);
    return 0;
}
