#include "service/join.h"

#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "db/session_dao.h"
#include "db/user_dao.h"
#include "service/guest.h"
#include "service/invite.h"
#include "service/lobby.h"
#include "service/media_node.h"
#include "service/meeting_cache.h"
#include "service/participant.h"
#include "service/participant_find.h"
#include "service/presence.h"
#include "service/rate.h"
#include "service/secretbox.h"
#include "service/serialize.h"
#include "service/setting.h"

/* Somebody who wants to come in. */
struct join_attempt {
    struct context *ctx;
    struct join_credentials credentials;
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
static enum err check_owned(const struct join_attempt *a, const struct participant *row)
{
    if (!a->credentials.resumes || (row->status && row->seat_name && strcmp(row->seat_name, a->credentials.seat) == 0))
        return ERR_OK;
    bool held = row->status == PARTICIPANT_JOINED || row->status == PARTICIPANT_WAITING;
    return held || (row->status && row->seat_name) ? ERR_TAKEN_OVER : ERR_LEFT;
}

/* A seat, or a place in the lobby, is theirs already: nobody asks again how they came by it. */
static bool has_place(const struct join_attempt *a)
{
    return a->row.status == PARTICIPANT_JOINED || a->row.status == PARTICIPANT_WAITING;
}

static enum err check_account(struct join_attempt *a)
{
    struct context *ctx = a->ctx;
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, ctx->user_id, &a->user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    if (a->user.disabled_at_ms)
        return ERR_ACCOUNT_DISABLED;
    return a->user.guest_of && a->user.guest_of != a->meeting.id ? ERR_FORBIDDEN : ERR_OK;
}

/* The invitation that they show; or that a guest came by before, or was made by. One of these must be good still, or
 * the meeting open to guests. */
static enum err find_invite(struct join_attempt *a)
{
    struct context *ctx = a->ctx;
    a->invite.id = 0;
    if (a->credentials.invite)
        return invite_check(ctx, a->meeting.id, a->credentials.invite, &a->invite);
    if (!a->user.guest_of)
        return ERR_OK;
    bool open = setting_is(a->meeting.settings, SETTING_ALLOW_GUESTS);
    int64_t own = a->row.status && a->row.invite_id ? a->row.invite_id : a->user.invite_id;
    if (!own)
        return open ? ERR_OK : ERR_GUESTS_NOT_ALLOWED;
    enum err e = invite_check_id(ctx, a->meeting.id, own, &a->invite);
    return e == ERR_INVITE_INVALID && open ? ERR_OK : e;
}

/* Guests without an invitation are let in by this setting alone. */
static int64_t needed_setting(const struct join_attempt *a)
{
    return a->user.guest_of && !a->invite.id ? SETTING_ALLOW_GUESTS : 0;
}

/* Once a co-host, always one there, until demoted or removed: then the invitation that made them one does not do it
 * again. */
static bool comes_as_cohost(const struct join_attempt *a)
{
    return !a->held && ((a->row.status && a->row.role == ROLE_COHOST) || invite_makes_cohost(&a->invite));
}

/* Exists, not over, not removed, the place is theirs that they resume, the invitation is good. */
static enum err look_up(struct join_attempt *a, int64_t meeting_id, struct join_credentials credentials)
{
    struct context *ctx = a->ctx;
    a->credentials = credentials;
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, meeting_id, &a->meeting);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(a->meeting.status);
    if (e)
        return e;
    a->row.status = 0;
    e = participant_dao_find(ctx->app->db, ctx->arena, meeting_id, ctx->user_id, &a->row);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    if (a->row.status == PARTICIPANT_REMOVED)
        return ERR_REMOVED;
    e = check_owned(a, &a->row);
    if (!e && !has_place(a))
        e = check_account(a);
    if (!e && !has_place(a))
        e = find_invite(a);
    const struct meeting *m = &a->meeting;
    a->runs_it = m->host_id == ctx->user_id || m->creator_id == ctx->user_id || comes_as_cohost(a);
    return e;
}

/* The host is gone and the meeting is locked until the return. */
static bool locked_by_loss(const struct meeting *m) { return m->host_loss_policy == HOST_LOSS_LOCK && m->host_lost_ms; }

