#include "service/permission.h"

#include "service/participant_find.h"
#include "service/setting.h"

struct row {
    const char *wire;
    bool host, cohost, participant, guest;
    int64_t setting;
};

static const struct row table[] = {
#define PERMISSION(name, wire, host, cohost, participant, guest, setting) \
    {wire, host, cohost, participant, guest, setting},
#include "service/permission.def"
#undef PERMISSION
};

bool permission_has(enum permission permission, int64_t role, bool is_guest, int64_t settings)
{
    const struct row *row = &table[permission];
    if (role == ROLE_HOST)
        return row->host;
    if (role == ROLE_COHOST)
        return row->cohost;
    if (row->setting && !(settings & row->setting))
        return false;
    return is_guest ? row->guest : row->participant;
}

/* Whether the caller runs the meeting with this permission: as host, in or not, or as somebody who is in, or was when
 * it was over. */
static enum err check_runner(struct context *ctx, int64_t meeting_id, int64_t host_id, int64_t settings, bool over,
                             enum permission permission)
{
    struct participant me = {.role = ROLE_HOST};
    if (host_id != ctx->user_id) {
        enum err e = participant_dao_find(ctx->app->db, ctx->arena, meeting_id, ctx->user_id, &me);
        if (e)
            return context_no_row(e, ERR_FORBIDDEN);
        bool was_in = me.status == PARTICIPANT_LEFT && participant_was_in(&me);
        if (me.status != PARTICIPANT_JOINED && !(over && was_in))
            return ERR_FORBIDDEN;
    }
    return permission_has(permission, me.role, me.is_guest, settings) ? ERR_OK : ERR_FORBIDDEN;
}

enum err permission_check(struct room_change *room, enum permission permission)
{
    const struct meeting_state *s = &room->state;
    enum err open = room_check_open(s->status);
    enum err e = check_runner(room->ctx, s->id, s->host_id, s->settings, open != ERR_OK, permission);
    return e ? e : open;
}

enum err permission_check_seated(struct room_change *room, enum permission permission, struct participant *me)
{
    struct participant p;
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = participant_find_joined(room->ctx, room->state.id, room->ctx->user_id, &p);
    if (e)
        return e;
    if (!permission_has(permission, p.role, p.is_guest, room->state.settings))
        return ERR_FORBIDDEN;
    *me = p;
    return ERR_OK;
}

enum err permission_check_reader(struct context *ctx, int64_t meeting_id, enum permission permission)
{
    struct meeting m;
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, meeting_id, &m);
    return e ? context_no_row(e, ERR_NOT_FOUND)
             : check_runner(ctx, meeting_id, m.host_id, m.settings, true, permission);
}

static void serialize_role(struct json *j, const char *key, int64_t role, bool is_guest, int64_t settings)
{
    json_array(j, key);
    for (int i = 0; i < PERMISSION_COUNT; i++)
        if (permission_has((enum permission)i, role, is_guest, settings))
            json_str(j, NULL, table[i].wire);
    json_array_end(j);
}

void permission_serialize(struct json *j, const char *key, int64_t settings)
{
    json_object(j, key);
    serialize_role(j, "host", ROLE_HOST, false, settings);
    serialize_role(j, "cohost", ROLE_COHOST, false, settings);
    serialize_role(j, "participant", ROLE_PARTICIPANT, false, settings);
    serialize_role(j, "guest", ROLE_PARTICIPANT, true, settings);
    json_object_end(j);
}
