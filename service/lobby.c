#include "service/lobby.h"

#include "core/limits.h"
#include "db/invite_dao.h"
#include "service/host.h"
#include "service/expiry.h"
#include "service/participant.h"
#include "service/participant_find.h"
#include "service/permission.h"
#include "service/serialize.h"
#include "service/setting.h"

/* ---- what is told ---- */

/* outcome: admitted, refused, left, timeout, removed, ended */
static enum err add_lobby_left(struct room_change *room, int64_t user_id, const char *outcome, struct effect effect)
{
    struct event_draft *event = event_begin(&room->log, EVENT_LOBBY_LEFT, user_id);
    event->effect = effect;
    json_str(&event->data, "outcome", outcome);
    return event_end(event);
}

/* An event about a whole participant: user_joined or lobby_joined. */
static enum err add_participant(struct room_change *room, enum event_type type, const struct participant *p)
{
    struct event_draft *event = event_begin(&room->log, type, p->user_id);
    serialize_participant(&event->data, "participant", p);
    return event_end(event);
}

/* ---- coming and going ---- */

enum err lobby_enter(struct room_change *room, const struct join_row *a, bool row_exists)
{
    struct context *ctx = room->ctx;
    int64_t now = context_now_ms(ctx);
    if (room->state.waiting_count >= LIMIT_WAITING)
        return ERR_MEETING_FULL;
    enum err e =
        row_exists ? participant_dao_rejoin(ctx->app->db, a, now) : participant_dao_insert(ctx->app->db, a, now);
    if (e)
        return e == ERR_DB_DUPLICATE || e == ERR_DB_NO_ROW ? ERR_ALREADY_JOINED : e;
    room->state.waiting_count++;
    struct participant p = {.user_id = a->user_id,
                            .display_name = a->display_name,
                            .role = a->role,
                            .status = PARTICIPANT_WAITING,
                            .is_guest = a->is_guest,
                            .joined_at_ms = now,
                            .connection = a->seat.connection};
    return add_participant(room, EVENT_LOBBY_JOINED, &p);
}

enum err lobby_vacate(struct room_change *room, const struct participant *p, enum participant_status status,
                      const char *reason, int close_code)
{
    const struct departure d = {room->state.id, p->user_id, status, participant_may_resume(reason),
                                room_next_seq(room)};
    enum err e = participant_dao_end_stay(room->ctx->app->db, &d, context_now_ms(room->ctx));
    if (e)
        return context_no_row(e, ERR_NOT_JOINED);
    struct meeting_state *s = &room->state;
    s->waiting_count--;
    e = add_lobby_left(room, p->user_id, reason, effect_user(p->user_id, close_code));
    bool last =
        s->status == MEETING_ONGOING && !s->empty_since_ms && s->participant_count == 0 && s->waiting_count == 0;
    return !e && last ? expiry_emptied(room) : e;
}

/* ---- letting in ---- */

/* Counts the invitation of somebody who comes in. ERR_INVITE_INVALID: it, or the openness to guests, is no more. */
static enum err check_way_in(struct room_change *room, const struct participant *p)
{
    const struct context *ctx = room->ctx;
    if (p->invite_id)
        return context_no_row(invite_dao_use(ctx->app->db, p->invite_id, p->user_id, context_now_ms(ctx)),
                              ERR_INVITE_INVALID);
    bool open = !p->is_guest || setting_is(room->state.settings, SETTING_ALLOW_GUESTS);
    return open ? ERR_OK : ERR_INVITE_INVALID;
}

