#include "service/join.h"

#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "db/session_dao.h"
#include "db/user_dao.h"
#include "service/guest.h"
#include "service/invite.h"
#include "service/lobby.h"
#include "service/meeting_cache.h"
#include "service/participant.h"
#include "service/participant_find.h"
#include "service/presence.h"
#include "service/rate.h"
#include "service/secretbox.h"
#include "service/setting.h"
#include "service/shape.h"

/* Somebody at the door. */
struct visitor {
    struct context *ctx;
    struct join_ticket ticket;
    struct meeting meeting;
    struct participant row; /* as it was; status 0: never in it */
    struct user user;
    struct invite invite; /* id 0: none */
    bool runs_it;         /* host, creator or co-host: no lock, password or lobby is for them */
    bool held;            /* new, from the network of somebody who was removed: waits for a word */
    struct room_log log;
    int64_t join_seq;
    bool waiting; /* they got a place in the lobby */
};

/* ---- the checks, in their order ---- */

/* Whether a place is still the one that a resuming client believes to own. */
static enum err check_owned(const struct visitor *v, const struct participant *row)
{
    if (!v->ticket.resumes || (row->status && row->seat_name && strcmp(row->seat_name, v->ticket.seat) == 0))
        return ERR_OK;
    bool held = row->status == PARTICIPANT_JOINED || row->status == PARTICIPANT_WAITING;
    return held || (row->status && row->seat_name) ? ERR_TAKEN_OVER : ERR_LEFT;
}

/* A seat, or a place in the lobby, is theirs already: nobody asks again how they came by it. */
static bool has_place(const struct visitor *v)
{
    return v->row.status == PARTICIPANT_JOINED || v->row.status == PARTICIPANT_WAITING;
}

static enum err check_account(struct visitor *v)
{
    struct context *ctx = v->ctx;
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, ctx->user_id, &v->user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    if (v->user.disabled_at_ms)
        return ERR_ACCOUNT_DISABLED;
    return v->user.guest_of && v->user.guest_of != v->meeting.id ? ERR_FORBIDDEN : ERR_OK;
}

/* The invitation that they show; or that a guest came by before, or was made by. One of these must be good still, or
 * the meeting open to guests. */
static enum err find_invite(struct visitor *v)
{
    struct context *ctx = v->ctx;
    v->invite.id = 0;
    if (v->ticket.invite)
        return invite_check(ctx, v->meeting.id, v->ticket.invite, &v->invite);
    if (!v->user.guest_of)
        return ERR_OK;
    bool open = setting_is(v->meeting.settings, SETTING_ALLOW_GUESTS);
    int64_t own = v->row.status && v->row.invite_id ? v->row.invite_id : v->user.invite_id;
    if (!own)
        return open ? ERR_OK : ERR_GUESTS_NOT_ALLOWED;
    enum err e = invite_check_id(ctx, v->meeting.id, own, &v->invite);
    return e == ERR_INVITE_INVALID && open ? ERR_OK : e;
}

/* Guests without an invitation are let in by this setting alone. */
static int64_t needed_setting(const struct visitor *v)
{
    return v->user.guest_of && !v->invite.id ? SETTING_ALLOW_GUESTS : 0;
}

/* Once a co-host, always one there, until demoted or removed: then the invitation that made them one does not do it
 * again. */
static bool comes_as_cohost(const struct visitor *v)
{
    return !v->held && ((v->row.status && v->row.role == ROLE_COHOST) || invite_makes_cohost(&v->invite));
}

/* Exists, not over, not removed, the place is theirs that they resume, the invitation is good. */
static enum err look_up(struct visitor *v, int64_t meeting_id, struct join_ticket ticket)
{
    struct context *ctx = v->ctx;
    v->ticket = ticket;
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, meeting_id, &v->meeting);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(v->meeting.status);
    if (e)
        return e;
    v->row.status = 0;
    e = participant_dao_find(ctx->app->db, ctx->arena, meeting_id, ctx->user_id, &v->row);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    if (v->row.status == PARTICIPANT_REMOVED)
        return ERR_REMOVED;
    e = check_owned(v, &v->row);
    if (!e && !has_place(v))
        e = check_account(v);
    if (!e && !has_place(v))
        e = find_invite(v);
    const struct meeting *m = &v->meeting;
    v->runs_it = m->host_id == ctx->user_id || m->creator_id == ctx->user_id || comes_as_cohost(v);
    return e;
}