static enum err check_lock(const struct join_attempt *a)
{
    bool locked = setting_is(a->meeting.settings, SETTING_LOCKED) || locked_by_loss(&a->meeting);
    return locked && !a->runs_it ? ERR_MEETING_LOCKED : ERR_OK;
}

static enum err check_password(struct join_attempt *a, const char *password)
{
    const struct meeting *m = &a->meeting;
    bool invited = a->invite.id || (has_place(a) && a->credentials.invite);
    if (!m->password_box.bytes || a->runs_it || invited)
        return ERR_OK;
    if (!password)
        return fault_set(&a->ctx->fault, ERR_WRONG_PASSWORD, "password", "This meeting needs a password.");
    bool known = a->row.status != 0;
    enum err e = rate_check_guess(a->ctx, m->id, known);
    if (e)
        return e;
    if (secretbox_holds(a->ctx, m->password_box.bytes, m->password_box.len, password))
        return ERR_OK;
    rate_count_wrong_guess(a->ctx, m->id, known);
    return fault_set(&a->ctx->fault, ERR_WRONG_PASSWORD, "password", "The meeting password is wrong.");
}

/* From a network that is kept out, nobody who was not in the meeting before comes in without a word of those who run
 * it, whatever invitation they have; host and creator are no strangers. */
static enum err check_network(struct join_attempt *a)
{
    const struct meeting *m = &a->meeting;
    int64_t user_id = a->ctx->user_id;
    bool known = a->row.status && participant_was_in(&a->row);
    if (known || m->host_id == user_id || m->creator_id == user_id)
        return ERR_OK;
    enum err e = participant_dao_network_banned(a->ctx->app->db, m->id, context_network(a->ctx), &a->held);
    a->runs_it = a->runs_it && !a->held;
    return e;
}

/* The settings that make this person wait for somebody's word. */
static int64_t lobby_settings(const struct join_attempt *a)
{
    if (a->runs_it)
        return 0;
    bool is_uninvited_guest = a->user.guest_of && !a->invite.id;
    return SETTING_WAITING_ROOM | (is_uninvited_guest ? SETTING_GUESTS_WAIT : 0);
}

/* Whether they have to wait: for somebody's word, or for the host. */
static enum err must_wait(struct join_attempt *a, bool *wait)
{
    const struct meeting *m = &a->meeting;
    *wait = a->held || (m->settings & lobby_settings(a));
    if (a->runs_it || *wait || setting_is(m->settings, SETTING_JOIN_BEFORE_HOST))
        return ERR_OK;
    struct participant host;
    enum err e = participant_find_joined(a->ctx, m->id, m->host_id, &host);
    *wait = e == ERR_NOT_JOINED;
    return e == ERR_NOT_JOINED ? ERR_OK : e;
}

/* ---- coming in ---- */

static struct conn_ref seat_of(const struct join_attempt *a)
{
    return (struct conn_ref){a->ctx->relay, a->ctx->connection, a->credentials.seat, a->ctx->session_id};
}

/* The name that somebody has in a meeting is the one they were given there; at first, the account's. */
static struct join_row join_row_of(const struct join_attempt *a, enum participant_status status)
{
    return (struct join_row){.meeting_id = a->meeting.id,
                             .user_id = a->ctx->user_id,
                             .display_name = a->row.status ? a->row.display_name : a->user.display_name,
                             .status = status,
                             .role = comes_as_cohost(a) ? ROLE_COHOST : ROLE_PARTICIPANT,
                             .is_guest = a->user.guest_of != 0,
                             .address = context_network(a->ctx),
                             .is_held = a->held,
                             .invite_id = a->invite.id    ? a->invite.id
                                          : a->row.status ? a->row.invite_id
                                                          : 0,
                             .seat = seat_of(a),
                             .resumed = a->credentials.resumes ? a->credentials.seat : NULL};
}

static enum err add_user_joined(struct join_attempt *a, const struct join_row *row)
{
    struct participant p = {.user_id = row->user_id,
                            .display_name = row->display_name,
                            .role = a->meeting.host_id == row->user_id ? ROLE_HOST : row->role,
                            .status = PARTICIPANT_JOINED,
                            .is_guest = row->is_guest,
                            .joined_at_ms = context_now_ms(a->ctx),
                            .connection = row->seat.connection};
    struct event_draft *event = event_begin(&a->log, EVENT_USER_JOINED, row->user_id);
    serialize_participant(&event->data, "participant", &p);
    return event_end(event);
}

