/* /api/v1/meetings/:meetingId/invites and /guests: who comes in without being known, or with more rights. */
#include <string.h>

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/guest.h"
#include "service/invite.h"
#include "service/serialize.h"

static void write_invite(struct json *j, struct context *ctx, const struct invite *i)
{
    json_object(j, NULL);
    json_int(j, "id", i->id);
    json_str(j, "token", invite_token(ctx, i));
    json_str(j, "role", i->role == ROLE_COHOST ? "cohost" : "participant");
    json_int(j, "createdBy", i->created_by);
    json_time(j, "createdAt", i->created_at_ms);
    json_time(j, "expiresAt", i->expires_at_ms);
    if (i->max_uses)
        json_int(j, "maxUses", i->max_uses);
    else
        json_null(j, "maxUses");
    json_int(j, "uses", i->uses);
    json_object_end(j);
}

struct invite_input {
    struct in_text role;
    struct in_int expires_at, max_uses;
};

/* clang-format off */
static const struct field invite_fields[] = {
    {"role", FIELD_TEXT, offsetof(struct invite_input, role), OPTIONAL, false, 1, 20, "cohost|participant"},
    {"expiresAt", FIELD_TIME, offsetof(struct invite_input, expires_at), OPTIONAL, false, 0, 0, NULL},
    {"maxUses", FIELD_INT, offsetof(struct invite_input, max_uses), OPTIONAL, false, 1, LIMIT_INVITE_USES, NULL},
};
/* clang-format on */

enum err invites_post(struct exchange *x)
{
    int64_t id;
    struct invite_input in = {.role = {.value = "participant"}};
    struct invite invite;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_body(x, invite_fields, FIELD_COUNT(invite_fields), &in);
    if (!e)
        e = invite_create(&x->ctx, id, strcmp(in.role.value, "cohost") == 0 ? ROLE_COHOST : ROLE_PARTICIPANT,
                          in.expires_at.value, in.max_uses.value, &invite);
    if (e)
        return e;
    struct json j = response_json(x->res, 201);
    write_invite(&j, &x->ctx, &invite);
    return ERR_OK;
}

enum err invites_get(struct exchange *x)
{
    int64_t id;
    struct invite *items;
    int count;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = invite_list(&x->ctx, id, &items, &count);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count; i++)
        write_invite(&j, &x->ctx, &items[i]);
    json_array_end(&j);
    json_object_end(&j);
    return ERR_OK;
}

enum err invite_delete(struct exchange *x)
{
    int64_t id, invite_id;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = exchange_number(x, 1, &invite_id);
    return e ? e : invite_revoke(&x->ctx, id, invite_id);
}

/* ---- guests ---- */

struct guest_input {
    struct in_text display_name, invite;
};

/* clang-format off */
static const struct field guest_fields[] = {
    {"displayName", FIELD_NAME, offsetof(struct guest_input, display_name), REQUIRED, false, 1, LIMIT_DISPLAY_NAME_CHARS, NULL},
    {"invite", FIELD_TEXT, offsetof(struct guest_input, invite), OPTIONAL, false, 1, LIMIT_INVITE_CHARS, NULL},
};
/* clang-format on */

struct guest_query {
    struct in_text invite;
};

static const struct field guest_query_fields[] = {
    {"invite", FIELD_TEXT, offsetof(struct guest_query, invite), OPTIONAL, false, 1, LIMIT_INVITE_CHARS, NULL},
};

enum err guests_get(struct exchange *x)
{
    int64_t id;
    struct guest_query in = {0};
    enum err e = exchange_query(x, guest_query_fields, FIELD_COUNT(guest_query_fields), &in);
    if (!e)
        e = exchange_meeting_invited(x, in.invite.value, &id);
    if (!e)
        e = guest_check(&x->ctx, id, in.invite.value);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_bool(&j, "allowed", true);
    json_object_end(&j);
    return ERR_OK;
}

enum err guests_post(struct exchange *x)
{
    int64_t id;
    struct guest_input in = {0};
    struct guest guest;
    enum err e = exchange_body(x, guest_fields, FIELD_COUNT(guest_fields), &in);
    if (!e)
        e = exchange_meeting_invited(x, in.invite.value, &id);
    if (!e)
        e = guest_create(&x->ctx, id, in.display_name.value, in.invite.value, locale_tag(x->ctx.locale), &guest);
    if (e)
        return e;
    struct json j = response_json(x->res, 201);
    json_object(&j, NULL);
    json_str(&j, "accessToken", guest.access_token);
    json_int(&j, "expiresIn", guest.access_expires_in_s);
    json_object(&j, "user");
    json_int(&j, "id", guest.user.id);
    json_str(&j, "displayName", guest.user.display_name);
    json_bool(&j, "isGuest", true);
    json_int(&j, "meetingId", guest.user.guest_of);
    json_object_end(&j);
    json_object_end(&j);
    return ERR_OK;
}
