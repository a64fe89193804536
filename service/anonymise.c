#include "service/anonymise.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "core/skim.h"
#include "db/deletion_dao.h"

enum { DEPTH = 32 }; /* of the data of an event; it has five */

static bool is_word_char(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* "Al" is in "Al's review", and not in "Annual". Scripts without blanks have no such ends. */
static bool is_whole_word(const char *text, const char *at, size_t len)
{
    bool begins = at == text || !is_word_char(at[-1]) || !is_word_char(at[0]);
    return begins && (!is_word_char(at[len - 1]) || !is_word_char(at[len]));
}

static bool has_name(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = text; len && *at; at++)
        if (strncasecmp(at, name, len) == 0 && is_whole_word(text, at, len))
            return true;
    return false;
}

bool anonymise_names(const struct former *former, const char *text)
{
    for (int i = 0; i < FORMER_NAMES; i++)
        if (former->names[i] && has_name(text, former->names[i]))
            return true;
    return false;
}

/* ---- the data of an event ---- */

struct rewrite {
    struct arena *arena;
    const struct former *former;
    struct buf out;
    bool changed;
};

static bool is_former(const struct rewrite *w, struct slice id)
{
    int64_t number;
    return id.at && skim_int(id, &number) && number == w->former->user_id;
}

/* An object in which something stands that may tell of the person. */
struct found {
    bool is_person;  /* it is them: {"id" or "userId", "displayName"} */
    bool is_message; /* they wrote it */
    int64_t message_id;
};

static struct found look_at(const struct rewrite *w, struct slice object)
{
    enum { ID, USER_ID, SENDER, TEXT, COUNT };
    static const char *const names[COUNT] = {"id", "userId", "sender", "text"}, *const id[] = {"id"};
    struct slice values[COUNT], sender_id = {NULL, 0};
    struct found found = {0};
    if (!skim_members(object, names, values, COUNT))
        return found;
    if (values[SENDER].at && skim_members(values[SENDER], id, &sender_id, 1))
        found.is_message = values[TEXT].at && is_former(w, sender_id) && skim_int(values[ID], &found.message_id);
    found.is_person = !values[TEXT].at && (is_former(w, values[ID]) || is_former(w, values[USER_ID]));
    return found;
}

static bool named(struct slice name, const char *text)
{
    return strlen(text) == name.len && memcmp(name.at, text, name.len) == 0;
}

/* A text that has the name of the person, of a meeting. */
static bool names_former(struct rewrite *w, struct slice value)
{
    struct buf text = {0};
    bool found = skim_text(value, &text) && text.len && anonymise_names(w->former, text.data);
    if (text.failed)
        abort(); /* no memory */
    buf_free(&text);
    return found;
}

static void put_value(struct rewrite *w, struct slice value);

static void put_text(struct rewrite *w, const char *text)
{
    struct json j = json_to(&w->out);
    json_str(&j, NULL, text);
    w->changed = true;
}

static void put_deleted_at(struct rewrite *w)
{
    struct json j = json_to(&w->out);
    json_time(&j, NULL, w->former->at_ms);
    w->changed = true;
}

static void put_member(struct rewrite *w, const struct found *found, struct slice name, struct slice value)
{
    bool is_string = value.len && value.at[0] == '"';
    if (found->is_person && is_string && named(name, "displayName"))
        put_text(w, FORMER_MEMBER);
    else if (found->is_message && named(name, "text"))
        put_text(w, "");
    else if (found->is_message && named(name, "clientId"))
        put_text(w, arena_printf(w->arena, "#%lld", (long long)found->message_id));
    else if (found->is_message && named(name, "deletedAt") && !is_string)
        put_deleted_at(w);
    else if (is_string && named(name, "title") && names_former(w, value))
        put_text(w, ANONYMOUS_TITLE);
    else if (is_string && named(name, "description") && names_former(w, value))
        put_text(w, "");
    else
        put_value(w, value);
}

static void put_object(struct rewrite *w, struct slice object)
{
    const struct found found = look_at(w, object);
    struct skim_items members = skim_walk(object);
    struct slice name, value;
    const char *before = "{";
    while (skim_next_member(&members, &name, &value)) {
        buf_puts(&w->out, before);
        buf_putc(&w->out, '"');
        buf_append(&w->out, name.at, name.len);
        buf_puts(&w->out, "\":");
        put_member(w, &found, name, value);
        before = ",";
    }
    buf_puts(&w->out, *before == '{' ? "{}" : "}");
}

static void put_array(struct rewrite *w, struct slice array)
{
    struct skim_items items = skim_items(array);
    struct slice item;
    const char *before = "[";
    while (skim_next(&items, &item)) {
        buf_puts(&w->out, before);
        put_value(w, item);
        before = ",";
    }
    buf_puts(&w->out, *before == '[' ? "[]" : "]");
}

static void put_value(struct rewrite *w, struct slice value)
{
    if (value.at[0] == '{')
        put_object(w, value);
    else if (value.at[0] == '[')
        put_array(w, value);
    else
        buf_append(&w->out, value.at, value.len);
}

enum err anonymise_event(struct arena *arena, const struct former *former, const char *data, const char **out)
{
    struct rewrite w = {.arena = arena, .former = former};
    struct slice all = {data, strlen(data)};
    if (!skim_check(data, all.len, DEPTH) || data[0] != '{')
        return ERR_INTERNAL;
    put_object(&w, all);
    if (w.out.failed)
        abort(); /* no memory */
    *out = w.changed ? arena_strndup(arena, w.out.data, w.out.len) : NULL;
    buf_free(&w.out);
    return ERR_OK;
}
