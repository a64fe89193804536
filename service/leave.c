#include "service/leave.h"

#include "service/host.h"
#include "service/expiry.h"
#include "service/lobby.h"
#include "service/participant.h"
#include "service/participant_find.h"

static enum err after_departure(struct room_change *room, int64_t user_id)
{
    struct meeting_state *s = &room->state;
    enum err e = ERR_OK;
    if (s->participant_count == 0)
        e = expiry_emptied(room);
    else
        s->look_again = s->waiting_count > 0; /* there may be a seat for somebody now */
    return !e && s->status == MEETING_ONGOING && s->host_id == user_id ? host_gone(room) : e;
}

enum err leave_vacate(struct room_change *room, const struct participant *p, enum participant_status status,
                      const char *reason, int close_code)
{
    if (p->status == PARTICIPANT_WAITING)
        return lobby_vacate(room, p, status, reason, close_code);
    const struct departure d = {room->state.id, p->user_id, status, participant_may_resume(reason),
                                room_next_seq(room)};
    enum err e = participant_dao_end_stay(room->ctx->app->db, &d, context_now_ms(room->ctx));
    if (e)
        return context_no_row(e, ERR_NOT_JOINED);
    room->state.participant_count--;
    room->state.online_count -= participant_is_online(p);
    struct event_draft *event = event_begin(&room->log, EVENT_USER_LEFT, p->user_id);
    event->effect = effect_user(p->user_id, close_code);
    json_str(&event->data, "reason", reason);
    e = event_end(event);
    return e ? e : after_departure(room, p->user_id);
}

static enum err leave_change(struct room_change *room, void *arg)
{
    bool *meeting_ended = arg;
    struct participant me;
    enum err e = participant_find_present(room->ctx, room->state.id, room->ctx->user_id, &me);
    if (!e)
        e = leave_vacate(room, &me, PARTICIPANT_LEFT, "left", CLOSE_STAY_OPEN);
    *meeting_ended = room->state.status == MEETING_ENDED;
    return e;
}

enum err leave_meeting(struct context *ctx, int64_t meeting_id, bool *meeting_ended)
{
    return room_change(ctx, meeting_id, leave_change, meeting_ended);
}

static enum err sign_out_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant p;
    enum err e = participant_find_present(room->ctx, room->state.id, *user_id, &p);
    if (!e)
        e = leave_vacate(room, &p, PARTICIPANT_LEFT, "removed", CLOSE_SIGNED_OUT);
    return e == ERR_NOT_JOINED ? ERR_OK : e;
}

enum err leave_all_meetings(struct context *ctx, int64_t user_id)
{
    enum { MEETINGS = 100 }; /* at once */
    int64_t *meetings, after = 0;
    int count;
    enum err first = ERR_OK, e;
    do {
        e = participant_dao_meetings_of(ctx->app->db, ctx->arena, user_id, after, MEETINGS, &meetings, &count);
        for (int i = 0; i < count && !e; i++) {
            enum err left = room_change(ctx, meetings[i], sign_out_change, &user_id);
            first = first ? first : left; /* one that fails keeps them in no other */
            after = meetings[i];
        }
    } while (!e && count == MEETINGS);
    return e ? e : first;
}
