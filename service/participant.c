#include "service/participant.h"

#include <string.h>

#include "core/limits.h"
#include "service/participant_find.h"
#include "service/permission.h"
#include "service/setting.h"

enum err participant_check_took_part(struct context *ctx, int64_t meeting_id, struct participant *me)
{
    struct participant p;
    enum err e = participant_dao_find(ctx->app->db, ctx->arena, meeting_id, ctx->user_id, &p);
    if (e)
        return context_no_row(e, ERR_FORBIDDEN);
    if (p.status == PARTICIPANT_REMOVED)
        return ERR_REMOVED;
    if (p.status == PARTICIPANT_WAITING || !participant_was_in(&p))
        return ERR_FORBIDDEN;
    *me = p;
    return ERR_OK;
}

enum err participant_show(struct context *ctx, int64_t meeting_id, int64_t user_id, struct participant *out)
{
    if (user_id != ctx->user_id)
        return ERR_FORBIDDEN;
    return context_no_row(participant_dao_find(ctx->app->db, ctx->arena, meeting_id, user_id, out), ERR_NOT_FOUND);
}

bool participant_may_resume(const char *reason) { return strcmp(reason, "timeout") == 0; }

/* ---- roles ---- */

const char *participant_role_name(int64_t role) { return role == ROLE_COHOST ? "cohost" : "participant"; }

struct role_change {
    int64_t user_id;
    enum participant_role role;
    struct participant target;
};

static enum err check_room_for_cohost(struct room_change *room)
{
    bool room_left;
    enum err e = participant_cohost_fits(room->ctx, room->state.id, &room_left);
    return e || room_left ? e
                          : fault_set(&room->ctx->fault, ERR_CONFLICT, NULL, "A meeting can have at most %d co-hosts.",
                                      LIMIT_COHOSTS);
}

static enum err role_change(struct room_change *room, void *arg)
{
    struct role_change *c = arg;
    enum err e = permission_check(room, PERMISSION_SET_ROLES);
    if (!e)
        e = participant_find_target(room, c->user_id, &c->target);
    if (e)
        return e;
    if (c->user_id == room->state.host_id)
        return fault_set(&room->ctx->fault, ERR_CONFLICT, NULL, "The host must hand over the role first.");
    if (c->target.role == (int64_t)c->role)
        return ERR_OK;
    e = c->role == ROLE_COHOST ? check_room_for_cohost(room) : ERR_OK;
    if (e)
        return e;
    c->target.role = c->role;
    struct event_draft *event = event_begin(&room->log, EVENT_ROLE_CHANGED, c->user_id);
    json_str(&event->data, "role", participant_role_name(c->role));
    e = event_end(event);
    return e ? e : participant_dao_set_role(room->ctx->app->db, room->state.id, c->user_id, c->role);
}

enum err participant_set_role(struct context *ctx, int64_t meeting_id, int64_t user_id, enum participant_role role,
                              struct participant *out)
{
    struct role_change c = {.user_id = user_id, .role = role};
    enum err e = room_change(ctx, meeting_id, role_change, &c);
    if (!e)
        *out = c.target;
    return e;
}

/* ---- media, hands, names: one's own, or another's with the permission for that ---- */

/* The person whose something is to be changed: the caller themselves with the permission `own`, or somebody else who is
 * in with `others`. Nobody but the host does anything to the host. */
static enum err find_whose(struct room_change *room, int64_t user_id, enum permission own, enum permission others,
                           struct participant *out)
{
    if (user_id == room->ctx->user_id)
        return permission_check_seated(room, own, out);
    enum err e = permission_check(room, others);
    if (!e && user_id == room->state.host_id)
        e = ERR_FORBIDDEN;
    return e ? e : participant_find_target(room, user_id, out);
}

struct media_change {
    int64_t user_id;
    int audio, video, screen; /* -1: as it is */
    struct participant target;
};

/* Everybody may switch off; switching on has a permission each. */
static enum err check_switching_on(struct room_change *room, const struct media_change *c)
{
    const struct participant *p = &c->target;
    const struct {
        bool on;
        enum permission permission;
    } wanted[] = {{c->audio > 0 && !p->audio, PERMISSION_UNMUTE},
                  {c->video > 0 && !p->video, PERMISSION_START_VIDEO},
                  {c->screen > 0 && !p->screen, PERMISSION_SHARE_SCREEN}};
    for (int i = 0; i < 3; i++)
        if (wanted[i].on && !permission_has(wanted[i].permission, p->role, p->is_guest, room->state.settings))
            return ERR_FORBIDDEN;
    return ERR_OK;
}

