#include "service/media_node.h"

#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "service/media.h"
#include "service/setting.h"

/* ---- moving a meeting ---- */

bool media_node_is_wanted(const struct context *ctx, const struct meeting_state *m)
{
    if (m->status != MEETING_ONGOING || m->media_mode != MEDIA_MESH || m->participant_count == 0)
        return false;
    return setting_is(m->settings, SETTING_MEDIA_SERVER) || m->participant_count > ctx->app->config->mesh_max;
}

/* ERR_DB_NO_ROW: none, so mesh. own: that carries the meeting already; 0: none does. */
static enum err choose(const struct context *ctx, int64_t own, int64_t *node)
{
    int64_t now = context_now_ms(ctx);
    enum err e = media_node_dao_choose(ctx->app->db, now, LIMIT_MEDIA_NEW_PPS, node);
    if (e != ERR_DB_NO_ROW || !own)
        return e;
    e = media_node_dao_stay(ctx->app->db, own, now, LIMIT_MEDIA_NEW_PPS);
    if (!e)
        *node = own;
    return e;
}

enum err media_node_move(struct room_change *room)
{
    struct meeting_state *s = &room->state;
    int64_t node = 0;
    enum err e = context_no_row(choose(room->ctx, s->media_node, &node), ERR_OK);
    if (e || (!node && s->media_mode == MEDIA_MESH))
        return e;
    log_event(LOG_INFO, "media_moved", "meeting", LOG_INT(s->id), "from", LOG_INT(s->media_node), "to", LOG_INT(node),
              "epoch", LOG_INT(s->media_epoch + 1), NULL);
    s->media_mode = node ? MEDIA_SFU : MEDIA_MESH;
    s->media_node = node;
    s->media_epoch++;
    struct event_draft *event = event_begin(&room->log, EVENT_MEDIA_MOVED, 0);
    event->actor_id = 0; /* whoever's call it was did not ask for it */
    json_str(&event->data, "mode", media_mode_name(s->media_mode));
    json_int(&event->data, "epoch", s->media_epoch);
    return event_end(event);
}

void media_node_release(struct meeting_state *m)
{
    if (m->media_mode == MEDIA_MESH)
        return;
    m->media_mode = MEDIA_MESH;
    m->media_node = 0;
    m->media_epoch++;
}

bool media_node_has_room(struct context *ctx)
{
    struct media_memory *memory = &ctx->app->media;
    int64_t now = context_now_ms(ctx);
    if (memory->asked_ms && now >= memory->asked_ms && now - memory->asked_ms < LIMIT_MEDIA_KNOWN_MS)
        return memory->has_room;
    bool has = false;
    if (media_node_dao_has_room(ctx->app->db, now, LIMIT_MEDIA_NEW_PPS, &has))
        return false;
    memory->asked_ms = now;
    memory->has_room = has;
    return has;
}

static enum err wanted_change(struct room_change *room, void *arg)
{
    bool *moved = arg;
    enum err e = media_node_is_wanted(room->ctx, &room->state) ? media_node_move(room) : ERR_OK;
    *moved = room->log.count > 0;
    return e;
}

enum err media_node_move_wanted(struct context *ctx, const struct meeting_state *m, bool *moved)
{
    bool did = false;
    *moved = false;
    if (!media_node_is_wanted(ctx, m) || !media_node_has_room(ctx))
        return ERR_OK;
    enum err e = room_change(ctx, m->id, wanted_change, &did);
    *moved = !e && did;
    return e;
}

/* ---- moving the meetings of a node ---- */

/* Which meeting is to go; it does where nobody moved it before. */
struct leaving {
    int64_t node_id;
    int64_t epoch; /* that it must have; 0: any */
    bool if_dead;  /* only where the node's lease has ended */
};

/* A lease is over without a doubt once it is for the clock of every worker. */
static int64_t surely_over_ms(const struct context *ctx) { return context_now_ms(ctx) - LIMIT_CLOCK_MS; }

static enum err leaving_change(struct room_change *room, void *arg)
{
    const struct leaving *l = arg;
    const struct meeting_state *s = &room->state;
    bool alive = false;
    if (s->media_node != l->node_id || (l->epoch && s->media_epoch != l->epoch))
        return ERR_OK;
    enum err e = l->if_dead
                     ? media_node_dao_has_lease(room->ctx->app->db, l->node_id, surely_over_ms(room->ctx), &alive)
                     : ERR_OK;
    return e || alive ? e : media_node_move(room);
}

/* What fails is logged; whoever comes by next does it. */
static enum err move_off(struct context *ctx, int64_t meeting_id, struct leaving leaving)
{
    enum err e = room_change(ctx, meeting_id, leaving_change, &leaving);
    if (e)
        log_event(LOG_WARN, "media_not_moved", "meeting", LOG_INT(meeting_id), "code", err_code(e), NULL);
    return e;
}

