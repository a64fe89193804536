/* /api/v1/meetings: making, listing, showing, changing, joining, leaving and ending meetings. */
#include <string.h>

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/host.h"
#include "service/join.h"
#include "service/leave.h"
#include "service/meeting.h"
#include "service/shape.h"

struct meeting_input {
    struct in_text title, description, password;
    struct in_int start_time, duration, max_participants;
    struct in_bool is_public, is_recorded;
    struct in_text host_loss_policy;
    struct in_int host_loss_minutes, empty_minutes;
    struct in_bool settings[SETTING_COUNT];
};

/* clang-format off */
#define MEETING_FIELDS(title_required) \
    {"title", FIELD_NAME, offsetof(struct meeting_input, title), title_required, false, 1, LIMIT_TITLE_CHARS, NULL}, \
    {"description", FIELD_LINES, offsetof(struct meeting_input, description), OPTIONAL, false, 0, LIMIT_DESCRIPTION_CHARS, NULL}, \
    {"startTime", FIELD_TIME, offsetof(struct meeting_input, start_time), OPTIONAL, false, 0, 0, NULL}, \
    {"duration", FIELD_INT, offsetof(struct meeting_input, duration), OPTIONAL, false, 1, LIMIT_DURATION_MINUTES, NULL}, \
    {"password", FIELD_EXACT, offsetof(struct meeting_input, password), OPTIONAL, true, 1, LIMIT_MEETING_PASSWORD_CHARS, NULL}, \
    {"maxParticipants", FIELD_INT, offsetof(struct meeting_input, max_participants), OPTIONAL, false, 2, LIMIT_PARTICIPANTS, NULL}, \
    {"isPublic", FIELD_BOOL, offsetof(struct meeting_input, is_public), OPTIONAL, false, 0, 0, NULL}, \
    {"isRecorded", FIELD_BOOL, offsetof(struct meeting_input, is_recorded), OPTIONAL, false, 0, 0, NULL}, \
    {"hostLossPolicy", FIELD_TEXT, offsetof(struct meeting_input, host_loss_policy), OPTIONAL, false, 1, 20, "hand_over|lock|end"}, \
    {"hostLossMinutes", FIELD_INT, offsetof(struct meeting_input, host_loss_minutes), OPTIONAL, false, 1, LIMIT_HOST_LOSS_MINUTES, NULL}, \
    {"emptyMinutes", FIELD_INT, offsetof(struct meeting_input, empty_minutes), OPTIONAL, false, 0, LIMIT_EMPTY_MINUTES, NULL},

#define SETTING(name, bit, json, on) \
    {json, FIELD_BOOL, offsetof(struct meeting_input, settings) + (bit) * sizeof(struct in_bool), OPTIONAL, false, 0, 0, NULL},

static const struct field create_fields[] = {
    MEETING_FIELDS(REQUIRED)
#include "service/setting.def"
};
static const struct field update_fields[] = {
    MEETING_FIELDS(OPTIONAL)
#include "service/setting.def"
};
#undef SETTING
/* clang-format on */

static struct setting_changes settings_of(const struct meeting_input *in)
{
    struct setting_changes c = {0};
    for (int i = 0; i < SETTING_COUNT; i++)
        if (in->settings[i].given)
            *(in->settings[i].value ? &c.on : &c.off) |= (int64_t)1 << i;
    return c;
}

/* 0 where it was not given */
static int64_t host_loss_policy_of(const struct meeting_input *in)
{
    for (int64_t policy = HOST_LOSS_HAND_OVER; in->host_loss_policy.given && policy <= HOST_LOSS_END; policy++)
        if (strcmp(in->host_loss_policy.value, shape_host_loss_policy(policy)) == 0)
            return policy;
    return 0;
}

static enum err write_meeting(struct exchange *x, int status, const struct meeting *m)
{
    struct json j = response_json(x->res, status);
    shape_meeting(&j, NULL, &x->ctx, m);
    return ERR_OK;
}

enum err meetings_post(struct exchange *x)
{
    struct meeting_input in = {.duration = {.value = LIMIT_DEFAULT_DURATION_MINUTES},
                               .max_participants = {.value = LIMIT_DEFAULT_PARTICIPANTS},
                               .description = {.value = ""}};
    enum err e = exchange_body(x, create_fields, FIELD_COUNT(create_fields), &in);
    if (e)
        return e;
    struct meeting_options options = {
        .title = in.title.value,
        .description = in.description.value,
        .start_time_ms = in.start_time.value,
        .duration_minutes = in.duration.value,
        .password = in.password.value,
        .max_participants = in.max_participants.value,
        .is_public = in.is_public.value,
        .is_recorded = in.is_recorded.value,
        .settings = settings_of(&in),
        .host_loss_policy = host_loss_policy_of(&in),
        .host_loss_minutes = in.host_loss_minutes.value,
        .empty_minutes = in.empty_minutes.value,
    };
    struct meeting m;
    e = meeting_create(&x->ctx, &options, &m);
    if (e)
        return e;
    response_header(x->res, "Location", arena_printf(x->ctx.arena, "/api/v1/meetings/%lld", (long long)m.id));
    return write_meeting(x, 201, &m);
}

struct list_input {
    struct in_int page, page_size, status, creator_id, start_from, start_to;
    struct in_text keyword, sort;
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
};
/* clang-format on */

static enum err list_meetings(struct exchange *x, bool everything)
{
    struct list_input in = {
        .page = {.value = 1}, .page_size = {.value = LIMIT_DEFAULT_PAGE_SIZE}, .sort = {.value = "-startTime"}};
    enum err e = exchange_query(x, list_fields, FIELD_COUNT(list_fields), &in);
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
    struct meeting *items;
    int count;
    int64_t total;
    e = meeting_list(&x->ctx, &filter, &items, &count, &total);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++)
        shape_meeting(&j, NULL, &x->ctx, &items[i]);
    json_array_end(&j);
    json_int(&j, "page", in.page.value);
    json_int(&j, "pageSize", in.page_size.value);
    json_int(&j, "total", total);
    json_int(&j, "totalPages", (total + in.page_size.value - 1) / in.page_size.value);
    json_object_end(&j);
    return ERR_OK;
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
    shape_meeting_members(&j, &x->ctx, &v.meeting);
    shape_participants(&j, "participants", v.people, v.count);
    json_object_end(&j);
    return ERR_OK;
}

enum err meeting_patch(struct exchange *x)
{
    int64_t id;
    struct meeting_input in = {0};
    struct meeting m;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, update_fields, FIELD_COUNT(update_fields), &in);
    if (e)
        return e;
    struct meeting_changes changes = {
        .title = in.title.value,
        .description = in.description.value,
        .start_time_ms = in.start_time.value,
        .duration_minutes = in.duration.value,
        .remove_password = in.password.null,
        .password = in.password.value,
        .max_participants = in.max_participants.value,
        .is_public = exchange_tristate(in.is_public),
        .is_recorded = exchange_tristate(in.is_recorded),
        .settings = settings_of(&in),
        .host_loss_policy = host_loss_policy_of(&in),
        .host_loss_minutes = in.host_loss_minutes.value,
        .empty_minutes = in.empty_minutes.given ? in.empty_minutes.value : -1,
    };
    e = meeting_update(&x->ctx, id, &changes, &m);
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
        e = join_meeting(&x->ctx, id, (struct join_ticket){.password = in.password.value, .invite = in.invite.value},
                         &view);
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
