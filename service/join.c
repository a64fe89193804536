#include "service/join.h"

#include <stdio.h>
#include <string.h>

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "db/user_dao.h"
#include "service/meeting_cache.h"
#include "service/rate.h"
#include "service/secretbox.h"
#include "service/shape.h"

/* Somebody at the door. */
struct visitor {
    struct call *call;
    struct meeting meeting;
    struct participant row; /* as it was; status 0: never in it */
    const char *display_name;
    struct room_log log;
};

static enum err check_password(struct visitor *v, const char *password)
{
    const struct meeting *m = &v->meeting;
    if (!m->password_box || m->host_id == v->call->user_id)
        return ERR_OK;
    if (!password)
        return fault_set(&v->call->fault, ERR_WRONG_PASSWORD, "password", "This meeting has a password.");
    enum err e = rate_check_guess(v->call, m->id);
    if (e)
        return e;
    if (secretbox_holds(v->call, m->password_box, m->password_box_len, password))
        return ERR_OK;
    rate_count_wrong_guess(v->call, m->id);
    return fault_set(&v->call->fault, ERR_WRONG_PASSWORD, "password", "The meeting password is wrong.");
}

/* Exists, not over, not removed. */
static enum err look_up(struct visitor *v, int64_t meeting_id)
{
    struct call *call = v->call;
    enum err e = meeting_dao_by_id(call->app->db, call->arena, meeting_id, &v->meeting);
    if (e)
        return call_no_row(e, ERR_NOT_FOUND);
    e = room_check_open(v->meeting.status);
    if (e)
        return e;
    v->row.status = 0;
    e = participant_dao_find(call->app->db, call->arena, meeting_id, call->user_id, &v->row);
    if (e && e != ERR_DB_NO_ROW)
        return e;
    return v->row.status == PARTICIPANT_REMOVED ? ERR_REMOVED : ERR_OK;
}

static void add_user_joined(struct visitor *v)
{
    struct participant p = v->row;
    if (!p.status)
        p.role = ROLE_PARTICIPANT;
    if (v->meeting.host_id == v->call->user_id)
        p.role = ROLE_HOST;
    p.user_id = v->call->user_id;
    p.display_name = v->display_name;
    p.status = PARTICIPANT_JOINED;
    p.audio = p.video = p.screen = false;
    p.hand_raised_at_ms = p.left_at_ms = p.offline_at_ms = 0;
    p.joined_at_ms = call_now_ms(v->call);
    p.connection = v->call->connection;
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    shape_participant(&j, "participant", &p);
    json_object_end(&j);
    room_log_add(&v->log, EVENT_USER_JOINED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
}

/* The participant's row comes first (its key says whether they are in already), the counter on the meeting's row last,
 * so that its lock is held for one event and the commit. */
static enum err take_seat_body(void *context)
{
    struct visitor *v = context;
    struct call *call = v->call;
    struct db *db = call->app->db;
    struct seat seat = {call->relay, call->connection};
    int64_t id = v->meeting.id, now = call_now_ms(call), seq;
    room_log_start(&v->log, call, id);
    enum err e = v->row.status ? participant_dao_rejoin(db, id, call->user_id, v->display_name, seat, now)
                               : participant_dao_insert(db, id, call->user_id, v->display_name, seat, now);
    if (e)
        return e == ERR_DB_DUPLICATE || e == ERR_DB_NO_ROW ? ERR_ALREADY_JOINED : e;
    e = meeting_dao_take_seat(db, id, seat.connection != NULL, now, &seq);
    if (e)
        return call_no_row(e, ERR_MEETING_FULL);
    if (call_is_late(call))
        return ERR_TIMEOUT;
    add_user_joined(v);
    return room_log_store(&v->log, seq);
}

/* No seat was there: full, or over by now. */
static enum err why_no_seat(struct visitor *v)
{
    enum err e = meeting_dao_by_id(v->call->app->db, v->call->arena, v->meeting.id, &v->meeting);
    if (!e)
        e = room_check_open(v->meeting.status);
    return e ? e : ERR_MEETING_FULL;
}

static enum err take_seat(struct visitor *v)
{
    struct user user;
    enum err e = user_dao_by_id(v->call->app->db, v->call->arena, v->call->user_id, &user);
    if (e)
        return call_no_row(e, ERR_UNAUTHORIZED);
    if (user.disabled_at_ms)
        return ERR_ACCOUNT_DISABLED;
    v->display_name = user.display_name;
    room_log_start(&v->log, v->call, v->meeting.id);
    meeting_cache_hold(v->call, v->meeting.id);
    e = db_transaction(v->call->app->db, take_seat_body, v);
    if (e)
        v->log.count = 0;
    room_log_publish(&v->log);
    return e == ERR_MEETING_FULL ? why_no_seat(v) : e;
}

/* The seat moves to this connection; the one that had it is closed. context: where to put seated_seq. */
static enum err take_over_change(struct room_change *room, void *context)
{
    int64_t *seated_seq = context;
    struct call *call = room->call;
    *seated_seq = room->state.event_seq;
    struct participant me;
    enum err e = participant_dao_find(call->app->db, call->arena, room->state.id, call->user_id, &me);
    if (e)
        return call_no_row(e, ERR_NOT_JOINED);
    if (me.status != PARTICIPANT_JOINED)
        return ERR_NOT_JOINED;
    if (me.connection && strcmp(me.connection, call->connection) == 0 && !me.offline_at_ms)
        return ERR_OK;
    char effect[96] = ENVELOPE_NO_EFFECT;
    if (me.connection && strcmp(me.connection, call->connection) != 0)
        snprintf(effect, sizeof effect, "conn:%s:%d", me.connection, CLOSE_TAKEN_OVER);
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    json_int(&j, "userId", call->user_id);
    json_bool(&j, "online", true);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_PRESENCE_CHANGED, ENVELOPE_EVERYBODY, effect, &data);
    *seated_seq += room->log.count;
    room->state.online_count += !participant_is_online(&me);
    return participant_dao_take_over(call->app->db, room->state.id, call->user_id,
                                     (struct seat){call->relay, call->connection});
}