static enum err move_rooms(struct context *ctx, int64_t node_id, int64_t limit)
{
    struct media_room *rooms;
    int count;
    enum err e = media_node_dao_rooms(ctx->app->db, ctx->arena, node_id, limit, &rooms, &count), failed = ERR_OK;
    for (int i = 0; i < count && !e; i++) {
        enum err moved = move_off(ctx, rooms[i].meeting_id, (struct leaving){.node_id = node_id});
        failed = failed ? failed : moved;
        e = moved == ERR_DB_LOST ? moved : ERR_OK;
    }
    return failed;
}

static void move_lost(struct context *ctx, const struct media_node_call *call, int64_t node_id)
{
    enum err e = ERR_OK;
    for (int i = 0; i < call->room_count && e != ERR_DB_LOST; i++)
        if (call->rooms[i].lost)
            e = move_off(ctx, call->rooms[i].meeting_id, (struct leaving){node_id, call->rooms[i].epoch, false});
}

/* A node that has just come up: meetings that went on in mesh because none was there. */
static enum err take_crowded(struct context *ctx, const struct media_node *node)
{
    int64_t *ids, young_ms = 2 * ctx->app->config->media_lease_ms;
    int count;
    bool moved = true;
    if (node->is_draining || node->is_drained || context_now_ms(ctx) - node->alive_since_ms > young_ms)
        return ERR_OK;
    enum err e = media_node_dao_crowded(ctx->app->db, ctx->arena, ctx->app->config->mesh_max, SETTING_MEDIA_SERVER,
                                        LIMIT_MEDIA_MOVES, &ids, &count);
    for (int i = 0; i < count && !e && moved; i++)
        e = room_change(ctx, ids[i], wanted_change, &moved);
    return e;
}

static enum err move_what_must(struct context *ctx, const struct media_node_call *call, const struct media_node *node)
{
    if (call->node.state == MEDIA_NODE_STARTING) {
        enum err e = media_node_dao_forget(ctx->app->db, context_now_ms(ctx) - LIMIT_MEDIA_FORGOTTEN_MS);
        if (!e)
            e = move_rooms(ctx, node->id, LIMIT_SYNC_ROOMS);
        if (e)
            return e;
    } else if (node->is_draining || node->is_drained) {
        enum err e = move_rooms(ctx, node->id, LIMIT_MEDIA_MOVES);
        if (e == ERR_DB_LOST)
            return e;
    }
    move_lost(ctx, call, node->id);
    enum err e = take_crowded(ctx, node);
    if (e)
        log_event(LOG_WARN, "media_not_moved", "code", err_code(e), NULL);
    return ERR_OK;
}

/* ---- what nodes ask ---- */

static bool names(const struct media_node_call *call, const struct media_room *room)
{
    for (int i = 0; i < call->room_count; i++)
        if (!call->rooms[i].lost && call->rooms[i].meeting_id == room->meeting_id &&
            call->rooms[i].epoch == room->epoch)
            return true;
    return false;
}

