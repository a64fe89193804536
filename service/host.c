#include "service/host.h"

#include "core/text.h"
#include "service/participant.h"
#include "service/participant_find.h"
#include "service/permission.h"
#include "service/schedule.h"

static enum err hand_over(struct room_change *room, int64_t user_id)
{
    int64_t previous = room->state.host_id, role = 0;
    enum err e = participant_dao_row_role(room->ctx->app->db, room->state.id, previous, &role);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    struct event_draft *event = event_begin(&room->log, EVENT_HOST_CHANGED, user_id);
    json_int(&event->data, "previousUserId", previous);
    json_str(&event->data, "previousRole", participant_role_name(role));
    room->state.host_id = user_id;
    room->state.host_lost_ms = 0;
    return event_end(event);
}

/* The host's seat stays the host's; the others are told what happens until the return. */
static enum err add_host_away(struct room_change *room)
{
    struct meeting_state *s = &room->state;
    s->host_lost_ms = context_now_ms(room->ctx);
    struct event_draft *event = event_begin(&room->log, EVENT_HOST_AWAY, s->host_id);
    json_str(&event->data, "policy", text_choice(room->ctx->arena, HOST_LOSS_POLICIES, s->host_loss_policy));
    json_time(&event->data, "endsAt", schedule_host_lost_ms(s));
    return event_end(event);
}

/* Whoever is left inherits, unless they are all guests: ERR_DB_NO_ROW. */
static enum err inherit(struct room_change *room)
{
    int64_t heir;
    enum err e = participant_dao_heir(room->ctx->app->db, room->state.id, &heir);
    return e ? e : hand_over(room, heir);
}

enum err host_gone(struct room_change *room)
{
    enum err e = room->state.host_loss_policy == HOST_LOSS_HAND_OVER ? inherit(room) : ERR_DB_NO_ROW;
    return e == ERR_DB_NO_ROW ? add_host_away(room) : e;
}

enum err host_hand_over_kept(struct room_change *room)
{
    const struct meeting_state *s = &room->state;
    bool kept = s->host_lost_ms && s->host_loss_policy == HOST_LOSS_HAND_OVER && s->participant_count > 0;
    return kept ? context_no_row(inherit(room), ERR_OK) : ERR_OK;
}

static enum err host_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant target;
    bool reclaims = room->state.creator_id == room->ctx->user_id && *user_id == room->ctx->user_id;
    enum err e = reclaims ? room_check_open(room->state.status) : permission_check(room, PERMISSION_HAND_OVER);
    if (!e)
        e = participant_find_target(room, *user_id, &target);
    if (e || *user_id == room->state.host_id)
        return e;
    return hand_over(room, *user_id);
}

enum err host_set(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, host_change, &user_id);
}
