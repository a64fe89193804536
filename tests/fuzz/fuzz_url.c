/* Addresses: percent-encoding (http/url.c), query strings (http/fields.c), the router (http/router.c) with the real
 * table of routes. The input is "METHOD /path?query". */
#include "core/text.h"
#include "handlers/routes.h"
#include "http/fields.h"
#include "http/router.h"
#include "http/url.h"
#include "tests/fuzz/fuzz.h"

struct input {
    struct in_text keyword, sort;
    struct in_int page, from;
    struct in_bool on;
};

static const struct field fields[] = {
    {"keyword", FIELD_TEXT, offsetof(struct input, keyword), OPTIONAL, false, 1, 20, NULL},
    {"sort", FIELD_TEXT, offsetof(struct input, sort), OPTIONAL, false, 0, 64, "title|-title"},
    {"page", FIELD_INT, offsetof(struct input, page), OPTIONAL, false, 1, 1000000, NULL},
    {"from", FIELD_TIME, offsetof(struct input, from), OPTIONAL, false, 0, 0, NULL},
    {"on", FIELD_BOOL, offsetof(struct input, on), OPTIONAL, false, 0, 0, NULL},
};

static void try_query(const char *query, struct arena *arena)
{
    struct input in = {0};
    struct fault fault = {0};
    enum err e = fields_from_query(fields, sizeof fields / sizeof *fields, query, arena, &in, &fault);
    MUST(e == ERR_OK || e == ERR_BAD_REQUEST || e == ERR_VALIDATION_FAILED);
    MUST(e == ERR_OK || fault.detail[0]);
    MUST(text_is_utf8(fault.detail, strlen(fault.detail)) && text_is_utf8(fault.field, strlen(fault.field)));
    MUST(e != ERR_OK || !in.page.given || (in.page.value >= 1 && in.page.value <= 1000000));
    MUST(e != ERR_OK || !in.keyword.given || text_is_utf8(in.keyword.value, strlen(in.keyword.value)));
}

static void try_route(const char *method, const char *path, struct arena *arena)
{
    struct request request = {.method = method, .path = path};
    const struct route *route = NULL;
    const char *allow = NULL;
    enum err e = router_find(routes, route_count, &request, arena, &route, &allow);
    MUST(e == ERR_OK || e == ERR_NOT_FOUND || e == ERR_METHOD_NOT_ALLOWED || e == ERR_BAD_REQUEST);
    MUST(e != ERR_METHOD_NOT_ALLOWED || (allow && allow[0]));
    MUST(e != ERR_OK || route);
    for (int i = 0; e == ERR_OK && i < LIMIT_PATH_PARAMS && request.params[i]; i++)
        MUST(request.params[i][0] && text_is_utf8(request.params[i], strlen(request.params[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = fuzz_text(data, size);
    for (int plus = 0; plus < 2; plus++) {
        const char *decoded = url_decode(arena, text, size, plus);
        MUST(!decoded || (strlen(decoded) <= size && text_is_utf8(decoded, strlen(decoded))));
    }
    char *path = strchr(text, ' ');
    if (path) {
        *path++ = '\0';
        char *query = strchr(path, '?');
        if (query)
            *query++ = '\0';
        try_route(text, path, arena);
        try_query(query ? query : path, arena);
    }
    free(text);
    arena_free(&arena);
    return 0;
}
