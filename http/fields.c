#include "http/fields.h"

#include <json.h>
#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/skim.h"
#include "core/text.h"
#include "core/unicode.h"
#include "http/url.h"

static enum err wrong(struct fault *fault, const struct field *f, const char *what)
{
    return fault_set(fault, ERR_VALIDATION_FAILED, f->name, "%s %s.", f->name, what);
}

static const struct field *find(const struct field *fields, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static const char *normal_text(const struct field *f, const char *value, struct arena *arena)
{
    switch (f->type) {
    case FIELD_NAME: return unicode_name(arena, value);
    case FIELD_CHOICE:
    case FIELD_TEXT: return unicode_trim(arena_strdup(arena, value));
    default: return arena_strdup(arena, value);
    }
}

/* What can be seen of a text, and what cannot. */
static enum err check_sight(const struct field *f, const char *text, struct fault *fault)
{
    if (text_has_control(text, f->type == FIELD_LINES))
        return wrong(fault, f, "must not contain control characters");
    if (f->type == FIELD_ID && unicode_has_hidden(text))
        return wrong(fault, f, "must not contain invisible characters, or begin or end with white space");
    if (f->type == FIELD_NAME && *text && unicode_is_blank(text))
        return wrong(fault, f, "must contain a visible character");
    if (f->type == FIELD_NAME && unicode_most_marks(text) > LIMIT_NAME_MARKS)
        return wrong(fault, f, "has too many combining marks on one character");
    return ERR_OK;
}

static enum err set_text(const struct field *f, const char *value, struct arena *arena, void *member,
                         struct fault *fault)
{
    const char *text = normal_text(f, value, arena);
    enum err e = check_sight(f, text, fault);
    if (e)
        return e;
    int64_t choice = f->choices ? text_choice_place(f->choices, text) : 0;
    if (f->choices && !choice)
        return fault_set(fault, ERR_VALIDATION_FAILED, f->name, "%s must be one of %s.", f->name, f->choices);
    if (f->type == FIELD_CHOICE) {
        *(struct in_int *)member = (struct in_int){true, choice};
        return ERR_OK;
    }
    int64_t chars = (int64_t)text_chars(text);
    if (chars < f->min || chars > f->max)
        return fault_set(fault, ERR_VALIDATION_FAILED, f->name, "%s must have %lld to %lld characters.", f->name,
                         (long long)f->min, (long long)f->max);
    *(struct in_text *)member = (struct in_text){.given = true, .value = text};
    return ERR_OK;
}

static enum err set_int(const struct field *f, int64_t value, void *member, struct fault *fault)
{
    if (value < f->min || value > f->max)
        return fault_set(fault, ERR_VALIDATION_FAILED, f->name, "%s must be a whole number from %lld to %lld.", f->name,
                         (long long)f->min, (long long)f->max);
    *(struct in_int *)member = (struct in_int){true, value};
    return ERR_OK;
}

static enum err set_time(const struct field *f, const char *value, void *member, struct fault *fault)
{
    int64_t time_ms;
    if (time_parse(value, &time_ms) != ERR_OK || time_ms <= 0) /* 0 stands for "no time" everywhere */
        return wrong(fault, f, "must be a time like 2026-01-31T10:00:00Z (RFC 3339)");
    *(struct in_int *)member = (struct in_int){true, time_ms};
    return ERR_OK;
}

static enum err set_json_text(const struct field *f, json_object *value, struct arena *arena, void *member,
                              struct fault *fault)
{
    if (!json_object_is_type(value, json_type_string))
        return wrong(fault, f, "must be a string");
    const char *text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return wrong(fault, f, "must not contain control characters");
    return f->type == FIELD_TIME ? set_time(f, text, member, fault) : set_text(f, text, arena, member, fault);
}

static enum err set_json(const struct field *f, json_object *value, struct arena *arena, void *out, struct fault *fault)
{
    void *member = (char *)out + f->offset;
    if (f->type == FIELD_IGNORED)
        return ERR_OK;
    if (!value) {
        if (!f->nullable)
            return wrong(fault, f, "must not be null");
        ((struct in_text *)member)->null = true;
        return ERR_OK;
    }
    switch (f->type) {
    case FIELD_INT:
        if (!json_object_is_type(value, json_type_int))
            return wrong(fault, f, "must be a whole number");
        return set_int(f, json_object_get_int64(value), member, fault);
    case FIELD_BOOL:
        if (!json_object_is_type(value, json_type_boolean))
            return wrong(fault, f, "must be true or false");
        *(struct in_bool *)member = (struct in_bool){true, json_object_get_boolean(value)};
        return ERR_OK;
    default: return set_json_text(f, value, arena, member, fault);
    }
}

/* json-c takes more than RFC 8259 allows (NaN, control characters inside a text, a member twice), so the text goes
 * through the stricter check first. NULL where it is no JSON object, with what is wrong in *e. An empty text is an
 * empty object. */
static json_object *parse_object(const char *text, size_t len, struct fault *fault, enum err *e)
{
    if (len == 0)
        return json_object_new_object();
    *e = ERR_MALFORMED_JSON;
    if (!text_is_utf8(text, len) || !skim_check(text, len, LIMIT_JSON_DEPTH))
        return NULL;
    struct json_tokener *tokener = json_tokener_new_ex(LIMIT_JSON_DEPTH + 1);
    json_object *root = json_tokener_parse_ex(tokener, text, (int)len);
    json_tokener_free(tokener);
    if (!json_object_is_type(root, json_type_object))
        *e = fault_set(fault, ERR_VALIDATION_FAILED, NULL, "The body must be a JSON object.");
    else if (json_object_object_length(root) != skim_member_count((struct slice){text, len}))
        *e = fault_set(fault, ERR_VALIDATION_FAILED, NULL, "A field appears twice.");
    else
        return root;
    json_object_put(root);
    return NULL;
}

/* So many wrong fields of one body are told at most. */
enum { FAULTS = 16 };

struct faults {
    struct fault *last;
    struct arena *arena;
    int count;
};

static void faults_add(struct faults *all, const struct fault *one)
{
    if (all->count == FAULTS)
        return;
    if (all->count++ > 0) {
        all->last->also = arena_alloc(all->arena, sizeof *one);
        all->last = all->last->also;
    }
    *all->last = *one;
}

static enum err set_member(const struct field *fields, int count, const char *name, json_object *value,
                           struct arena *arena, void *out, struct fault *fault)
{
    const struct field *f = find(fields, count, name);
    if (!f)
        return fault_set(fault, ERR_VALIDATION_FAILED, name, "%.60s is not a field of this request.", name);
    return set_json(f, value, arena, out, fault);
}

/* All that is wrong is told, so that a person can put it right in one go. */
static enum err set_members(const struct field *fields, int count, json_object *root, struct arena *arena, void *out,
                            struct fault *fault)
{
    struct faults all = {.last = fault, .arena = arena};
    json_object_object_foreach (root, name, value) {
        struct fault one = {0};
        if (set_member(fields, count, name, value, arena, out, &one))
            faults_add(&all, &one);
    }
    for (int i = 0; i < count; i++) {
        struct fault one = {0};
        if (fields[i].required && !json_object_object_get_ex(root, fields[i].name, NULL) &&
            wrong(&one, &fields[i], "is missing"))
            faults_add(&all, &one);
    }
    return all.count ? ERR_VALIDATION_FAILED : ERR_OK;
}

enum err fields_from_json(const struct field *fields, int count, const char *text, size_t len, struct arena *arena,
                          void *out, struct fault *fault)
{
    enum err e = ERR_OK;
    json_object *root = parse_object(text, len, fault, &e);
    if (!root)
        return e;
    e = set_members(fields, count, root, arena, out, fault);
    json_object_put(root);
    return e;
}

static enum err set_query(const struct field *f, const char *value, struct arena *arena, void *out, struct fault *fault)
{
    void *member = (char *)out + f->offset;
    int64_t number;
    switch (f->type) {
    case FIELD_INT:
        if (!text_to_int(value, &number))
            return wrong(fault, f, "must be a whole number");
        return set_int(f, number, member, fault);
    case FIELD_BOOL:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return wrong(fault, f, "must be true or false");
        *(struct in_bool *)member = (struct in_bool){true, value[0] == 't'};
        return ERR_OK;
    case FIELD_TIME: return set_time(f, value, member, fault);
    default: return set_text(f, value, arena, member, fault);
    }
}

static enum err query_pair(const struct field *fields, int count, const char *pair, size_t len, struct arena *arena,
                           void *out, struct fault *fault, uint64_t *seen)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;
    char *name = url_decode(arena, pair, name_len, 1);
    char *value = equals ? url_decode(arena, equals + 1, len - name_len - 1, 1) : arena_strdup(arena, "");
    if (!name || !value)
        return fault_set(fault, ERR_BAD_REQUEST, NULL, "The query string is malformed.");
    const struct field *f = find(fields, count, name);
    if (!f)
        return fault_set(fault, ERR_VALIDATION_FAILED, name, "%.60s is not a parameter of this request.", name);
    uint64_t bit = (uint64_t)1 << (f - fields);
    if (*seen & bit)
        return wrong(fault, f, "appears twice");
    *seen |= bit;
    return set_query(f, value, arena, out, fault);
}

enum err fields_from_query(const struct field *fields, int count, const char *query, struct arena *arena, void *out,
                           struct fault *fault)
{
    uint64_t seen = 0;
    while (*query) {
        size_t len = strcspn(query, "&");
        enum err e = len ? query_pair(fields, count, query, len, arena, out, fault, &seen) : ERR_OK;
        if (e)
            return e;
        query += len + (query[len] == '&');
    }
    for (int i = 0; i < count; i++)
        if (fields[i].required && !(seen >> i & 1))
            return wrong(fault, &fields[i], "is missing");
    return ERR_OK;
}