/* The host is gone and the meeting is locked until the return. */
static bool locked_by_loss(const struct meeting *m) { return m->host_loss_policy == HOST_LOSS_LOCK && m->host_lost_ms; }

static enum err check_lock(const struct visitor *v)
{
    bool locked = setting_is(v->meeting.settings, SETTING_LOCKED) || locked_by_loss(&v->meeting);
    return locked && !v->runs_it ? ERR_MEETING_LOCKED : ERR_OK;
}

static enum err check_password(struct visitor *v, const char *password)
{
    const struct meeting *m = &v->meeting;
    bool invited = v->invite.id || (has_place(v) && v->ticket.invite);
    if (!m->password_box.bytes || v->runs_it || invited)
        return ERR_OK;
    if (!password)
        return fault_set(&v->ctx->fault, ERR_WRONG_PASSWORD, "password", "This meeting has a password.");
    bool known = v->row.status != 0;
    enum err e = rate_check_guess(v->ctx, m->id, known);
    if (e)
        return e;
    if (secretbox_holds(v->ctx, m->password_box.bytes, m->password_box.len, password))
        return ERR_OK;
    rate_count_wrong_guess(v->ctx, m->id, known);
    return fault_set(&v->ctx->fault, ERR_WRONG_PASSWORD, "password", "The meeting password is wrong.");
}

/* From a network that is kept out, nobody who was not in the meeting before comes in without a word of those who run
 * it, whatever invitation they have; host and creator are no strangers. */
static enum err check_network(struct visitor *v)
{
    const struct meeting *m = &v->meeting;
    int64_t user_id = v->ctx->user_id;
    bool known = v->row.status && participant_was_in(&v->row);
    if (known || m->host_id == user_id || m->creator_id == user_id)
        return ERR_OK;
    enum err e = participant_dao_network_banned(v->ctx->app->db, m->id, context_network(v->ctx), &v->held);
    v->runs_it = v->runs_it && !v->held;
    return e;
}

/* Whether they have to wait: for somebody's word, or for the host. */
static enum err must_wait(struct visitor *v, bool *wait)
{
    const struct meeting *m = &v->meeting;
    *wait = v->held || (!v->runs_it && setting_is(m->settings, SETTING_WAITING_ROOM));
    if (v->runs_it || *wait || setting_is(m->settings, SETTING_JOIN_BEFORE_HOST))
        return ERR_OK;
    struct participant host;
    enum err e = participant_find_joined(v->ctx, m->id, m->host_id, &host);
    *wait = e == ERR_NOT_JOINED;
    return e == ERR_NOT_JOINED ? ERR_OK : e;
}

/* ---- coming in ---- */

static struct conn_ref seat_of(const struct visitor *v)
{
    return (struct conn_ref){v->ctx->relay, v->ctx->connection, v->ticket.seat, v->ctx->session_id};
}

/* The name that somebody has in a meeting is the one they were given there; at first, the account's. */
static struct arrival arrival_of(const struct visitor *v, enum participant_status status)
{
    return (struct arrival){.meeting_id = v->meeting.id,
                            .user_id = v->ctx->user_id,
                            .display_name = v->row.status ? v->row.display_name : v->user.display_name,
                            .status = status,
                            .role = comes_as_cohost(v) ? ROLE_COHOST : ROLE_PARTICIPANT,
                            .is_guest = v->user.guest_of != 0,
                            .address = context_network(v->ctx),
                            .is_held = v->held,
                            .invite_id = v->invite.id    ? v->invite.id
                                         : v->row.status ? v->row.invite_id
                                                         : 0,
                            .seat = seat_of(v),
                            .resumed = v->ticket.resumes ? v->ticket.seat : NULL};
}

static enum err add_user_joined(struct visitor *v, const struct arrival *a)
{
    struct participant p = {.user_id = a->user_id,
                            .display_name = a->display_name,
                            .role = v->meeting.host_id == a->user_id ? ROLE_HOST : a->role,
                            .status = PARTICIPANT_JOINED,
                            .is_guest = a->is_guest,
                            .joined_at_ms = context_now_ms(v->ctx),
                            .connection = a->seat.connection};
    struct event_draft *event = event_begin(&v->log, EVENT_USER_JOINED, a->user_id);
    shape_participant(&event->data, "participant", &p);
    return event_end(event);
}

