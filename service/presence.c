#include "service/presence.h"

#include <string.h>

#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "db/relay_dao.h"
#include "service/participant.h"

enum { SWEEP_SEATS = 50 }; /* of dead relays, in one sign of life */

static enum err lost_change(struct room_change *room, void *context)
{
    (void)context;
    struct call *call = room->call;
    enum err e =
        participant_dao_set_offline(call->app->db, room->state.id, call->user_id, call->connection, call_now_ms(call));
    if (e)
        return call_no_row(e, ERR_OK);
    room->state.online_count--;
    struct buf data = {0};
    struct json j = json_to(&data);
    json_object(&j, NULL);
    json_int(&j, "userId", call->user_id);
    json_bool(&j, "online", false);
    json_object_end(&j);
    room_log_add(&room->log, EVENT_PRESENCE_CHANGED, ENVELOPE_EVERYBODY, ENVELOPE_NO_EFFECT, &data);
    return ERR_OK;
}

enum err presence_lost(struct call *call, int64_t meeting_id)
{
    return room_change(call, meeting_id, lost_change, NULL);
}

/* Whose seat is to be given up, if that connection still owns it. */
struct expiry {
    int64_t user_id;
    const char *connection;
    bool even_if_online; /* the relay died and could not say that the connection broke */
};

static enum err expired_change(struct room_change *room, void *context)
{
    const struct expiry *x = context;
    struct participant p;
    enum err e = participant_find_joined(room->call, room->state.id, x->user_id, &p);
    if (e)
        return e == ERR_NOT_JOINED ? ERR_OK : e;
    if (!p.connection || strcmp(p.connection, x->connection) != 0 || (!p.offline_at_ms && !x->even_if_online))
        return ERR_OK;
    return participant_vacate(room, x->user_id, PARTICIPANT_LEFT, "timeout", CLOSE_STAY_OPEN);
}

enum err presence_expired(struct call *call, int64_t meeting_id)
{
    struct expiry x = {call->user_id, call->connection, false};
    return room_change(call, meeting_id, expired_change, &x);
}

static enum err sweep(struct call *call)
{
    struct orphan *orphans;
    int count;
    int64_t now = call_now_ms(call);
    enum err e = participant_dao_orphans(call->app->db, call->arena, now, SWEEP_SEATS, &orphans, &count);
    for (int i = 0; i < count && !e; i++) {
        struct expiry x = {orphans[i].user_id, orphans[i].connection, true};
        e = room_change(call, orphans[i].meeting_id, expired_change, &x);
        log_event(LOG_INFO, "seat_swept", "meeting", LOG_INT(orphans[i].meeting_id), "user", LOG_INT(x.user_id), NULL);
    }
    return e || count ? e : relay_dao_forget(call->app->db, now - 10 * LIMIT_LEASE_MS);
}

enum err presence_sync(struct call *call, const struct room_position *rooms, int count, struct room_position **ahead,
                       int *ahead_count)
{
    int64_t now = call_now_ms(call), alive_since;
    enum err e = relay_dao_renew(call->app->db, call->relay, now, now + LIMIT_LEASE_MS, &alive_since);
    if (!e && now - alive_since > LIMIT_LEASE_MS)
        e = sweep(call);
    return e ? e : event_dao_ahead(call->app->db, call->arena, rooms, count, ahead, ahead_count);
}
