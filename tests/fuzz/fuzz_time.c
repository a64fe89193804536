/* Times (core/clock.c): what was read and written reads the same again. */
#include "core/clock.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    int64_t time_ms, again;
    char out[TIME_TEXT_SIZE];
    if (time_parse(text, &time_ms) == ERR_OK) {
        time_format(time_ms, out);
        MUST(strlen(out) == TIME_TEXT_SIZE - 1);
        if (time_ms >= 0)
            MUST(time_parse(out, &again) == ERR_OK && again == time_ms);
    }
    free(text);
    return 0;
}