/* Counts the invitation; the meeting's row is locked. */
static enum err use_invite(const struct visitor *v)
{
    const struct context *ctx = v->ctx;
    if (!v->invite.id)
        return ERR_OK;
    return context_no_row(invite_dao_use(ctx->app->db, v->invite.id, ctx->user_id, context_now_ms(ctx)),
                          ERR_INVITE_INVALID);
}

/* How many co-hosts there are is looked at once more under the lock of the meeting's row, which an ordinary join takes
 * last. */
static enum err hold_cohosts(struct visitor *v)
{
    struct meeting_state state;
    if (!invite_makes_cohost(&v->invite))
        return ERR_OK;
    enum err e = meeting_dao_lock(v->ctx->app->db, v->meeting.id, &state);
    return e ? e : invite_check_id(v->ctx, v->meeting.id, v->invite.id, &v->invite);
}

/* Disabling an account waits for a join under way, which it then finds and undoes; a later join is refused. */
static enum err hold_account(struct visitor *v)
{
    enum err e = user_dao_lock(v->ctx->app->db, v->ctx->arena, v->ctx->user_id, &v->user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    return v->user.disabled_at_ms ? ERR_ACCOUNT_DISABLED : ERR_OK;
}

/* Ending a sign-in waits for it as well, and finds its connection. The account is locked first, as it is there. */
static enum err hold_session(const struct visitor *v)
{
    const struct context *ctx = v->ctx;
    enum err e = ctx->session_id ? session_dao_hold(ctx->app->db, ctx->session_id) : ERR_OK;
    return context_no_row(e, ERR_UNAUTHORIZED);
}

/* A new row holds the account by itself. */
static enum err write_row(struct visitor *v, const struct arrival *a)
{
    struct db *db = v->ctx->app->db;
    int64_t now = context_now_ms(v->ctx);
    enum err e;
    if (!v->row.status) {
        e = participant_dao_insert(db, a, now);
        return e == ERR_DB_DUPLICATE ? ERR_ALREADY_JOINED : context_no_row(e, ERR_ACCOUNT_DISABLED);
    }
    e = hold_account(v);
    if (!e)
        e = participant_dao_rejoin(db, a, now);
    return context_no_row(e, ERR_ALREADY_JOINED);
}

/* The participant's row comes first (its key says whether they are in already), the counter on the meeting's row last,
 * so that its lock is held for one event and the commit. */
static enum err take_seat_body(void *arg)
{
    struct visitor *v = arg;
    struct context *ctx = v->ctx;
    struct db *db = ctx->app->db;
    struct arrival a = arrival_of(v, PARTICIPANT_JOINED);
    int64_t now = context_now_ms(ctx), seq;
    room_log_start(&v->log, ctx, v->meeting.id, NULL);
    enum err e = hold_cohosts(v);
    if (!e)
        e = write_row(v, &a);
    if (!e)
        e = hold_session(v);
    if (e)
        return e;
    int64_t barred_by = v->runs_it ? 0 : SETTING_LOCKED | SETTING_WAITING_ROOM;
    e = context_no_row(meeting_dao_take_seat(db, &a, barred_by, needed_setting(v), now, &seq), ERR_MEETING_FULL);
    if (!e)
        e = use_invite(v);
    if (e)
        return e;
    if (context_is_late(ctx))
        return ERR_TIMEOUT;
    e = add_user_joined(v, &a);
    return e ? e : room_log_store(&v->log, seq);
}

/* The host has come: whoever waited only for that comes in. What does not work out now, housekeeping does. */
static void open_for_host(struct visitor *v)
{
    const struct meeting *m = &v->meeting;
    if (m->host_id != v->ctx->user_id || !m->waiting_count)
        return;
    enum err e = lobby_open(v->ctx, m->id);
    if (e)
        log_event(LOG_WARN, "lobby_not_opened", "meeting", LOG_INT(m->id), "code", err_code(e), NULL);
}

static enum err take_seat(struct visitor *v)
{
    room_log_start(&v->log, v->ctx, v->meeting.id, NULL);
    meeting_cache_hold(v->ctx, v->meeting.id);
    enum err e = db_transaction(v->ctx->app->db, take_seat_body, v);
    if (e)
        v->log.count = 0;
    room_log_publish(&v->log);
    if (e)
        return e;
    v->join_seq = v->log.events[0].seq;
    open_for_host(v);
    return ERR_OK;
}

static enum err wait_change(struct room_change *room, void *arg)
{
    struct visitor *v = arg;
    struct arrival a = arrival_of(v, PARTICIPANT_WAITING);
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = hold_account(v);
    if (!e)
        e = hold_session(v);
    if (!e && setting_is(room->state.settings, SETTING_LOCKED))
        e = ERR_MEETING_LOCKED;
    if (!e && needed_setting(v) & ~room->state.settings)
        e = ERR_GUESTS_NOT_ALLOWED;
    if (!e)
        e = lobby_enter(room, &a, v->row.status != 0);
    /* whom they wait for may have come between the look and this change */
    room->state.look_again = !setting_is(room->state.settings, SETTING_WAITING_ROOM);
    v->join_seq = room->state.event_seq + room->log.count;
    return e;
}

/* A seat, or a place in the lobby. */
static enum err come_in(struct visitor *v)
{
    bool wait;
    enum err e = check_network(v);
    if (!e)
        e = must_wait(v, &wait);
    if (e)
        return e;
    v->waiting = wait;
    return wait ? room_change(v->ctx, v->meeting.id, wait_change, v) : take_seat(v);
}

/* No seat was there: over by now, locked, with a lobby, or full. */
static enum err retry_or_wait(struct visitor *v)
{
    bool wait = false;
    enum err e = meeting_dao_by_id(v->ctx->app->db, v->ctx->arena, v->meeting.id, &v->meeting);
    if (!e)
        e = room_check_open(v->meeting.status);
    if (!e)
        e = find_invite(v);
    if (!e)
        e = check_lock(v);
    if (!e)
        e = must_wait(v, &wait);
    if (e)
        return e;
    v->waiting = wait;
    return wait ? room_change(v->ctx, v->meeting.id, wait_change, v) : ERR_MEETING_FULL;
}

static enum err pass_door(struct visitor *v, const char *password)
{
    enum err e = v->row.status == PARTICIPANT_JOINED ? ERR_OK : check_lock(v);
    return e ? e : check_password(v, password);
}

/* ---- moving a seat to another connection ---- */

static enum err take_place(const struct visitor *v, int64_t meeting_id)
{
    const struct context *ctx = v->ctx;
    return participant_dao_take_over(ctx->app->db, meeting_id, ctx->user_id, seat_of(v), context_network(ctx));
}

/* The place, in the meeting or in the lobby, moves to this connection; the one that had it is closed. */
static enum err take_over_change(struct room_change *room, void *arg)
{
    struct visitor *v = arg;
    struct context *ctx = room->ctx;
    struct participant me;
    enum err e = participant_find_present(ctx, room->state.id, ctx->user_id, &me);
    if (!e)
        e = check_owned(v, &me);
    if (!e)
        e = hold_session(v);
    if (e)
        return e;
    v->waiting = me.status == PARTICIPANT_WAITING;
    v->join_seq = room->state.event_seq;
    if (me.connection && strcmp(me.connection, ctx->connection) == 0 && !me.offline_at_ms)
        return take_place(v, room->state.id);
    bool other = me.connection && strcmp(me.connection, ctx->connection) != 0;
    e = presence_add_changed(room, &me, true,
                             other ? effect_connection(me.connection, CLOSE_TAKEN_OVER) : effect_none());
    if (e)
        return e;
    v->join_seq += room->log.count;
    room->state.online_count += !v->waiting && !participant_is_online(&me);
    return take_place(v, room->state.id);
}

/* ---- what they see then ---- */

struct view_read {
    struct context *ctx;
    int64_t since_seq;
    struct room_view view;
};

/* The events that were missed, unless they are too many or too large: then the whole room is less. */
static enum err read_missed(const struct view_read *r, struct room_view *v)
{
    const struct context *ctx = r->ctx;
    bool more = false;
    if (r->since_seq < 0 || r->since_seq > v->seq || v->seq - r->since_seq > LIMIT_EVENTS_PAGE)
        return ERR_OK;
    enum err e = event_dao_list(ctx->app->db, ctx->arena, v->meeting.id, r->since_seq, ctx->user_id, LIMIT_EVENTS_PAGE,
                                LIMIT_RESUME_MIB * 1024 * 1024, &v->events, &v->event_count, &more);
    v->resumed = !e && !more;
    return e;
}

static enum err view_body(void *arg)
{
    struct view_read *r = arg;
    struct room_view *v = &r->view;
    struct db *db = r->ctx->app->db;
    struct arena *arena = r->ctx->arena;
    int64_t id = v->meeting.id;
    bool more_messages; /* a client asks by the oldest one that it has */
    enum err e = meeting_dao_by_id(db, arena, id, &v->meeting);
    if (!e)
        e = participant_dao_find(db, arena, id, r->ctx->user_id, &v->me);
    if (e)
        return e;
    v->seq = v->meeting.event_seq;
    v->resumed = false;
    v->waiting = v->me.status == PARTICIPANT_WAITING;
    if (v->waiting)
        return ERR_OK;
    e = read_missed(r, v);
    if (e || v->resumed)
        return e;
    e = message_dao_count_after(db, id, r->ctx->user_id, v->me.last_read_id, LIMIT_UNREAD, &v->unread_count);
    if (!e)
        e = participant_dao_list(db, arena, id, false, &v->participants, &v->participant_count);
    return e ? e
             : message_dao_list(db, arena, id, r->ctx->user_id, 0, LIMIT_JOIN_MESSAGES, &v->messages, &v->message_count,
                                &more_messages);
}

/* The view and its seq come from one state of the database. */
static enum err read_view(struct context *ctx, int64_t meeting_id, int64_t since_seq, struct room_view *out)
{
    struct view_read r = {.ctx = ctx, .since_seq = since_seq, .view = {.meeting = {.id = meeting_id}}};
    enum err e = db_snapshot(ctx->app->db, view_body, &r);
    if (!e)
        *out = r.view;
    return context_no_row(e, ERR_NOT_FOUND);
}

/* ---- the two ways to join ---- */

enum err join_meeting(struct context *ctx, int64_t meeting_id, struct join_ticket ticket, struct room_view *out)
{
    struct visitor v = {.ctx = ctx};
    enum err e = look_up(&v, meeting_id, ticket);
    if (!e)
        e = pass_door(&v, ticket.password);
    if (!e && v.row.status == PARTICIPANT_JOINED)
        e = ERR_ALREADY_JOINED;
    if (!e && v.row.status != PARTICIPANT_WAITING)
        e = come_in(&v);
    if (e == ERR_MEETING_FULL)
        e = retry_or_wait(&v);
    return e ? e : read_view(ctx, meeting_id, -1, out);
}

static enum err join_or_take_over(struct visitor *v, int64_t meeting_id, struct join_ticket ticket)
{
    enum err e = look_up(v, meeting_id, ticket);
    if (e)
        return e;
    if (has_place(v))
        return room_change(v->ctx, meeting_id, take_over_change, v);
    e = pass_door(v, ticket.password);
    if (!e)
        e = come_in(v);
    return e == ERR_MEETING_FULL ? retry_or_wait(v) : e;
}

/* The seat was given up between taking it and reading the room. */
static bool is_out(const struct participant *p)
{
    return p->status == PARTICIPANT_LEFT || p->status == PARTICIPANT_REMOVED;
}

static enum err join_and_read(struct context *ctx, int64_t meeting_id, struct join_ticket ticket, int64_t since_seq,
                              struct room_view *out)
{
    struct visitor v = {.ctx = ctx};
    enum err e = join_or_take_over(&v, meeting_id, ticket);
    if (!e)
        e = read_view(ctx, meeting_id, since_seq, out);
    if (e)
        return e;
    out->join_seq = v.join_seq;
    return is_out(&out->me) ? ERR_NOT_JOINED : ERR_OK;
}

enum err join_room(struct context *ctx, int64_t meeting_id, struct join_ticket ticket, int64_t since_seq,
                   struct room_view *out)
{
    enum err e = ERR_ALREADY_JOINED;
    ticket.resumes = ticket.seat && since_seq >= 0;
    /* meanwhile they may have come in or gone out by another way: look again */
    for (int i = 0; i < 3 && (e == ERR_ALREADY_JOINED || e == ERR_NOT_JOINED); i++)
        e = join_and_read(ctx, meeting_id, ticket, since_seq, out);
    return e;
}
