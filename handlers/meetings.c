/* /api/v1/meetings: making, listing, showing, changing, joining, leaving and ending meetings. */
#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/host.h"
#include "service/join.h"
#include "service/leave.h"
#include "service/meeting.h"
#include "service/serialize.h"

struct meeting_body {
    struct meeting_input meeting;
    struct in_bool settings[SETTING_COUNT];
};

/* clang-format off */
#define ATTRIBUTE_FIELD(kind, member, json, min, max, choices, required) \
    {json, FIELD_##kind, offsetof(struct meeting_body, meeting.member), required, false, min, max, choices},
#define PASSWORD_FIELD \
    {"password", FIELD_EXACT, offsetof(struct meeting_body, meeting.password), OPTIONAL, true, 1, LIMIT_MEETING_PASSWORD_CHARS, NULL},
#define SETTING(name, bit, json, on) \
    {json, FIELD_BOOL, offsetof(struct meeting_body, settings) + (bit) * sizeof(struct in_bool), OPTIONAL, false, 0, 0, NULL},

static const struct field create_fields[] = {
#define ATTRIBUTE(kind, member, json, min, max, choices, needed, fallback) \
    ATTRIBUTE_FIELD(kind, member, json, min, max, choices, needed)
#include "service/attribute.def"
#undef ATTRIBUTE
    PASSWORD_FIELD
#include "service/setting.def"
};
static const struct field update_fields[] = {
#define ATTRIBUTE(kind, member, json, min, max, choices, needed, fallback) \
    ATTRIBUTE_FIELD(kind, member, json, min, max, choices, OPTIONAL)
#include "service/attribute.def"
#undef ATTRIBUTE
    PASSWORD_FIELD
#include "service/setting.def"
};
#undef SETTING
/* clang-format on */

static enum err read_meeting(struct exchange *x, const struct field *fields, int count, struct meeting_input *out)
{
    struct meeting_body body = {0};
    enum err e = exchange_body(x, fields, count, &body);
    if (e)
        return e;
    struct setting_changes *settings = &body.meeting.settings;
    for (int i = 0; i < SETTING_COUNT; i++)
        if (body.settings[i].given)
            *(body.settings[i].value ? &settings->on : &settings->off) |= (int64_t)1 << i;
    *out = body.meeting;
    return ERR_OK;
}

static enum err write_meeting(struct exchange *x, int status, const struct meeting *m)
{
    struct json j = response_json(x->res, status);
    serialize_meeting(&j, NULL, &x->ctx, m);
    return ERR_OK;
}

enum err meetings_post(struct exchange *x)
{
    struct meeting_input input;
    struct meeting m;
    enum err e = read_meeting(x, create_fields, FIELD_COUNT(create_fields), &input);
    if (!e)
        e = meeting_create(&x->ctx, &input, &m);
    if (e)
        return e;
    response_header(x->res, "Location", arena_printf(x->ctx.arena, "/api/v1/meetings/%lld", (long long)m.id));
    return write_meeting(x, 201, &m);
}

struct list_input {
    struct in_int page, page_size, status, creator_id, start_from, start_to;
    struct in_text keyword, sort, cursor;
    struct in_bool is_private, is_recorded, only_joined, only_created;
};

/* clang-format off */
static const struct field list_fields[] = {
    {"page", FIELD_INT, offsetof(struct list_input, page), OPTIONAL, false, 1, LIMIT_PAGE, NULL},
    {"pageSize", FIELD_INT, offsetof(struct list_input, page_size), OPTIONAL, false, 1, LIMIT_PAGE_SIZE, NULL},
    {"status", FIELD_INT, offsetof(struct list_input, status), OPTIONAL, false, 1, 4, NULL},
    {"creatorId", FIELD_INT, offsetof(struct list_input, creator_id), OPTIONAL, false, 1, LIMIT_ID, NULL},
    {"keyword", FIELD_NAME, offsetof(struct list_input, keyword), OPTIONAL, false, 1, LIMIT_TITLE_CHARS, NULL},
    {"startFrom", FIELD_TIME, offsetof(struct list_input, start_from), OPTIONAL, false, 0, 0, NULL},
    {"startTo", FIELD_TIME, offsetof(struct list_input, start_to), OPTIONAL, false, 0, 0, NULL},
    {"isPrivate", FIELD_BOOL, offsetof(struct list_input, is_private), OPTIONAL, false, 0, 0, NULL},
    {"isRecorded", FIELD_BOOL, offsetof(struct list_input, is_recorded), OPTIONAL, false, 0, 0, NULL},
    {"onlyJoined", FIELD_BOOL, offsetof(struct list_input, only_joined), OPTIONAL, false, 0, 0, NULL},
    {"onlyCreated", FIELD_BOOL, offsetof(struct list_input, only_created), OPTIONAL, false, 0, 0, NULL},
    {"sort", FIELD_TEXT, offsetof(struct list_input, sort), OPTIONAL, false, 1, 20, MEETING_SORTS},
    {"cursor", FIELD_TEXT, offsetof(struct list_input, cursor), OPTIONAL, false, 1, LIMIT_CURSOR_CHARS, NULL},
};
/* clang-format on */

static enum err read_list(struct exchange *x, struct list_input *in)
{
    enum err e = exchange_query(x, list_fields, FIELD_COUNT(list_fields), in);
    if (!e && in->cursor.given && in->page.given)
        e = fault_set(&x->ctx.fault, ERR_VALIDATION_FAILED, "page", "Give page or cursor, not both.");
    return e;
}

/* What is counted belongs to the whole list: who goes on by a cursor knows it. */
static enum err write_list(struct exchange *x, const struct list_input *in, const struct meeting_page *page,
                           const char *next)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < page->count; i++)
        serialize_meeting(&j, NULL, &x->ctx, &page->items[i]);
    json_array_end(&j);
    json_int(&j, "pageSize", in->page_size.value);
    json_str(&j, "nextCursor", next);
    if (!in->cursor.given) {
        json_int(&j, "page", in->page.value);
        json_int(&j, "total", page->total);
        json_bool(&j, "totalIsLowerBound", page->total_is_lower_bound);
        json_int(&j, "totalPages", (page->total + in->page_size.value - 1) / in->page_size.value);
    }
    json_object_end(&j);
    return ERR_OK;
}

