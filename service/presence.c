#include "service/presence.h"

#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "db/relay_dao.h"
#include "service/leave.h"
#include "service/participant.h"
#include "service/participant_find.h"

enum { SWEEP_SEATS = 50 }; /* of dead relays, in one heartbeat */

enum err presence_add_changed(struct room_change *room, const struct participant *p, bool online, struct effect effect)
{
    struct event_draft *event = event_begin(&room->log, EVENT_PRESENCE_CHANGED, p->user_id);
    event->effect = effect;
    if (p->status == PARTICIPANT_WAITING)
        event_only_to_subject(event);
    json_bool(&event->data, "online", online);
    return event_end(event);
}

static enum err note_lost(struct room_change *room, const struct presence_report *r)
{
    struct context *ctx = room->ctx;
    struct participant p;
    enum err e = participant_find_present(ctx, room->state.id, r->user_id, &p);
    if (e)
        return e == ERR_NOT_JOINED ? ERR_OK : e;
    e = participant_dao_set_offline(ctx->app->db, room->state.id, r->user_id, r->connection, context_now_ms(ctx));
    if (e || p.status == PARTICIPANT_WAITING)
        return context_no_row(e, ERR_OK);
    room->state.online_count--;
    return presence_add_changed(room, &p, false, effect_none());
}

enum err presence_close(struct room_change *room, const struct participant *p, int close_code)
{
    struct context *ctx = room->ctx;
    enum err e =
        participant_dao_set_offline(ctx->app->db, room->state.id, p->user_id, p->connection, context_now_ms(ctx));
    if (e)
        return context_no_row(e, ERR_OK);
    room->state.online_count -= participant_is_online(p);
    return presence_add_changed(room, p, false, effect_connection(p->connection, close_code));
}

/* Gives up a seat where that connection owns it still and is broken (or broken or not). */
static enum err give_up_seat(struct room_change *room, int64_t user_id, const char *connection, bool even_if_online)
{
    struct participant p;
    enum err e = participant_find_present(room->ctx, room->state.id, user_id, &p);
    if (e)
        return e == ERR_NOT_JOINED ? ERR_OK : e;
    if (!p.connection || strcmp(p.connection, connection) != 0 || (!p.offline_at_ms && !even_if_online))
        return ERR_OK;
    /* nobody is connected, unless a relay that lives could not renew its lease: its clients are to come back */
    return leave_vacate(room, &p, PARTICIPANT_LEFT, "timeout", CLOSE_COME_BACK);
}

/* The reports of one room that are worked on together. */
struct group {
    struct presence_report *reports[ROOM_LOG_EVENTS / 2]; /* each adds two events at most */
    int count;
};

static enum err group_change(struct room_change *room, void *arg)
{
    const struct group *group = arg;
    enum err e = ERR_OK;
    for (int i = 0; i < group->count && !e; i++) {
        const struct presence_report *r = group->reports[i];
        e = r->expired ? give_up_seat(room, r->user_id, r->connection, false) : note_lost(room, r);
    }
    return e;
}

/* Takes the first report that waits, and more of the same room. */
static bool next_group(struct presence_report *reports, int count, struct group *group)
{
    const int most = sizeof group->reports / sizeof *group->reports;
    group->count = 0;
    for (int i = 0; i < count && group->count < most; i++) {
        struct presence_report *r = &reports[i];
        if (r->done || (group->count && r->meeting_id != group->reports[0]->meeting_id))
            continue;
        r->done = true;
        group->reports[group->count++] = r;
    }
    return group->count > 0;
}

void presence_report(struct context *ctx, struct presence_report *reports, int count)
{
    struct group group;
    for (int i = 0; i < count; i++)
        reports[i].done = reports[i].failed = false;
    while (next_group(reports, count, &group)) {
        enum err e = room_change(ctx, group.reports[0]->meeting_id, group_change, &group);
        /* any other answer would be the same next time */
        for (int i = 0; i < group.count; i++)
            group.reports[i]->failed = e && err_retryable(e);
    }
}