struct view_read {
    struct call *call;
    int64_t since_seq;
    struct room_view view;
};

static enum err view_body(void *context)
{
    struct view_read *r = context;
    struct room_view *v = &r->view;
    struct db *db = r->call->app->db;
    struct arena *arena = r->call->arena;
    int64_t id = v->meeting.id;
    enum err e = meeting_dao_by_id(db, arena, id, &v->meeting);
    if (!e)
        e = participant_dao_find(db, arena, id, r->call->user_id, &v->me);
    if (e)
        return e;
    v->seq = v->meeting.event_seq;
    v->resumed = false;
    if (r->since_seq >= 0 && r->since_seq <= v->seq && v->seq - r->since_seq <= LIMIT_EVENTS_PAGE) {
        v->resumed = true;
        return event_dao_list(db, arena, id, r->since_seq, r->call->user_id, LIMIT_EVENTS_PAGE, &v->events,
                              &v->event_count);
    }
    e = participant_dao_list(db, arena, id, false, &v->participants, &v->participant_count);
    return e ? e
             : message_dao_list(db, arena, id, r->call->user_id, 0, LIMIT_JOIN_MESSAGES, &v->messages,
                                &v->message_count);
}

/* The view and its seq come from one state of the database. */
static enum err read_view(struct call *call, int64_t meeting_id, int64_t since_seq, struct room_view *out)
{
    struct view_read r = {.call = call, .since_seq = since_seq, .view = {.meeting = {.id = meeting_id}}};
    enum err e = db_snapshot(call->app->db, view_body, &r);
    if (!e)
        *out = r.view;
    return call_no_row(e, ERR_NOT_FOUND);
}

enum err join_meeting(struct call *call, int64_t meeting_id, const char *password, struct room_view *out)
{
    struct visitor v = {.call = call};
    enum err e = look_up(&v, meeting_id);
    if (!e)
        e = check_password(&v, password);
    if (!e)
        e = v.row.status == PARTICIPANT_JOINED ? ERR_ALREADY_JOINED : take_seat(&v);
    return e ? e : read_view(call, meeting_id, -1, out);
}

static enum err join_or_take_over(struct call *call, int64_t meeting_id, const char *password, int64_t *seated_seq)
{
    struct visitor v = {.call = call};
    enum err e = look_up(&v, meeting_id);
    if (e)
        return e;
    if (v.row.status == PARTICIPANT_JOINED)
        return room_change(call, meeting_id, take_over_change, seated_seq);
    e = check_password(&v, password);
    if (!e)
        e = take_seat(&v);
    if (!e)
        *seated_seq = v.log.events[0].seq;
    return e;
}

/* The seat was given up between taking it and reading the room. */
static bool is_out(const struct participant *p)
{
    return p->status == PARTICIPANT_LEFT || p->status == PARTICIPANT_REMOVED;
}

static enum err join_and_read(struct call *call, int64_t meeting_id, const char *password, int64_t since_seq,
                              struct room_view *out)
{
    int64_t seated_seq = 0;
    enum err e = join_or_take_over(call, meeting_id, password, &seated_seq);
    if (!e)
        e = read_view(call, meeting_id, since_seq, out);
    if (e)
        return e;
    out->seated_seq = seated_seq;
    return is_out(&out->me) ? ERR_NOT_JOINED : ERR_OK;
}

enum err join_room(struct call *call, int64_t meeting_id, const char *password, int64_t since_seq,
                   struct room_view *out)
{
    enum err e = ERR_ALREADY_JOINED;
    /* meanwhile they may have come in or gone out by another way: look again */
    for (int i = 0; i < 3 && (e == ERR_ALREADY_JOINED || e == ERR_NOT_JOINED); i++)
        e = join_and_read(call, meeting_id, password, since_seq, out);
    return e;
}