/* Counts the invitation; the meeting's row is locked. */
static enum err use_invite(const struct join_attempt *a)
{
    const struct context *ctx = a->ctx;
    if (!a->invite.id)
        return ERR_OK;
    return context_no_row(invite_dao_use(ctx->app->db, a->invite.id, ctx->user_id, context_now_ms(ctx)),
                          ERR_INVITE_INVALID);
}

/* How many co-hosts there are is looked at once more under the lock of the meeting's row, which an ordinary join takes
 * last. */
static enum err hold_cohosts(struct join_attempt *a)
{
    struct meeting_state state;
    if (!invite_makes_cohost(&a->invite))
        return ERR_OK;
    enum err e = meeting_dao_lock(a->ctx->app->db, a->meeting.id, &state);
    return e ? e : invite_check_id(a->ctx, a->meeting.id, a->invite.id, &a->invite);
}

/* Disabling an account waits for a join under way, which it then finds and undoes; a later join is refused. */
static enum err hold_account(struct join_attempt *a)
{
    enum err e = user_dao_lock(a->ctx->app->db, a->ctx->arena, a->ctx->user_id, &a->user);
    if (e)
        return context_no_row(e, ERR_UNAUTHORIZED);
    return a->user.disabled_at_ms ? ERR_ACCOUNT_DISABLED : ERR_OK;
}

/* Ending a sign-in waits for it as well, and finds its connection. The account is locked first, as it is there. */
static enum err hold_session(const struct join_attempt *a)
{
    const struct context *ctx = a->ctx;
    enum err e = ctx->session_id ? session_dao_hold(ctx->app->db, ctx->session_id) : ERR_OK;
    return context_no_row(e, ERR_UNAUTHORIZED);
}

/* A new row holds the account by itself. */
static enum err write_row(struct join_attempt *a, const struct join_row *row)
{
    struct db *db = a->ctx->app->db;
    int64_t now = context_now_ms(a->ctx);
    enum err e;
    if (!a->row.status) {
        e = participant_dao_insert(db, row, now);
        return e == ERR_DB_DUPLICATE ? ERR_ALREADY_JOINED : context_no_row(e, ERR_ACCOUNT_DISABLED);
    }
    e = hold_account(a);
    if (!e)
        e = participant_dao_rejoin(db, row, now);
    return context_no_row(e, ERR_ALREADY_JOINED);
}

/* The participant's row comes first (its key says whether they are in already), the counter on the meeting's row last,
 * so that its lock is held for one event and the commit. */
static enum err take_seat_body(void *arg)
{
    struct join_attempt *a = arg;
    struct context *ctx = a->ctx;
    struct db *db = ctx->app->db;
    struct join_row row = join_row_of(a, PARTICIPANT_JOINED);
    int64_t now = context_now_ms(ctx), seq;
    room_log_start(&a->log, ctx, a->meeting.id, NULL);
    enum err e = hold_cohosts(a);
    if (!e)
        e = write_row(a, &row);
    if (!e)
        e = hold_session(a);
    if (e)
        return e;
    int64_t barred_by = a->runs_it ? 0 : SETTING_LOCKED | lobby_settings(a);
    e = context_no_row(meeting_dao_take_seat(db, &row, barred_by, needed_setting(a), now, &seq), ERR_MEETING_FULL);
    if (!e)
        e = use_invite(a);
    if (e)
        return e;
    if (context_is_late(ctx))
        return ERR_TIMEOUT;
    e = add_user_joined(a, &row);
    return e ? e : room_log_store(&a->log, seq);
}

/* The host has come: whoever waited only for that comes in. What does not work out now, housekeeping does. */
static void open_for_host(struct join_attempt *a)
{
    const struct meeting *m = &a->meeting;
    if (m->host_id != a->ctx->user_id || !m->waiting_count)
        return;
    enum err e = lobby_open(a->ctx, m->id);
    if (e)
        log_event(LOG_WARN, "lobby_not_opened", "meeting", LOG_INT(m->id), "code", err_code(e), NULL);
}

