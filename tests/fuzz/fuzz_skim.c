/* JSON read without building anything (core/skim.c). json-c, as strict as it gets, must take what is taken here. */
#include <json.h>

#include "core/limits.h"
#include "core/skim.h"
#include "tests/fuzz/fuzz.h"

static bool inside(struct slice s, const char *text, size_t size)
{
    return !s.at || (s.at >= text && s.at + s.len <= text + size);
}

static void check_members(const char *text, size_t size)
{
    static const char *const names[] = {"id", "type", "data"};
    struct slice values[3], plain;
    int64_t number;
    if (!skim_members((struct slice){text, size}, names, values, 3))
        return;
    for (int i = 0; i < 3; i++) {
        MUST(inside(values[i], text, size));
        if (!values[i].at)
            continue;
        MUST(skim_check(values[i].at, values[i].len, LIMIT_JSON_DEPTH));
        MUST(!skim_int(values[i], &number) || (number >= 0 && number < (int64_t)1 << 53));
        MUST(!skim_plain(values[i], &plain) || inside(plain, text, size));
        if (skim_is_object(values[i]))
            check_members(values[i].at, values[i].len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    if (skim_check(text, size, LIMIT_JSON_DEPTH)) {
        struct json_tokener *tokener = json_tokener_new_ex(LIMIT_JSON_DEPTH + 1);
        char *whole = fuzz_text(data, size);
        json_object *root = json_tokener_parse_ex(tokener, whole, (int)size + 1);
        MUST(json_tokener_get_error(tokener) == json_tokener_success);
        json_object_put(root);
        json_tokener_free(tokener);
        free(whole);
        check_members(text, size);
    }
    free(text);
    return 0;
}
