/* /api/v1/meetings/:meetingId/participants: the people in a meeting. */
#include <string.h>

#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/participant.h"
#include "service/shape.h"

enum err participants_get(struct exchange *x)
{
    int64_t id;
    struct participant *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = participant_list(&x->call, id, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    shape_participants(&j, "items", items, count);
    json_object_end(&j);
    return ERR_OK;
}

struct participant_input {
    struct in_text role;
    struct in_bool audio, video, screen, hand_raised;
};

/* clang-format off */
#define MEDIA_FIELDS \
    {"audio", FIELD_BOOL, offsetof(struct participant_input, audio), OPTIONAL, false, 0, 0, NULL}, \
    {"video", FIELD_BOOL, offsetof(struct participant_input, video), OPTIONAL, false, 0, 0, NULL}, \
    {"screen", FIELD_BOOL, offsetof(struct participant_input, screen), OPTIONAL, false, 0, 0, NULL}

static const struct field media_fields[] = {MEDIA_FIELDS};
static const struct field participant_fields[] = {
    {"role", FIELD_TEXT, offsetof(struct participant_input, role), OPTIONAL, false, 1, 20, "cohost|participant"},
    {"handRaised", FIELD_BOOL, offsetof(struct participant_input, hand_raised), OPTIONAL, false, 0, 0, NULL},
    MEDIA_FIELDS,
};
/* clang-format on */

static bool has_media(const struct participant_input *in)
{
    return in->audio.given || in->video.given || in->screen.given;
}

static enum err write_participant(struct exchange *x, const struct participant *p)
{
    struct json j = response_json(x->res, 200);
    shape_participant(&j, NULL, p);
    return ERR_OK;
}

static enum err set_media(struct exchange *x, int64_t id, const struct participant_input *in)
{
    struct participant p;
    enum err e = participant_set_media(&x->call, id, exchange_tristate(in->audio), exchange_tristate(in->video),
                                       exchange_tristate(in->screen), &p);
    return e ? e : write_participant(x, &p);
}

static enum err set_hand(struct exchange *x, int64_t id, bool raised)
{
    struct participant p;
    enum err e = participant_set_hand(&x->call, id, raised, &p);
    return e ? e : write_participant(x, &p);
}

static enum err set_role(struct exchange *x, int64_t id, int64_t user_id, const char *role)
{
    struct participant p;
    enum err e =
        participant_set_role(&x->call, id, user_id, strcmp(role, "cohost") == 0 ? ROLE_COHOST : ROLE_PARTICIPANT, &p);
    return e ? e : write_participant(x, &p);
}

/* One request changes one thing: a role, a hand, or media. */
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
    if (in.role.given + in.hand_raised.given + has_media(&in) != 1)
        return fault_set(&x->call.fault, ERR_VALIDATION_FAILED, NULL,
                         "Give one of role, handRaised, or audio, video and screen.");
    if (in.role.given)
        return set_role(x, id, user_id, in.role.value);
    if (user_id != x->call.user_id)
        return ERR_FORBIDDEN;
    return in.hand_raised.given ? set_hand(x, id, in.hand_raised.value) : set_media(x, id, &in);
}

enum err participant_delete(struct exchange *x)
{
    int64_t id, user_id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_user(x, &user_id);
    return e ? e : participant_remove(&x->call, id, user_id);
}

/* The same by WebSocket: media_control, raise_hand, lower_hand. */

enum err room_media_control(struct exchange *x)
{
    int64_t id;
    struct participant_input in = {0};
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, media_fields, FIELD_COUNT(media_fields), &in);
    if (!e && !has_media(&in))
        e = fault_set(&x->call.fault, ERR_VALIDATION_FAILED, NULL, "Give at least one of audio, video and screen.");
    return e ? e : set_media(x, id, &in);
}

static enum err room_hand(struct exchange *x, bool raised)
{
    int64_t id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, NULL, 0, NULL);
    return e ? e : set_hand(x, id, raised);
}

enum err room_raise_hand(struct exchange *x) { return room_hand(x, true); }

enum err room_lower_hand(struct exchange *x) { return room_hand(x, false); }