static enum err find_media_target(struct room_change *room, struct media_change *c)
{
    struct context *ctx = room->ctx;
    enum err e;
    if (c->user_id == ctx->user_id) {
        e = room_check_open(room->state.status);
        if (!e)
            e = participant_find_joined(ctx, room->state.id, c->user_id, &c->target);
        return e ? e : check_switching_on(room, c);
    }
    e = find_whose(room, c->user_id, PERMISSION_MUTE_OTHERS, PERMISSION_MUTE_OTHERS, &c->target);
    if (!e && (c->audio > 0 || c->video > 0 || c->screen > 0))
        e = fault_set(&ctx->fault, ERR_FORBIDDEN, NULL,
                      "Only participants themselves can turn on their microphone, camera or screen.");
    return e;
}

static enum err media_change(struct room_change *room, void *arg)
{
    struct media_change *c = arg;
    struct participant *p = &c->target;
    enum err e = find_media_target(room, c);
    if (e)
        return e;
    bool audio = c->audio < 0 ? p->audio : c->audio, video = c->video < 0 ? p->video : c->video,
         screen = c->screen < 0 ? p->screen : c->screen;
    if (audio == p->audio && video == p->video && screen == p->screen)
        return ERR_OK;
    p->audio = audio;
    p->video = video;
    p->screen = screen;
    struct event_draft *event = event_begin(&room->log, EVENT_MEDIA_CHANGED, p->user_id);
    json_bool(&event->data, "audio", audio);
    json_bool(&event->data, "video", video);
    json_bool(&event->data, "screen", screen);
    e = event_end(event);
    return e ? e : participant_dao_set_media(room->ctx->app->db, room->state.id, p->user_id, audio, video, screen);
}

enum err participant_set_media(struct context *ctx, int64_t meeting_id, int64_t user_id, int audio, int video,
                               int screen, struct participant *out)
{
    struct media_change c = {.user_id = user_id, .audio = audio, .video = video, .screen = screen};
    enum err e = room_change(ctx, meeting_id, media_change, &c);
    if (!e)
        *out = c.target;
    return e;
}

struct hand_change {
    int64_t user_id;
    bool raised;
    struct participant target;
};

static enum err hand_change(struct room_change *room, void *arg)
{
    struct hand_change *c = arg;
    struct participant *p = &c->target;
    enum err e = find_whose(room, c->user_id, PERMISSION_RAISE_HAND, PERMISSION_LOWER_HANDS, p);
    if (!e && c->raised && c->user_id != room->ctx->user_id)
        e = ERR_FORBIDDEN;
    if (e || c->raised == (p->hand_raised_at_ms != 0))
        return e;
    p->hand_raised_at_ms = c->raised ? context_now_ms(room->ctx) : 0;
    struct event_draft *event = event_begin(&room->log, c->raised ? EVENT_HAND_RAISED : EVENT_HAND_LOWERED, p->user_id);
    if (c->raised)
        json_time(&event->data, "handRaisedAt", p->hand_raised_at_ms);
    e = event_end(event);
    return e ? e : participant_dao_set_hand(room->ctx->app->db, room->state.id, p->user_id, p->hand_raised_at_ms);
}

enum err participant_set_hand(struct context *ctx, int64_t meeting_id, int64_t user_id, bool raised,
                              struct participant *out)
{
    struct hand_change c = {.user_id = user_id, .raised = raised};
    enum err e = room_change(ctx, meeting_id, hand_change, &c);
    if (!e)
        *out = c.target;
    return e;
}

struct name_change {
    int64_t user_id;
    const char *display_name;
    struct participant target;
};

static enum err name_change(struct room_change *room, void *arg)
{
    struct name_change *c = arg;
    enum err e = find_whose(room, c->user_id, PERMISSION_RENAME_SELF, PERMISSION_RENAME_OTHERS, &c->target);
    if (e || strcmp(c->target.display_name, c->display_name) == 0)
        return e;
    c->target.display_name = c->display_name;
    struct event_draft *event = event_begin(&room->log, EVENT_PARTICIPANT_RENAMED, c->user_id);
    json_str(&event->data, "displayName", c->display_name);
    e = event_end(event);
    return e ? e : participant_dao_rename(room->ctx->app->db, room->state.id, c->user_id, c->display_name);
}

enum err participant_rename(struct context *ctx, int64_t meeting_id, int64_t user_id, const char *display_name,
                            struct participant *out)
{
    struct name_change c = {.user_id = user_id, .display_name = display_name};
    enum err e = room_change(ctx, meeting_id, name_change, &c);
    if (!e)
        *out = c.target;
    return e;
}