/* by_word: of somebody who may let in whom they see; else nobody comes in whose way in is closed by now. */
static enum err admit(struct room_change *room, struct participant *p, bool by_word)
{
    struct meeting_state *s = &room->state;
    if (s->participant_count >= s->max_participants)
        return ERR_MEETING_FULL;
    int64_t now = context_now_ms(room->ctx);
    enum err e = check_way_in(room, p);
    if (e == ERR_INVITE_INVALID && !by_word)
        return participant_dao_hold(room->ctx->app->db, s->id, p->user_id);
    if (e && e != ERR_INVITE_INVALID)
        return e;
    e = participant_dao_admit(room->ctx->app->db, s->id, p->user_id, now);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    s->waiting_count--;
    s->participant_count++;
    if (s->empty_since_ms && s->host_lost_ms)
        s->host_lost_ms = now; /* who comes to an empty meeting waits for its host from now on */
    s->empty_since_ms = 0;
    if (s->status == MEETING_SCHEDULED) {
        s->status = MEETING_ONGOING;
        s->actual_start_ms = now;
    }
    p->status = PARTICIPANT_JOINED;
    p->joined_at_ms = now;
    s->online_count += participant_is_online(p);
    e = event_add(&room->log, EVENT_LOBBY_ADMITTED, p->user_id);
    if (!e)
        e = add_lobby_left(room, p->user_id, "admitted", effect_none());
    if (!e)
        e = add_participant(room, EVENT_USER_JOINED, p);
    return e ? e : host_hand_over_kept(room);
}

static enum err find_waiting(struct room_change *room, int64_t user_id, struct participant *out)
{
    enum err e = participant_find_present(room->ctx, room->state.id, user_id, out);
    if (e == ERR_NOT_JOINED || (!e && out->status != PARTICIPANT_WAITING))
        return fault_set(&room->ctx->fault, ERR_NOT_FOUND, NULL, "That user is not waiting in the lobby.");
    return e;
}

static enum err admit_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant p;
    enum err e = permission_check(room, PERMISSION_USE_LOBBY);
    if (!e)
        e = find_waiting(room, *user_id, &p);
    return e ? e : admit(room, &p, true);
}

enum err lobby_admit(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, admit_change, &user_id);
}

/* Lets in as many as fit, LIMIT_ADMITTED at most, and without a word none who is held, nor guests where they wait for
 * one; *left: more wait, and there is a seat. */
static enum err admit_some(struct room_change *room, bool by_word, bool *left)
{
    struct meeting_state *s = &room->state;
    struct participant *items;
    int count;
    struct db *db = room->ctx->app->db;
    struct arena *arena = room->ctx->arena;
    enum err e =
        by_word ? participant_dao_list_status(db, arena, s->id, PARTICIPANT_WAITING, LIMIT_ADMITTED, &items, &count)
                : participant_dao_list_unheld(db, arena, s->id, !setting_is(s->settings, SETTING_GUESTS_WAIT),
                                              LIMIT_ADMITTED, &items, &count);
    for (int i = 0; i < count && !e && s->participant_count < s->max_participants; i++)
        e = admit(room, &items[i], by_word);
    *left = count == LIMIT_ADMITTED && s->waiting_count > 0 && s->participant_count < s->max_participants;
    return e;
}

static enum err admit_all_change(struct room_change *room, void *arg)
{
    enum err e = permission_check(room, PERMISSION_USE_LOBBY);
    if (!e && room->state.waiting_count > 0 && room->state.participant_count >= room->state.max_participants)
        e = ERR_MEETING_FULL;
    return e ? e : admit_some(room, true, arg);
}

enum err lobby_admit_all(struct context *ctx, int64_t meeting_id)
{
    bool left = true;
    enum err e = ERR_OK;
    while (left && !e)
        e = room_change(ctx, meeting_id, admit_all_change, &left);
    return e;
}

/* Whether those who wait need nobody's word: there is no waiting room, and the host is here or need not be. */
static enum err is_open(struct room_change *room, bool *open)
{
    const struct meeting_state *s = &room->state;
    *open = false;
    if (s->waiting_count == 0 || setting_is(s->settings, SETTING_WAITING_ROOM))
        return ERR_OK;
    if (setting_is(s->settings, SETTING_JOIN_BEFORE_HOST)) {
        *open = true;
        return ERR_OK;
    }
    struct participant host;
    enum err e = participant_find_joined(room->ctx, s->id, s->host_id, &host);
    *open = !e;
    return e == ERR_NOT_JOINED ? ERR_OK : e;
}

