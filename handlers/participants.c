/* /api/v1/meetings/:meetingId/participants: the people in a meeting. */
#include <string.h>

#include "core/limits.h"
#include "handlers/room_view.h"
#include "handlers/routes.h"
#include "service/meeting.h"
#include "service/participant.h"
#include "service/serialize.h"

enum err participants_get(struct exchange *x)
{
    struct meeting_view v;
    enum err e = meeting_detail(&x->ctx, x->req->params[0], &v);
    if (!e && v.from_outside)
        e = ERR_FORBIDDEN;
    return e ? e : room_view_write_people(x, v.people, v.count, -1);
}

static enum err write_participant(struct exchange *x, const struct participant *p)
{
    struct json j = response_json(x->res, 200);
    serialize_participant(&j, NULL, p);
    return ERR_OK;
}

/* Somebody's own row, "me" in the path: also for one who waits in the lobby. */
enum err participant_get(struct exchange *x)
{
    int64_t id, user_id;
    struct participant p;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_user(x, &user_id);
    if (!e)
        e = participant_show(&x->ctx, id, user_id, &p);
    return e ? e : write_participant(x, &p);
}

struct participant_input {
    struct in_int user_id;
    struct in_text role, display_name;
    struct in_bool audio, video, screen, hand_raised;
};

/* clang-format off */
#define USER_FIELD(required) {"userId", FIELD_INT, offsetof(struct participant_input, user_id), required, false, 1, LIMIT_ID, NULL}
#define NAME_FIELD(required) {"displayName", FIELD_NAME, offsetof(struct participant_input, display_name), required, false, 1, LIMIT_DISPLAY_NAME_CHARS, NULL}
#define ROLE_FIELD(required) {"role", FIELD_TEXT, offsetof(struct participant_input, role), required, false, 1, 20, "cohost|participant"}
#define MEDIA_FIELDS \
    {"audio", FIELD_BOOL, offsetof(struct participant_input, audio), OPTIONAL, false, 0, 0, NULL}, \
    {"video", FIELD_BOOL, offsetof(struct participant_input, video), OPTIONAL, false, 0, 0, NULL}, \
    {"screen", FIELD_BOOL, offsetof(struct participant_input, screen), OPTIONAL, false, 0, 0, NULL}

static const struct field participant_fields[] = {
    ROLE_FIELD(OPTIONAL),
    NAME_FIELD(OPTIONAL),
    {"handRaised", FIELD_BOOL, offsetof(struct participant_input, hand_raised), OPTIONAL, false, 0, 0, NULL},
    MEDIA_FIELDS,
};
static const struct field media_fields[] = {USER_FIELD(OPTIONAL), MEDIA_FIELDS};
static const struct field hand_fields[] = {USER_FIELD(OPTIONAL)};
static const struct field name_fields[] = {USER_FIELD(OPTIONAL), NAME_FIELD(REQUIRED)};
static const struct field role_fields[] = {USER_FIELD(REQUIRED), ROLE_FIELD(REQUIRED)};
/* clang-format on */

static bool has_media(const struct participant_input *in)
{
    return in->audio.given || in->video.given || in->screen.given;
}

static enum err set_media(struct exchange *x, int64_t id, int64_t user_id, const struct participant_input *in)
{
    struct participant p;
    enum err e = participant_set_media(&x->ctx, id, user_id, exchange_tristate(in->audio), exchange_tristate(in->video),
                                       exchange_tristate(in->screen), &p);
    return e ? e : write_participant(x, &p);
}

static enum err set_hand(struct exchange *x, int64_t id, int64_t user_id, bool raised)
{
    struct participant p;
    enum err e = participant_set_hand(&x->ctx, id, user_id, raised, &p);
    return e ? e : write_participant(x, &p);
}

static enum err set_name(struct exchange *x, int64_t id, int64_t user_id, const char *display_name)
{
    struct participant p;
    enum err e = participant_rename(&x->ctx, id, user_id, display_name, &p);
    return e ? e : write_participant(x, &p);
}

static enum err set_role(struct exchange *x, int64_t id, int64_t user_id, const char *role)
{
    struct participant p;
    enum err e =
        participant_set_role(&x->ctx, id, user_id, strcmp(role, "cohost") == 0 ? ROLE_COHOST : ROLE_PARTICIPANT, &p);
    return e ? e : write_participant(x, &p);
}

/* One request changes one thing: a role, a name, a hand, or media. */
enum err participant_patch(struct exchange *x)
{
    int64_t id, user_id;
    struct participant_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_user(x, &user_id);
    if (!e)
        e = exchange_body(x, participant_fields, FIELD_COUNT(participant_fields), &in);
    if (e)
        return e;
    if (in.role.given + in.display_name.given + in.hand_raised.given + has_media(&in) != 1)
        return fault_set(&x->ctx.fault, ERR_VALIDATION_FAILED, NULL,
                         "Send role, displayName, handRaised, or any of audio, video and screen.");
    if (in.role.given)
        return set_role(x, id, user_id, in.role.value);
    if (in.display_name.given)
        return set_name(x, id, user_id, in.display_name.value);
    return in.hand_raised.given ? set_hand(x, id, user_id, in.hand_raised.value) : set_media(x, id, user_id, &in);
}

/* ---- the same by WebSocket; without userId it is about the caller ---- */

/* The meeting, the body, and whom it is about. */
static enum err read_message(struct exchange *x, const struct field *fields, int count, struct participant_input *in,
                             int64_t *id, int64_t *user_id)
{
    enum err e = exchange_meeting(x, id);
    if (!e)
        e = exchange_body(x, fields, count, in);
    if (!e)
        *user_id = in->user_id.given ? in->user_id.value : x->ctx.user_id;
    return e;
}

enum err ws_media_control(struct exchange *x)
{
    int64_t id, user_id;
    struct participant_input in = {0};
    enum err e = read_message(x, media_fields, FIELD_COUNT(media_fields), &in, &id, &user_id);
    if (!e && !has_media(&in))
        e = fault_set(&x->ctx.fault, ERR_VALIDATION_FAILED, NULL, "Send at least one of audio, video and screen.");
    return e ? e : set_media(x, id, user_id, &in);
}

enum err ws_raise_hand(struct exchange *x)
{
    int64_t id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, NULL, 0, NULL);
    return e ? e : set_hand(x, id, x->ctx.user_id, true);
}

enum err ws_lower_hand(struct exchange *x)
{
    int64_t id, user_id;
    struct participant_input in = {0};
    enum err e = read_message(x, hand_fields, FIELD_COUNT(hand_fields), &in, &id, &user_id);
    return e ? e : set_hand(x, id, user_id, false);
}

enum err ws_rename(struct exchange *x)
{
    int64_t id, user_id;
    struct participant_input in = {0};
    enum err e = read_message(x, name_fields, FIELD_COUNT(name_fields), &in, &id, &user_id);
    return e ? e : set_name(x, id, user_id, in.display_name.value);
}

enum err ws_set_role(struct exchange *x)
{
    int64_t id, user_id;
    struct participant_input in = {0};
    enum err e = read_message(x, role_fields, FIELD_COUNT(role_fields), &in, &id, &user_id);
    return e ? e : set_role(x, id, user_id, in.role.value);
}
