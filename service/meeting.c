#include "service/meeting.h"

#include <stdio.h>

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "service/meeting_cache.h"
#include "service/participant.h"
#include "service/secretbox.h"
#include "service/shape.h"

static enum err check_start(struct call *call, int64_t start_time_ms)
{
    if (start_time_ms < call_now_ms(call) - LIMIT_START_PAST_MS)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "startTime", "startTime must not lie in the past.");
    return ERR_OK;
}

static void set_password(const struct call *call, struct meeting *m, const char *password)
{
    m->password_box_len = 0;
    m->password_box = password ? secretbox_seal(call, password, &m->password_box_len) : NULL;
}

struct creation {
    struct call *call;
    struct meeting meeting; /* as wished */
    struct meeting stored;
};

static enum err create_body(void *context)
{
    struct creation *c = context;
    struct call *call = c->call;
    int64_t id;
    enum err e = meeting_dao_insert(call->app->db, &c->meeting, call_now_ms(call), &id);
    if (e)
        return e;
    e = meeting_dao_by_id(call->app->db, call->arena, id, &c->stored);
    return call_no_row(e, ERR_UNAUTHORIZED); /* it comes with its creator's name: the account is gone */
}

enum err meeting_create(struct call *call, const struct meeting_options *o, struct meeting *out)
{
    char code[LIMIT_CODE_CHARS + 1];
    struct creation c = {.call = call,
                         .meeting = {.code = code,
                                     .title = o->title,
                                     .description = o->description,
                                     .creator_id = call->user_id,
                                     .host_id = call->user_id,
                                     .duration_minutes = o->duration_minutes,
                                     .max_participants = o->max_participants,
                                     .is_public = o->is_public,
                                     .is_recorded = o->is_recorded}};
    c.meeting.start_time_ms = o->start_time_ms ? o->start_time_ms : call_now_ms(call);
    enum err e = check_start(call, c.meeting.start_time_ms);
    if (e)
        return e;
    set_password(call, &c.meeting, o->password);
    for (int i = 0; i < LIMIT_CODE_TRIES; i++) {
        ids_meeting_code(&call->app->random, code);
        e = db_transaction(call->app->db, create_body, &c);
        if (e != ERR_DB_DUPLICATE)
            break;
        log_event(LOG_INFO, "meeting_code_taken", "try", LOG_INT(i + 1), NULL);
    }
    if (!e)
        *out = c.stored;
    return e == ERR_DB_DUPLICATE ? ERR_UNAVAILABLE : e;
}

enum err meeting_resolve(struct call *call, const char *reference, int64_t *id)
{
    char code[LIMIT_CODE_CHARS + 1];
    if (text_to_int(reference, id))
        return ERR_OK;
    if (!ids_read_code(reference, code))
        return ERR_NOT_FOUND;
    return call_no_row(meeting_dao_id_of_code(call->app->db, code, id), ERR_NOT_FOUND);
}

/* The people who are in, of all who ever were; and whether the viewer took part. */
static int keep_joined(struct participant *items, int count, int64_t viewer_id, bool *took_part)
{
    int n = 0;
    *took_part = false;
    for (int i = 0; i < count; i++) {
        if (items[i].user_id == viewer_id && items[i].status != PARTICIPANT_REMOVED)
            *took_part = true;
        if (items[i].status == PARTICIPANT_JOINED)
            items[n++] = items[i];
    }
    return n;
}

static enum err read_detail(struct call *call, int64_t id, struct meeting *m, struct participant **items, int *count)
{
    struct kv_ticket ticket;
    if (meeting_cache_get(call, id, m, items, count, &ticket))
        return ERR_OK;
    enum err e = meeting_dao_by_id(call->app->db, call->arena, id, m);
    if (!e)
        e = participant_dao_list(call->app->db, call->arena, id, true, items, count);
    if (!e)
        meeting_cache_put(call, ticket, m, *items, *count);
    return e;
}

enum err meeting_detail(struct call *call, int64_t id, struct meeting *out, struct participant **participants,
                        int *count)
{
    struct meeting m;
    struct participant *items;
    int n;
    bool took_part;
    enum err e = read_detail(call, id, &m, &items, &n);
    if (e)
        return call_no_row(e, ERR_NOT_FOUND);
    n = keep_joined(items, n, call->user_id, &took_part);
    if (!m.is_public && !took_part && m.creator_id != call->user_id && m.host_id != call->user_id)
        return ERR_FORBIDDEN;
    *out = m;
    *participants = items;
    *count = n;
    return ERR_OK;
}

enum err meeting_list(struct call *call, struct meeting_filter *filter, struct meeting **items, int *count,
                      int64_t *total)
{
    filter->viewer_id = call->user_id;
    return meeting_dao_list(call->app->db, call->arena, filter, items, count, total);
}