enum err lobby_open_step(struct room_change *room)
{
    bool open;
    enum err e = is_open(room, &open);
    return e || !open ? e : admit_some(room, false, &room->state.look_again);
}

static enum err open_change(struct room_change *room, void *arg)
{
    bool *left = arg;
    enum err e = room_check_open(room->state.status) ? ERR_OK : lobby_open_step(room);
    *left = room->state.look_again;
    return e;
}

enum err lobby_open(struct context *ctx, int64_t meeting_id)
{
    bool left = true;
    enum err e = ERR_OK;
    while (left && !e)
        e = room_change(ctx, meeting_id, open_change, &left);
    return e;
}

/* ---- sending away ---- */

static enum err refuse_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant p;
    enum err e = permission_check(room, PERMISSION_USE_LOBBY);
    if (!e)
        e = find_waiting(room, *user_id, &p);
    if (!e)
        e = event_add(&room->log, EVENT_LOBBY_REFUSED, *user_id);
    return e ? e : lobby_vacate(room, &p, PARTICIPANT_LEFT, "refused", CLOSE_STAY_OPEN);
}

enum err lobby_refuse(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, refuse_change, &user_id);
}

/* The lobby is no place for whom it lets pass: they would be back by asking. */
static enum err check_stays_there(struct room_change *room, const struct participant *p)
{
    const struct meeting_state *s = &room->state;
    if (p->user_id != s->host_id && p->user_id != s->creator_id && p->role != ROLE_COHOST)
        return ERR_OK;
    return fault_set(&room->ctx->fault, ERR_FORBIDDEN, NULL,
                     "The host, the creator and co-hosts cannot be sent to the lobby.");
}

static enum err send_back_change(struct room_change *room, void *arg)
{
    const int64_t *user_id = arg;
    struct participant p;
    enum err e = permission_check(room, PERMISSION_USE_LOBBY);
    if (!e)
        e = participant_find_target(room, *user_id, &p);
    if (!e)
        e = check_stays_there(room, &p);
    if (!e)
        e = participant_dao_send_back(room->ctx->app->db, room->state.id, *user_id, room_next_seq(room),
                                      context_now_ms(room->ctx));
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    room->state.participant_count--;
    room->state.online_count -= participant_is_online(&p);
    room->state.waiting_count++;
    struct event_draft *event = event_begin(&room->log, EVENT_USER_LEFT, *user_id);
    event->effect = effect_waiting(*user_id);
    json_str(&event->data, "reason", "lobby");
    e = event_end(event);
    p.status = PARTICIPANT_WAITING;
    p.joined_at_ms = context_now_ms(room->ctx);
    p.audio = p.video = p.screen = false;
    p.hand_raised_at_ms = 0;
    return e ? e : add_participant(room, EVENT_LOBBY_JOINED, &p);
}

enum err lobby_send_back(struct context *ctx, int64_t meeting_id, int64_t user_id)
{
    return room_change(ctx, meeting_id, send_back_change, &user_id);
}

/* ---- looking ---- */

struct listing {
    struct context *ctx;
    int64_t meeting_id;
    struct participant *items;
    int count;
    int64_t seq;
};

static enum err list_body(void *arg)
{
    struct listing *l = arg;
    struct db *db = l->ctx->app->db;
    enum err e = event_dao_last_seq(db, l->meeting_id, &l->seq);
    return e ? context_no_row(e, ERR_NOT_FOUND)
             : participant_dao_list_status(db, l->ctx->arena, l->meeting_id, PARTICIPANT_WAITING, LIMIT_WAITING,
                                           &l->items, &l->count);
}

enum err lobby_list(struct context *ctx, int64_t meeting_id, struct participant **items, int *count, int64_t *seq)
{
    struct listing l = {.ctx = ctx, .meeting_id = meeting_id};
    enum err e = permission_check_reader(ctx, meeting_id, PERMISSION_USE_LOBBY);
    if (!e)
        e = db_snapshot(ctx->app->db, list_body, &l);
    if (e)
        return e;
    *items = l.items;
    *count = l.count;
    *seq = l.seq;
    return ERR_OK;
}