/* A relay that sends a heartbeat after all has its connections still. */
static enum err orphan_change(struct room_change *room, void *arg)
{
    const struct orphan *o = arg;
    bool alive;
    enum err e = relay_dao_has_lease(room->ctx->app->db, o->relay, context_now_ms(room->ctx), &alive);
    return e || alive ? e : give_up_seat(room, o->user_id, o->connection, true);
}

static enum err sweep_seat(struct context *ctx, struct orphan *o)
{
    log_event(LOG_INFO, "seat_swept", "meeting", LOG_INT(o->meeting_id), "user", LOG_INT(o->user_id), "connection",
              o->connection, NULL);
    return room_change(ctx, o->meeting_id, orphan_change, o);
}

/* A relay that was never heard of has perhaps just started: it has a lease's time for its first heartbeat. */
static enum err sweep(struct context *ctx)
{
    struct orphan *orphans;
    const char *expected = "";
    int count;
    int64_t now = context_now_ms(ctx), lease_ms = ctx->app->config->relay_lease_ms;
    enum err e = participant_dao_orphans(ctx->app->db, ctx->arena, now, SWEEP_SEATS, &orphans, &count);
    for (int i = 0; i < count && !e; i++) {
        struct orphan *o = &orphans[i];
        if (o->known) {
            e = sweep_seat(ctx, o);
        } else if (strcmp(o->relay, expected) != 0) {
            expected = o->relay;
            e = relay_dao_expect(ctx->app->db, o->relay, now + lease_ms);
        }
    }
    return e || count ? e : relay_dao_forget(ctx->app->db, now - 10 * lease_ms);
}

enum err presence_sync(struct context *ctx, const struct room_position *rooms, int count, struct room_position **ahead,
                       int *ahead_count)
{
    int64_t now = context_now_ms(ctx), lease_ms = ctx->app->config->relay_lease_ms, alive_since;
    enum err e = relay_dao_renew(ctx->app->db, ctx->relay, now, now + lease_ms, &alive_since);
    if (!e)
        e = event_dao_ahead(ctx->app->db, ctx->arena, rooms, count, ahead, ahead_count);
    if (e || now - alive_since <= lease_ms)
        return e;
    /* what was not swept is swept next time; the relay needs its answer now */
    enum err swept = sweep(ctx);
    if (swept)
        log_event(LOG_WARN, "sweep_failed", "code", err_code(swept), NULL);
    return ERR_OK;
}

struct unconnected {
    int64_t user_id;
    int64_t before_ms;
};

static enum err unconnected_change(struct room_change *room, void *arg)
{
    const struct unconnected *u = arg;
    struct participant p;
    enum err e = participant_find_present(room->ctx, room->state.id, u->user_id, &p);
    if (e)
        return e == ERR_NOT_JOINED ? ERR_OK : e;
    bool given_up = !p.connection && p.joined_at_ms <= u->before_ms;
    return given_up ? leave_vacate(room, &p, PARTICIPANT_LEFT, "timeout", CLOSE_COME_BACK) : ERR_OK;
}

static enum err give_up_unconnected(struct context *ctx, const struct orphan *seat, int64_t before_ms)
{
    struct unconnected u = {seat->user_id, before_ms};
    enum err e = room_change(ctx, seat->meeting_id, unconnected_change, &u);
    if (e)
        log_event(LOG_WARN, "sweep_failed", "meeting", LOG_INT(seat->meeting_id), "code", err_code(e), NULL);
    return e;
}

enum err presence_sweep_unconnected(struct context *ctx, int *count)
{
    struct orphan *seats;
    int n, done = 0;
    int64_t grace_ms = ctx->app->config->grace_unconnected_ms, before_ms = context_now_ms(ctx) - grace_ms;
    if (!grace_ms)
        return ERR_OK;
    enum err e = participant_dao_unconnected(ctx->app->db, ctx->arena, before_ms, LIMIT_DUE_MEETINGS, &seats, &n);
    if (e)
        return e;
    for (int i = 0; i < n && e != ERR_DB_LOST; i++) {
        e = give_up_unconnected(ctx, &seats[i], before_ms);
        done += !e;
    }
    *count = done;
    return e == ERR_DB_LOST ? e : ERR_OK;
}
