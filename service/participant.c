#include "service/participant.h"

#include <stdio.h>

#include "core/envelope.h"
#include "core/json.h"
#include "service/meeting.h"

enum err participant_find_joined(struct call *call, int64_t meeting_id, int64_t user_id, struct participant *out)
{
    struct participant p;
    enum err e = participant_dao_find(call->app->db, call->arena, meeting_id, user_id, &p);
    if (e)
        return call_no_row(e, ERR_NOT_JOINED);
    if (p.status != PARTICIPANT_JOINED)
        return ERR_NOT_JOINED;
    *out = p;
    return ERR_OK;
}

enum err participant_check_took_part(struct call *call, int64_t meeting_id)
{
    struct participant p;
    enum err e = participant_dao_find(call->app->db, call->arena, meeting_id, call->user_id, &p);
    if (e)
        return call_no_row(e, ERR_FORBIDDEN);
    return p.status == PARTICIPANT_REMOVED ? ERR_REMOVED : ERR_OK;
}

/* An event's data starts with whom it is about. */
static struct json data_about(struct buf *data, int64_t user_id)
{
    struct json j = json_to(data);
    json_object(&j, NULL);
    json_int(&j, "userId", user_id);
    return j;
}

static void add_host_changed(struct room_change *room, int64_t user_id)
{
    struct buf data = {0};
    struct json j = data_about(&data, user_id);
    json_int(&j, "previousUserId", room->state.host_id);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_HOST_CHANGED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
    room->state.host_id = user_id;
}

enum err participant_vacate(struct room_change *room, int64_t user_id, enum participant_status status,
                            const char *reason, int close_code)
{
    struct db *db = room->call->app->db;
    bool was_online;
    enum err e = participant_dao_end_stay(db, room->state.id, user_id, status, call_now_ms(room->call), &was_online);
    if (e)
        return call_no_row(e, ERR_NOT_JOINED);
    room->state.participant_count--;
    room->state.online_count -= was_online;
    char effect[64];
    snprintf(effect, sizeof effect, "user:%lld:%d", (long long)user_id, close_code);
    struct buf data = {0};
    struct json j = data_about(&data, user_id);
    json_str(&j, "reason", reason);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_USER_LEFT, ENVELOPE_EVERYBODY, effect, &data);
    if (room->state.participant_count == 0) {
        meeting_finish(room, MEETING_ENDED, "empty", 0);
        return ERR_OK;
    }
    if (room->state.host_id != user_id)
        return ERR_OK;
    int64_t heir;
    e = participant_dao_heir(db, room->state.id, &heir);
    if (!e)
        add_host_changed(room, heir);
    return e;
}

static enum err leave_change(struct room_change *room, void *context)
{
    bool *meeting_ended = context;
    enum err e = participant_vacate(room, room->call->user_id, PARTICIPANT_LEFT, "left", CLOSE_STAY_OPEN);
    *meeting_ended = room->state.status == MEETING_ENDED;
    return e;
}

enum err participant_leave(struct call *call, int64_t meeting_id, bool *meeting_ended)
{
    return room_change(call, meeting_id, leave_change, meeting_ended);
}

static enum err sign_out_change(struct room_change *room, void *context)
{
    const int64_t *user_id = context;
    enum err e = participant_vacate(room, *user_id, PARTICIPANT_LEFT, "removed", CLOSE_SIGNED_OUT);
    return e == ERR_NOT_JOINED ? ERR_OK : e;
}

enum err participant_leave_everywhere(struct call *call, int64_t user_id)
{
    enum { MEETINGS = 100 };
    int64_t *meetings;
    int count;
    enum err e = participant_dao_meetings_of(call->app->db, call->arena, user_id, MEETINGS, &meetings, &count);
    for (int i = 0; i < count && !e; i++)
        e = room_change(call, meetings[i], sign_out_change, &user_id);
    return e;
}

enum err participant_list(struct call *call, int64_t meeting_id, struct participant **items, int *count)
{
    struct meeting meeting;
    struct participant *everybody;
    int n;
    enum err e = meeting_detail(call, meeting_id, &meeting, &everybody, &n);
    if (e)
        return e;
    *items = everybody;
    *count = n;
    return ERR_OK;
}

/* The person that a host's action is about, who must be in. */
static enum err find_target(struct room_change *room, int64_t user_id, struct participant *out)
{
    enum err e = participant_find_joined(room->call, room->state.id, user_id, out);
    return e == ERR_NOT_JOINED ? fault_set(&room->call->fault, ERR_NOT_FOUND, NULL, "That user is not in this meeting.")
                               : e;
}

static enum err check_host(const struct room_change *room)
{
    return room->state.host_id == room->call->user_id ? ERR_OK : ERR_FORBIDDEN;
}

struct role_change {
    int64_t user_id;
    enum participant_role role;
    struct participant target;
};