static enum err take_seat(struct join_attempt *a)
{
    room_log_start(&a->log, a->ctx, a->meeting.id, NULL);
    meeting_cache_hold(a->ctx, a->meeting.id);
    enum err e = db_transaction(a->ctx->app->db, take_seat_body, a);
    if (e)
        a->log.count = 0;
    room_log_publish(&a->log);
    if (e)
        return e;
    a->join_seq = a->log.events[0].seq;
    open_for_host(a);
    return ERR_OK;
}

static enum err wait_change(struct room_change *room, void *arg)
{
    struct join_attempt *a = arg;
    struct join_row row = join_row_of(a, PARTICIPANT_WAITING);
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = hold_account(a);
    if (!e)
        e = hold_session(a);
    if (!e && setting_is(room->state.settings, SETTING_LOCKED))
        e = ERR_MEETING_LOCKED;
    if (!e && needed_setting(a) & ~room->state.settings)
        e = ERR_GUESTS_NOT_ALLOWED;
    if (!e)
        e = lobby_enter(room, &row, a->row.status != 0);
    /* whom they wait for may have come between the look and this change */
    room->state.look_again = !setting_is(room->state.settings, SETTING_WAITING_ROOM);
    a->join_seq = room->state.event_seq + room->log.count;
    return e;
}

/* A seat, or a place in the lobby. */
static enum err come_in(struct join_attempt *a)
{
    bool wait;
    enum err e = check_network(a);
    if (!e)
        e = must_wait(a, &wait);
    if (e)
        return e;
    a->waiting = wait;
    return wait ? room_change(a->ctx, a->meeting.id, wait_change, a) : take_seat(a);
}

/* No seat was there: over by now, locked, with a lobby, or full. */
static enum err retry_or_wait(struct join_attempt *a)
{
    bool wait = false;
    enum err e = meeting_dao_by_id(a->ctx->app->db, a->ctx->arena, a->meeting.id, &a->meeting);
    if (!e)
        e = room_check_open(a->meeting.status);
    if (!e)
        e = find_invite(a);
    if (!e)
        e = check_lock(a);
    if (!e)
        e = must_wait(a, &wait);
    if (e)
        return e;
    a->waiting = wait;
    return wait ? room_change(a->ctx, a->meeting.id, wait_change, a) : ERR_MEETING_FULL;
}

static enum err check_entry(struct join_attempt *a, const char *password)
{
    enum err e = a->row.status == PARTICIPANT_JOINED ? ERR_OK : check_lock(a);
    return e ? e : check_password(a, password);
}

/* ---- moving a seat to another connection ---- */

static enum err take_place(const struct join_attempt *a, int64_t meeting_id)
{
    const struct context *ctx = a->ctx;
    return participant_dao_take_over(ctx->app->db, meeting_id, ctx->user_id, seat_of(a), context_network(ctx));
}

/* The place, in the meeting or in the lobby, moves to this connection; the one that had it is closed. */
static enum err take_over_change(struct room_change *room, void *arg)
{
    struct join_attempt *a = arg;
    struct context *ctx = room->ctx;
    struct participant me;
    enum err e = participant_find_present(ctx, room->state.id, ctx->user_id, &me);
    if (!e)
        e = check_owned(a, &me);
    if (!e)
        e = hold_session(a);
    if (e)
        return e;
    a->waiting = me.status == PARTICIPANT_WAITING;
    a->join_seq = room->state.event_seq;
    if (me.connection && strcmp(me.connection, ctx->connection) == 0 && !me.offline_at_ms)
        return take_place(a, room->state.id);
    bool other = me.connection && strcmp(me.connection, ctx->connection) != 0;
    e = presence_add_changed(room, &me, true,
                             other ? effect_connection(me.connection, CLOSE_TAKEN_OVER) : effect_none());
    if (e)
        return e;
    a->join_seq += room->log.count;
    room->state.online_count += !a->waiting && !participant_is_online(&me);
    return take_place(a, room->state.id);
}

/* ---- what they see then ---- */

struct view_read {
    struct context *ctx;
    int64_t since_seq;
    struct room_view view;
};

/* The events that were missed, unless they are too many or too large, or old ones of them are removed: then the whole
 * room is what helps. */