static enum err list_meetings(struct exchange *x, bool everything)
{
    struct list_input in = {
        .page = {.value = 1}, .page_size = {.value = LIMIT_DEFAULT_PAGE_SIZE}, .sort = {.value = "-startTime"}};
    enum err e = read_list(x, &in);
    if (e)
        return e;
    struct meeting_filter filter = {
        .status = in.status.value,
        .creator_id = in.creator_id.value,
        .keyword = in.keyword.value,
        .start_from_ms = in.start_from.value,
        .start_to_ms = in.start_to.value,
        .is_private = exchange_tristate(in.is_private),
        .is_recorded = exchange_tristate(in.is_recorded),
        .only_joined = in.only_joined.value,
        .only_created = in.only_created.value,
        .everything = everything,
        .sort = in.sort.value,
        .limit = in.page_size.value,
        .offset = (in.page.value - 1) * in.page_size.value,
    };
    struct meeting_page page;
    const char *next;
    e = meeting_list(&x->ctx, &filter, in.cursor.value, &page, &next);
    return e ? e : write_list(x, &in, &page, next);
}

enum err meetings_get(struct exchange *x) { return list_meetings(x, false); }
enum err admin_meetings_get(struct exchange *x) { return list_meetings(x, true); }

enum err meeting_get(struct exchange *x)
{
    struct meeting_view v;
    enum err e = meeting_detail(&x->ctx, x->req->params[0], &v);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    serialize_meeting_members(&j, &x->ctx, &v.meeting);
    serialize_participants(&j, "participants", v.people, v.count);
    json_object_end(&j);
    return ERR_OK;
}

enum err meeting_patch(struct exchange *x)
{
    int64_t id;
    struct meeting_input input;
    struct meeting m;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = read_meeting(x, update_fields, FIELD_COUNT(update_fields), &input);
    if (!e)
        e = meeting_update(&x->ctx, id, &input, &m);
    return e ? e : write_meeting(x, 200, &m);
}

enum err meeting_delete(struct exchange *x)
{
    int64_t id;
    enum err e = exchange_meeting(x, &id);
    return e ? e : meeting_cancel(&x->ctx, id);
}

struct join_input {
    struct in_text password, invite;
};

/* clang-format off */
static const struct field join_fields[] = {
    {"password", FIELD_EXACT, offsetof(struct join_input, password), OPTIONAL, true, 0, LIMIT_MEETING_PASSWORD_CHARS, NULL},
    {"invite", FIELD_TEXT, offsetof(struct join_input, invite), OPTIONAL, false, 1, LIMIT_INVITE_CHARS, NULL},
};
/* clang-format on */

enum err meeting_join_post(struct exchange *x)
{
    int64_t id;
    struct join_input in = {0};
    struct room_view view;
    enum err e = exchange_body(x, join_fields, FIELD_COUNT(join_fields), &in);
    if (!e)
        e = exchange_meeting_invited(x, in.invite.value, &id);
    if (!e)
        e = join_by_rest(&x->ctx, id,
                         (struct join_credentials){.password = in.password.value, .invite = in.invite.value}, &view);
    return e ? e : room_view_write(x, &view);
}

static enum err no_body(struct exchange *x) { return exchange_body(x, NULL, 0, NULL); }

enum err meeting_leave_post(struct exchange *x)
{
    int64_t id;
    bool meeting_ended;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = no_body(x);
    if (!e)
        e = leave_meeting(&x->ctx, id, &meeting_ended);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_bool(&j, "meetingEnded", meeting_ended);
    json_object_end(&j);
    return ERR_OK;
}

enum err meeting_end_post(struct exchange *x)
{
    int64_t id;
    struct meeting m;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = no_body(x);
    if (!e)
        e = meeting_end(&x->ctx, id, &m);
    return e ? e : write_meeting(x, 200, &m);
}

struct host_input {
    struct in_int user_id;
};

/* clang-format off */
static const struct field host_fields[] = {
    {"userId", FIELD_INT, offsetof(struct host_input, user_id), REQUIRED, false, 1, LIMIT_ID, NULL},
};
/* clang-format on */

enum err meeting_host_post(struct exchange *x)
{
    int64_t id;
    struct host_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, host_fields, FIELD_COUNT(host_fields), &in);
    return e ? e : host_set(&x->ctx, id, in.user_id.value);
}