static enum err role_change(struct room_change *room, void *context)
{
    struct role_change *c = context;
    enum err e = check_host(room);
    if (!e)
        e = find_target(room, c->user_id, &c->target);
    if (e)
        return e;
    if (c->user_id == room->state.host_id)
        return fault_set(&room->call->fault, ERR_CONFLICT, NULL, "The host hands over before becoming something else.");
    if (c->target.role == (int64_t)c->role)
        return ERR_OK;
    c->target.role = c->role;
    struct buf data = {0};
    struct json j = data_about(&data, c->user_id);
    json_str(&j, "role", c->role == ROLE_COHOST ? "cohost" : "participant");
    json_object_end(&j);
    room_log_add(&room->log, EVENT_ROLE_CHANGED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
    return participant_dao_set_role(room->call->app->db, room->state.id, c->user_id, c->role);
}

enum err participant_set_role(struct call *call, int64_t meeting_id, int64_t user_id, enum participant_role role,
                              struct participant *out)
{
    struct role_change c = {.user_id = user_id, .role = role};
    enum err e = room_change(call, meeting_id, role_change, &c);
    if (!e)
        *out = c.target;
    return e;
}

static enum err host_change(struct room_change *room, void *context)
{
    const int64_t *user_id = context;
    struct participant target;
    enum err e = room_check_open(room->state.status);
    if (!e)
        e = check_host(room);
    if (!e)
        e = find_target(room, *user_id, &target);
    if (!e && *user_id != room->state.host_id)
        add_host_changed(room, *user_id);
    return e;
}

enum err participant_set_host(struct call *call, int64_t meeting_id, int64_t user_id)
{
    return room_change(call, meeting_id, host_change, &user_id);
}

static enum err remove_change(struct room_change *room, void *context)
{
    const int64_t *user_id = context;
    struct db *db = room->call->app->db;
    struct participant target;
    enum err e = meeting_check_may_run(room);
    if (e)
        return e;
    if (*user_id == room->state.host_id)
        return fault_set(&room->call->fault, ERR_FORBIDDEN, NULL, "The host cannot be removed.");
    e = participant_dao_find(db, room->call->arena, room->state.id, *user_id, &target);
    if (e)
        return call_no_row(e, ERR_NOT_FOUND);
    if (target.status != PARTICIPANT_JOINED)
        return participant_dao_ban(db, room->state.id, *user_id);
    return participant_vacate(room, *user_id, PARTICIPANT_REMOVED, "removed", CLOSE_REMOVED);
}

enum err participant_remove(struct call *call, int64_t meeting_id, int64_t user_id)
{
    return room_change(call, meeting_id, remove_change, &user_id);
}

struct media_change {
    int audio, video, screen; /* -1: as it is */
    struct participant me;
};

static enum err media_change(struct room_change *room, void *context)
{
    struct media_change *c = context;
    struct participant *me = &c->me;
    enum err e = participant_find_joined(room->call, room->state.id, room->call->user_id, me);
    if (e)
        return e;
    bool audio = c->audio < 0 ? me->audio : c->audio, video = c->video < 0 ? me->video : c->video,
         screen = c->screen < 0 ? me->screen : c->screen;
    if (audio == me->audio && video == me->video && screen == me->screen)
        return ERR_OK;
    me->audio = audio;
    me->video = video;
    me->screen = screen;
    struct buf data = {0};
    struct json j = data_about(&data, me->user_id);
    json_bool(&j, "audio", audio);
    json_bool(&j, "video", video);
    json_bool(&j, "screen", screen);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_MEDIA_CHANGED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
    return participant_dao_set_media(room->call->app->db, room->state.id, me->user_id, audio, video, screen);
}

enum err participant_set_media(struct call *call, int64_t meeting_id, int audio, int video, int screen,
                               struct participant *out)
{
    struct media_change c = {.audio = audio, .video = video, .screen = screen};
    enum err e = room_change(call, meeting_id, media_change, &c);
    if (!e)
        *out = c.me;
    return e;
}

struct hand_change {
    bool raised;
    struct participant me;
};

static enum err hand_change(struct room_change *room, void *context)
{
    struct hand_change *c = context;
    enum err e = participant_find_joined(room->call, room->state.id, room->call->user_id, &c->me);
    if (e || c->raised == (c->me.hand_raised_at_ms != 0))
        return e;
    c->me.hand_raised_at_ms = c->raised ? call_now_ms(room->call) : 0;
    struct buf data = {0};
    struct json j = data_about(&data, c->me.user_id);
    if (c->raised)
        json_time(&j, "handRaisedAt", c->me.hand_raised_at_ms);
    json_object_end(&j);
    room_log_add(&room->log, c->raised ? EVENT_HAND_RAISED : EVENT_HAND_LOWERED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT,
                 &data);
    return participant_dao_set_hand(room->call->app->db, room->state.id, c->me.user_id, c->me.hand_raised_at_ms);
}

enum err participant_set_hand(struct call *call, int64_t meeting_id, bool raised, struct participant *out)
{
    struct hand_change c = {.raised = raised};
    enum err e = room_change(call, meeting_id, hand_change, &c);
    if (!e)
        *out = c.me;
    return e;
}
