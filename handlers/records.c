/* What stays of a meeting: /attendance (also as CSV, RFC 4180), /statistics, /audit, /transcript. */
#include <string.h>

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/records.h"
#include "service/serialize.h"

enum { MINUTE_MS = 60 * 1000 };

/* ---- attendance ---- */

static void write_stays(struct exchange *x, const struct attendance *a)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < a->count; i++) {
        const struct stay *s = &a->stays[i];
        json_object(&j, NULL);
        json_int(&j, "userId", s->user_id);
        json_str(&j, "displayName", s->display_name);
        json_bool(&j, "isGuest", s->is_guest);
        json_time(&j, "joinedAt", s->joined_at_ms);
        json_time(&j, "leftAt", s->left_at_ms);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

/* Whether a spreadsheet takes the text for a formula; some do so for the wide forms of the signs too. */
static bool is_formula(const char *text)
{
    static const char *const signs[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    return false;
}

/* A quoted field. */
static void write_cell(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    if (is_formula(text))
        buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void write_csv(struct exchange *x, const struct attendance *a)
{
    struct buf *out = &x->res->body;
    x->res->status = 200;
    x->res->content_type = "text/csv; charset=utf-8; header=present";
    response_header(x->res, "Content-Disposition",
                    arena_printf(x->ctx.arena, "attachment; filename=\"attendance-%s.csv\"", a->meeting.code));
    buf_puts(out, "\xef\xbb\xbfname,userId,guest,joinedAt,leftAt,minutes\r\n"); /* the mark lets Excel read UTF-8 */
    int64_t now = context_now_ms(&x->ctx);
    for (int i = 0; i < a->count; i++) {
        const struct stay *s = &a->stays[i];
        char joined[TIME_TEXT_SIZE], left[TIME_TEXT_SIZE] = "";
        time_format(s->joined_at_ms, joined);
        if (s->left_at_ms)
            time_format(s->left_at_ms, left);
        int64_t ms = (s->left_at_ms ? s->left_at_ms : now) - s->joined_at_ms;
        write_cell(out, s->display_name);
        buf_printf(out, ",%lld,%s,%s,%s,%lld\r\n", (long long)s->user_id, s->is_guest ? "yes" : "no", joined, left,
                   (long long)((ms + MINUTE_MS / 2) / MINUTE_MS));
    }
}

struct attendance_query {
    struct in_text format;
};

static const struct field attendance_fields[] = {
    {"format", FIELD_TEXT, offsetof(struct attendance_query, format), OPTIONAL, false, 1, 8, "json|csv"},
};

enum err attendance_get(struct exchange *x)
{
    int64_t id;
    struct attendance_query in = {.format = {.value = "json"}};
    struct attendance a;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_query(x, attendance_fields, FIELD_COUNT(attendance_fields), &in);
    if (!e)
        e = records_attendance(&x->ctx, id, &a);
    if (e)
        return e;
    if (strcmp(in.format.value, "csv") == 0)
        write_csv(x, &a);
    else
        write_stays(x, &a);
    return ERR_OK;
}

enum err statistics_get(struct exchange *x)
{
    int64_t id;
    struct statistics s;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = records_statistics(&x->ctx, id, &s);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_int(&j, "people", s.people);
    json_int(&j, "peak", s.peak);
    json_int(&j, "meetingSeconds", s.meeting_ms / 1000);
    json_int(&j, "personSeconds", s.person_ms / 1000);
    json_int(&j, "messages", s.messages);
    json_object_end(&j);
    return ERR_OK;
}

/* ---- audit and transcript ---- */

static void id_or_null(struct json *j, const char *key, int64_t id)
{
    if (id)
        json_int(j, key, id);
    else
        json_null(j, key);
}

enum err audit_get(struct exchange *x)
{
    int64_t id, after;
    struct room_event *items;
    int count;
    enum err e = exchange_meeting_after(x, &id, &after);
    if (!e)
        e = records_audit(&x->ctx, id, after, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++) {
        json_object(&j, NULL);
        json_str(&j, "type", items[i].type);
        json_int(&j, "seq", items[i].seq);
        json_time(&j, "at", items[i].at_ms);
        id_or_null(&j, "actorId", items[i].actor_id);
        id_or_null(&j, "subjectId", items[i].subject_id);
        json_raw(&j, "data", items[i].data);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
    return ERR_OK;
}

/* The bytes of the end of a line that stands here: LF, CR, both, U+2028 or U+2029; else 0. */
static size_t line_end(const char *p)
{
    if (strncmp(p, "\xe2\x80\xa8", 3) == 0 || strncmp(p, "\xe2\x80\xa9", 3) == 0)
        return 3;
    if (*p == '\r')
        return p[1] == '\n' ? 2 : 1;
    return *p == '\n';
}

/* One message: "[time] name: text", its further lines indented. */
static void write_line(struct buf *out, const struct message *m)
{
    char at[TIME_TEXT_SIZE];
    time_format(m->created_at_ms, at);
    buf_printf(out, "[%s] %s: ", at, m->sender_name);
    for (const char *p = m->text; *p;) {
        size_t end = line_end(p), part = end ? 0 : 1;
        if (end)
            buf_puts(out, "\n    ");
        buf_append(out, p, part);
        p += end + part;
    }
    buf_putc(out, '\n');
}

/* Where the rest of the chat is: RFC 8288. */
static void link_next(struct exchange *x, int64_t after)
{
    response_header(x->res, "Link",
                    arena_printf(x->ctx.arena, "<%s?after=%lld>; rel=\"next\"", x->req->path, (long long)after));
}

enum err transcript_get(struct exchange *x)
{
    int64_t id, after;
    struct message *items;
    int count;
    bool more;
    enum err e = exchange_meeting_after(x, &id, &after);
    if (!e)
        e = records_transcript(&x->ctx, id, after, &items, &count, &more);
    if (e)
        return e;
    x->res->status = 200;
    x->res->content_type = "text/plain; charset=utf-8";
    response_header(x->res, "Content-Disposition", "attachment; filename=\"chat.txt\"");
    if (more)
        link_next(x, items[count - 1].id);
    for (int i = 0; i < count; i++)
        write_line(&x->res->body, &items[i]);
    return ERR_OK;
}