static enum err read_missed(const struct view_read *r, struct room_view *v)
{
    const struct context *ctx = r->ctx;
    bool more = false, goes_on = true;
    if (r->since_seq < 0 || r->since_seq > v->seq || v->seq - r->since_seq > LIMIT_EVENTS_PAGE)
        return ERR_OK;
    enum err e =
        r->since_seq == v->seq ? ERR_OK : event_dao_goes_on(ctx->app->db, v->meeting.id, r->since_seq, &goes_on);
    if (e || !goes_on)
        return e;
    e = event_dao_list(ctx->app->db, ctx->arena, v->meeting.id, r->since_seq, ctx->user_id, LIMIT_EVENTS_PAGE,
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
static enum err read_once(struct context *ctx, int64_t meeting_id, int64_t since_seq, struct room_view *out)
{
    struct view_read r = {.ctx = ctx, .since_seq = since_seq, .view = {.meeting = {.id = meeting_id}}};
    enum err e = db_snapshot(ctx->app->db, view_body, &r);
    if (!e)
        *out = r.view;
    return context_no_row(e, ERR_NOT_FOUND);
}

/* Who comes in sees first that the meeting has too many people for mesh: of several at once the last one. They see it
 * as it is after it moved. What does not work out now, the next one who comes does. */
static enum err read_view(struct context *ctx, int64_t meeting_id, int64_t since_seq, struct room_view *out)
{
    struct room_view view;
    bool moved = false;
    enum err e = read_once(ctx, meeting_id, since_seq, &view);
    enum err failed = e || view.waiting ? ERR_OK : media_node_move_wanted(ctx, &view.meeting.state, &moved);
    if (failed)
        log_event(LOG_WARN, "media_not_moved", "meeting", LOG_INT(meeting_id), "code", err_code(failed), NULL);
    if (moved)
        e = read_once(ctx, meeting_id, since_seq, &view);
    if (!e)
        *out = view;
    return e;
}

/* ---- the two ways to join ---- */

enum err join_by_rest(struct context *ctx, int64_t meeting_id, struct join_credentials credentials,
                      struct room_view *out)
{
    struct join_attempt a = {.ctx = ctx};
    enum err e = look_up(&a, meeting_id, credentials);
    if (!e)
        e = check_entry(&a, credentials.password);
    if (!e && a.row.status == PARTICIPANT_JOINED)
        e = ERR_ALREADY_JOINED;
    if (!e && a.row.status != PARTICIPANT_WAITING)
        e = come_in(&a);
    if (e == ERR_MEETING_FULL)
        e = retry_or_wait(&a);
    return e ? e : read_view(ctx, meeting_id, -1, out);
}

static enum err join_or_take_over(struct join_attempt *a, int64_t meeting_id, struct join_credentials credentials)
{
    enum err e = look_up(a, meeting_id, credentials);
    if (e)
        return e;
    if (has_place(a))
        return room_change(a->ctx, meeting_id, take_over_change, a);
    e = check_entry(a, credentials.password);
    if (!e)
        e = come_in(a);
    return e == ERR_MEETING_FULL ? retry_or_wait(a) : e;
}

/* The seat was given up between taking it and reading the room. */
static bool is_out(const struct participant *p)
{
    return p->status == PARTICIPANT_LEFT || p->status == PARTICIPANT_REMOVED;
}

static enum err join_and_read(struct context *ctx, int64_t meeting_id, struct join_credentials credentials,
                              int64_t since_seq, struct room_view *out)
{
    struct join_attempt a = {.ctx = ctx};
    enum err e = join_or_take_over(&a, meeting_id, credentials);
    if (!e)
        e = read_view(ctx, meeting_id, since_seq, out);
    if (e)
        return e;
    out->join_seq = a.join_seq;
    return is_out(&out->me) ? ERR_NOT_JOINED : ERR_OK;
}

enum err join_by_websocket(struct context *ctx, int64_t meeting_id, struct join_credentials credentials,
                           int64_t since_seq, struct room_view *out)
{
    enum err e = ERR_ALREADY_JOINED;
    credentials.resumes = credentials.seat && since_seq >= 0;
    /* meanwhile they may have come in or gone out by another way: look again */
    for (int i = 0; i < 3 && (e == ERR_ALREADY_JOINED || e == ERR_NOT_JOINED); i++)
        e = join_and_read(ctx, meeting_id, credentials, since_seq, out);
    return e;
}
