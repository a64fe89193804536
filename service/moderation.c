#include "service/moderation.h"

#include "core/limits.h"
#include "service/leave.h"
#include "service/participant.h"
#include "service/participant_find.h"
#include "service/permission.h"

static enum err mute_all_change(struct room_change *room, void *arg)
{
    (void)arg;
    enum err e = permission_check(room, PERMISSION_MUTE_OTHERS);
    if (!e)
        e = event_add(&room->log, EVENT_ALL_MUTED, 0);
    return e ? e : participant_dao_mute_all(room->ctx->app->db, room->state.id, room->state.host_id);
}

enum err moderation_mute_all(struct context *ctx, int64_t meeting_id)
{
    return room_change(ctx, meeting_id, mute_all_change, NULL);
}

static enum err ask_unmute_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant target;
    enum err e = permission_check(room, PERMISSION_MUTE_OTHERS);
    if (!e)
        e = participant_find_target(room, *user_id, &target);
    return e || target.audio ? e : event_add(&room->log, EVENT_UNMUTE_ASKED, *user_id);
}

enum err moderation_ask_unmute(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, ask_unmute_change, &user_id);
}

static enum err lower_hands_change(struct room_change *room, void *arg)
{
    (void)arg;
    int64_t count = 0;
    enum err e = permission_check(room, PERMISSION_LOWER_HANDS);
    if (!e)
        e = participant_dao_lower_hands(room->ctx->app->db, room->state.id, &count);
    return e || !count ? e : event_add(&room->log, EVENT_HANDS_LOWERED, 0);
}

enum err moderation_lower_hands(struct context *ctx, int64_t meeting_id)
{
    return room_change(ctx, meeting_id, lower_hands_change, NULL);
}

/* Somebody who has left is only barred from coming back; who is already stays so. */
static enum err ban_absent(struct room_change *room, int64_t user_id)
{
    enum err e = participant_dao_ban(room->ctx->app->db, room->state.id, user_id);
    return e ? context_no_row(e, ERR_OK) : event_add(&room->log, EVENT_USER_BANNED, user_id);
}

struct removal {
    int64_t user_id;
    bool ban_network;
};

/* New people from the network of somebody who was removed wait for a word from now on; those who wait there already do
 * so too. */
static enum err keep_network_out(struct room_change *room, const struct participant *removed)
{
    struct db *db = room->ctx->app->db;
    enum err e = participant_dao_ban_network(db, room->state.id, removed->user_id);
    if (e)
        return context_no_row(e, ERR_OK);
    e = participant_dao_hold_network(db, room->state.id, removed->address);
    bool was_out = removed->status == PARTICIPANT_REMOVED;
    return e || !was_out ? e : event_add(&room->log, EVENT_USER_BANNED, removed->user_id);
}

static enum err remove_change(struct room_change *room, void *arg)
{
    const struct removal *r = arg;
    const int64_t *user_id = &r->user_id;
    struct context *ctx = room->ctx;
    struct participant target;
    enum err e = permission_check(room, PERMISSION_REMOVE);
    if (e)
        return e;
    if (*user_id == room->state.host_id || *user_id == room->state.creator_id)
        return fault_set(&ctx->fault, ERR_FORBIDDEN, NULL, "The host and the creator cannot be removed.");
    if (*user_id == ctx->user_id)
        return fault_set(&ctx->fault, ERR_FORBIDDEN, NULL, "You cannot remove yourself. Leave the meeting instead.");
    e = participant_dao_find(ctx->app->db, ctx->arena, room->state.id, *user_id, &target);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    if (target.status != PARTICIPANT_JOINED && target.status != PARTICIPANT_WAITING)
        e = ban_absent(room, *user_id);
    else
        e = leave_vacate(room, &target, PARTICIPANT_REMOVED, "removed", CLOSE_REMOVED);
    return e || !r->ban_network ? e : keep_network_out(room, &target);
}

enum err moderation_remove(struct context *ctx, int64_t meeting_id, int64_t user_id, bool ban_network)
{
    struct removal r = {.user_id = user_id, .ban_network = ban_network};
    return room_change(ctx, meeting_id, remove_change, &r);
}

/* Unless somebody else keeps that network out, who is held for it waits like others again. */
static enum err release_network(struct room_change *room, const char *address)
{
    bool banned;
    struct db *db = room->ctx->app->db;
    enum err e = participant_dao_network_banned(db, room->state.id, address, &banned);
    if (e || banned)
        return e;
    room->state.look_again = room->state.waiting_count > 0;
    return participant_dao_release_network(db, room->state.id, address);
}

static enum err lift_ban_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct context *ctx = room->ctx;
    struct participant target;
    enum err e = permission_check(room, PERMISSION_REMOVE);
    if (!e)
        e = context_no_row(participant_dao_find(ctx->app->db, ctx->arena, room->state.id, *user_id, &target),
                           ERR_NOT_FOUND);
    if (!e)
        e = context_no_row(participant_dao_lift_ban(ctx->app->db, room->state.id, *user_id), ERR_NOT_FOUND);
    if (!e && target.bans_network)
        e = release_network(room, target.address);
    return e ? e : event_add(&room->log, EVENT_BAN_LIFTED, *user_id);
}

enum err moderation_lift_ban(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, lift_ban_change, &user_id);
}

enum err moderation_removed(struct context *ctx, int64_t meeting_id, struct participant **items, int *count)
{
    enum err e = permission_check_reader(ctx, meeting_id, PERMISSION_REMOVE);
    return e ? e
             : participant_dao_list_status(ctx->app->db, ctx->arena, meeting_id, PARTICIPANT_REMOVED,
                                           LIMIT_PARTICIPANTS, items, count);
}
