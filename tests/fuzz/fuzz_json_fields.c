/* JSON bodies (http/fields.c). What it takes must be JSON by our strict reader too, and the other way round. */
#include "core/limits.h"
#include "core/text.h"
#include "core/unicode.h"
#include "http/fields.h"
#include "core/skim.h"
#include "tests/fuzz/fuzz.h"

struct input {
    struct in_text title, password, lines, role;
    struct in_int count, start;
    struct in_bool on;
};

static const struct field fields[] = {
    {"title", FIELD_NAME, offsetof(struct input, title), REQUIRED, false, 1, 20, NULL},
    {"password", FIELD_EXACT, offsetof(struct input, password), OPTIONAL, true, 1, 64, NULL},
    {"lines", FIELD_LINES, offsetof(struct input, lines), OPTIONAL, false, 0, 40, NULL},
    {"role", FIELD_TEXT, offsetof(struct input, role), OPTIONAL, false, 0, 64, "host|cohost|participant"},
    {"count", FIELD_INT, offsetof(struct input, count), OPTIONAL, false, -5, 1000, NULL},
    {"start", FIELD_TIME, offsetof(struct input, start), OPTIONAL, false, 0, 0, NULL},
    {"on", FIELD_BOOL, offsetof(struct input, on), OPTIONAL, false, 0, 0, NULL},
    {"any", FIELD_IGNORED, 0, OPTIONAL, false, 0, 0, NULL},
};

static void check_values(const struct input *in)
{
    MUST(in->title.given && text_is_utf8(in->title.value, strlen(in->title.value)));
    MUST(text_chars(in->title.value) >= 1 && text_chars(in->title.value) <= 20);
    MUST(!text_has_control(in->title.value, false) && !unicode_is_blank(in->title.value));
    MUST(unicode_most_marks(in->title.value) <= LIMIT_NAME_MARKS);
    MUST(!in->count.given || (in->count.value >= -5 && in->count.value <= 1000));
    MUST(!in->start.given || in->start.value > 0);
    MUST(!in->role.given || strcmp(in->role.value, "host") == 0 || strcmp(in->role.value, "cohost") == 0 ||
         strcmp(in->role.value, "participant") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = fuzz_text(data, size);
    struct input in = {0};
    struct fault fault = {0};
    enum err e = fields_from_json(fields, sizeof fields / sizeof *fields, text, size, arena, &in, &fault);
    bool json = size == 0 || (text_is_utf8(text, size) && skim_check(text, size, LIMIT_JSON_DEPTH));
    MUST(e == ERR_OK || e == ERR_MALFORMED_JSON || e == ERR_VALIDATION_FAILED);
    MUST(json || e == ERR_MALFORMED_JSON);
    MUST(!json || e != ERR_MALFORMED_JSON);
    MUST(e != ERR_VALIDATION_FAILED || fault.detail[0]);
    MUST(text_is_utf8(fault.detail, strlen(fault.detail)) && text_is_utf8(fault.field, strlen(fault.field)));
    if (e == ERR_OK)
        check_values(&in);
    free(text);
    arena_free(&arena);
    return 0;
}