/* Two statements cannot both be right while one changes the row: `change` runs under the row's lock. */
struct update {
    const struct meeting_changes *changes;
    struct meeting meeting;
};

static void apply_changes(const struct call *call, struct meeting *m, const struct meeting_changes *c)
{
    if (c->title)
        m->title = c->title;
    if (c->description)
        m->description = c->description;
    if (c->start_time_ms)
        m->start_time_ms = c->start_time_ms;
    if (c->duration_minutes)
        m->duration_minutes = c->duration_minutes;
    if (c->max_participants)
        m->max_participants = c->max_participants;
    if (c->is_public >= 0)
        m->is_public = c->is_public;
    if (c->is_recorded >= 0)
        m->is_recorded = c->is_recorded;
    if (c->password || c->remove_password)
        set_password(call, m, c->password);
}

static void add_meeting_updated(struct room_change *room, const struct meeting *m)
{
    struct call nobody = *room->call;
    nobody.user_id = 0; /* what only the host may see stays out */
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    shape_meeting(&j, "meeting", &nobody, m);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_MEETING_UPDATED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
}

static enum err update_change(struct room_change *room, void *context)
{
    struct update *u = context;
    struct call *call = room->call;
    if (room->state.host_id != call->user_id)
        return ERR_FORBIDDEN;
    enum err e = room_check_open(room->state.status);
    if (!e && u->changes->start_time_ms)
        e = check_start(call, u->changes->start_time_ms);
    if (!e)
        e = meeting_dao_by_id(call->app->db, call->arena, room->state.id, &u->meeting);
    if (e)
        return e;
    apply_changes(call, &u->meeting, u->changes);
    if (u->meeting.max_participants < room->state.participant_count)
        return fault_set(&call->fault, ERR_VALIDATION_FAILED, "maxParticipants",
                         "maxParticipants must not be below the %lld who are in it.",
                         (long long)room->state.participant_count);
    u->meeting.updated_at_ms = call_now_ms(call);
    add_meeting_updated(room, &u->meeting);
    return meeting_dao_update(call->app->db, &u->meeting, u->meeting.updated_at_ms);
}

enum err meeting_update(struct call *call, int64_t id, const struct meeting_changes *changes, struct meeting *out)
{
    struct update u = {.changes = changes};
    enum err e = room_change(call, id, update_change, &u);
    if (!e)
        *out = u.meeting;
    return e;
}

enum err meeting_check_may_run(struct room_change *room)
{
    struct call *call = room->call;
    if (room->state.host_id != call->user_id) {
        struct participant me;
        enum err e = participant_dao_find(call->app->db, call->arena, room->state.id, call->user_id, &me);
        if (e && e != ERR_DB_NO_ROW)
            return e;
        bool cohost = !e && me.role == ROLE_COHOST && me.status != PARTICIPANT_REMOVED;
        if (!cohost || (me.status != PARTICIPANT_JOINED && room_check_open(room->state.status) == ERR_OK))
            return ERR_FORBIDDEN;
    }
    return room_check_open(room->state.status);
}

void meeting_finish(struct room_change *room, enum meeting_status status, const char *reason, int64_t by_user)
{
    room->state.status = status;
    room->state.actual_end_ms = call_now_ms(room->call);
    room->state.participant_count = room->state.online_count = 0;
    char effect[16];
    snprintf(effect, sizeof effect, "all:%d", CLOSE_MEETING_OVER);
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    json_str(&j, "reason", reason);
    if (by_user)
        json_int(&j, "by", by_user);
    else
        json_null(&j, "by");
    json_object_end(&j);
    room_log_add(&room->log, EVENT_MEETING_ENDED, ENVELOPE_EVERYBODY, effect, &data);
}

static enum err end_change(struct room_change *room, void *context)
{
    (void)context;
    struct call *call = room->call;
    enum err e = meeting_check_may_run(room);
    if (e)
        return e;
    meeting_finish(room, MEETING_ENDED, "ended", call->user_id);
    return participant_dao_end_all(call->app->db, room->state.id, room->state.actual_end_ms);
}

enum err meeting_end(struct call *call, int64_t id, struct meeting *out)
{
    enum err e = room_change(call, id, end_change, NULL);
    return e ? e : meeting_dao_by_id(call->app->db, call->arena, id, out);
}

static enum err cancel_change(struct room_change *room, void *context)
{
    (void)context;
    struct call *call = room->call;
    if (room->state.host_id != call->user_id)
        return ERR_FORBIDDEN;
    enum err e = room_check_open(room->state.status);
    if (e)
        return e;
    meeting_finish(room, MEETING_CANCELLED, "cancelled", call->user_id);
    return participant_dao_end_all(call->app->db, room->state.id, room->state.actual_end_ms);
}

enum err meeting_cancel(struct call *call, int64_t id) { return room_change(call, id, cancel_change, NULL); }