/* By halving: they are in order. */
static bool is_among(const struct media_room *rooms, int count, int64_t meeting_id)
{
    int from = 0;
    while (count > 0) {
        int half = count / 2;
        if (rooms[from + half].meeting_id == meeting_id)
            return true;
        if (rooms[from + half].meeting_id < meeting_id) {
            from += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return false;
}

static enum err give_orders(struct context *ctx, const struct media_node_call *call, int64_t node_id,
                            struct media_node_answer *out)
{
    struct media_room *rooms;
    int count, n = 0;
    enum err e = media_node_dao_rooms(ctx->app->db, ctx->arena, node_id, LIMIT_SYNC_ROOMS, &rooms, &count);
    if (e)
        return e;
    out->orders = arena_array(ctx->arena, (size_t)(count + call->room_count) + 1, sizeof *out->orders);
    for (int i = 0; i < count; i++)
        if (!names(call, &rooms[i]))
            out->orders[n++] = (struct media_wire_order){false, rooms[i].meeting_id, rooms[i].epoch};
    for (int i = 0; i < call->room_count; i++)
        if (!is_among(rooms, count, call->rooms[i].meeting_id))
            out->orders[n++] = (struct media_wire_order){.leave = true, .meeting_id = call->rooms[i].meeting_id};
    out->order_count = n;
    return ERR_OK;
}

static struct media_node_report report_of(const struct context *ctx, const struct media_node_call *call)
{
    const struct media_wire_node *n = &call->node;
    return (struct media_node_report){
        .name = call->name,
        .starts = n->state == MEDIA_NODE_STARTING,
        .is_draining = n->state == MEDIA_NODE_DRAINING,
        .capacity_pps = n->capacity_pps < LIMIT_MEDIA_PPS ? n->capacity_pps : LIMIT_MEDIA_PPS,
        .load_pps = n->load_pps < LIMIT_MEDIA_PPS ? n->load_pps : LIMIT_MEDIA_PPS,
        .version = arena_strndup(ctx->arena, n->version.at, n->version.len),
    };
}

enum err media_node_sync(struct context *ctx, const struct media_node_call *call, struct media_node_answer *out)
{
    struct media_node node;
    struct media_node_answer answer = {0};
    const struct media_node_report report = report_of(ctx, call);
    int64_t now = context_now_ms(ctx);
    enum err e =
        media_node_dao_report(ctx->app->db, ctx->arena, &report, now, now + ctx->app->config->media_lease_ms, &node);
    if (!e)
        e = move_what_must(ctx, call, &node);
    if (!e)
        e = give_orders(ctx, call, node.id, &answer);
    if (!e)
        e = event_dao_ahead(ctx->app->db, ctx->arena, call->positions, call->position_count, &answer.ahead,
                            &answer.ahead_count);
    if (!e)
        *out = answer;
    return e;
}

struct members_read {
    struct context *ctx;
    int64_t meeting_id;
    struct participant *items;
    int count;
    int64_t seq;
};

static enum err members_body(void *arg)
{
    struct members_read *r = arg;
    struct db *db = r->ctx->app->db;
    enum err e = event_dao_last_seq(db, r->meeting_id, &r->seq);
    return e ? context_no_row(e, ERR_NOT_FOUND)
             : participant_dao_list(db, r->ctx->arena, r->meeting_id, false, &r->items, &r->count);
}

enum err media_node_members(struct context *ctx, int64_t meeting_id, struct participant **items, int *count,
                            int64_t *seq)
{
    struct members_read r = {.ctx = ctx, .meeting_id = meeting_id};
    enum err e = db_snapshot(ctx->app->db, members_body, &r);
    if (e)
        return e;
    *items = r.items;
    *count = r.count;
    *seq = r.seq;
    return ERR_OK;
}

/* ---- housekeeping and administrators ---- */

/* Whether this worker looked often enough, for as long as a lease lasts, to have seen the database there. */
static bool is_steady(struct context *ctx)
{
    const struct config *config = ctx->app->config;
    struct media_memory *memory = &ctx->app->media;
    int64_t now = context_now_ms(ctx);
    int64_t most =
        3 * config->housekeeping_ms > config->media_lease_ms ? 3 * config->housekeeping_ms : config->media_lease_ms;
    if (!memory->looked_ms || now < memory->looked_ms || now - memory->looked_ms > most)
        memory->steady_ms = now;
    memory->looked_ms = now;
    return now - memory->steady_ms >= config->media_lease_ms;
}

enum err media_node_sweep(struct context *ctx, int *count)
{
    struct media_orphan *orphans;
    int found;
    enum err e =
        media_node_dao_orphans(ctx->app->db, ctx->arena, surely_over_ms(ctx), LIMIT_DUE_MEETINGS, &orphans, &found);
    *count = 0;
    if (e || !is_steady(ctx))
        return e;
    for (int i = 0; i < found && e != ERR_DB_LOST; i++) {
        e = move_off(ctx, orphans[i].meeting_id, (struct leaving){.node_id = orphans[i].node_id, .if_dead = true});
        *count += !e;
    }
    return e == ERR_DB_LOST ? e : ERR_OK;
}

enum err media_node_list(struct context *ctx, struct media_node **items, int *count)
{
    return media_node_dao_list(ctx->app->db, ctx->arena, items, count);
}

struct draining {
    struct context *ctx;
    const char *name;
    bool drained;
};

static enum err drain_body(void *arg)
{
    const struct draining *d = arg;
    return media_node_dao_set_drained(d->ctx->app->db, d->name, d->drained);
}

enum err media_node_set_drained(struct context *ctx, const char *name, bool drained)
{
    struct draining d = {ctx, name, drained};
    struct media_node *items;
    int count;
    enum err e = db_transaction(ctx->app->db, drain_body, &d);
    if (e != ERR_DB_NO_ROW)
        return e;
    /* it is so already, or there is none */
    e = media_node_list(ctx, &items, &count);
    for (int i = 0; i < count && !e; i++)
        if (strcmp(items[i].name, name) == 0)
            return ERR_OK;
    return e ? e : fault_set(&ctx->fault, ERR_NOT_FOUND, NULL, "There is no media node with that name.");
}
