#include "media/node.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/envelope.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/map.h"
#include "core/media_wire.h"
#include "core/relay_wire.h"
#include "core/skim.h"
#include "media/event.h"
#include "media/room.h"
#include "roomlog/backend.h"
#include "roomlog/follower.h"

enum {
    ID_SIZE = 64,
    LOST_MS = 3000, /* a room of a Janus that is gone waits this long for the next one, then another node may have it */
    ASK_MS = 200,   /* before a snapshot that was not answered is asked for again; twice as long each time */
    STALE_ASKS = 3, /* a snapshot that is older than what was read already is asked for again so often */
    LEASE_LOOK_MS = 100
};

/* HELD_WAITING: what it needs (Janus, the snapshot) is not there yet. HELD_LOST: Janus lost it, and it needs a new
 * epoch.
 */
enum held_state { HELD_WAITING, HELD_WORKS, HELD_LOST };

/* A meeting that the workers gave to this node. */
struct held {
    LIST_ENTRY(held) link;
    struct map_node by_meeting;
    struct node *node;
    int64_t meeting_id, epoch;
    enum held_state state;
    double lost_s;
    struct reader reader;
    struct room *room; /* HELD_WORKS */
    struct rpc *ask;   /* for a snapshot */
    ev_timer again;    /* the next one */
    int failures;      /* snapshots in a row that were not answered */
    int stale;         /* snapshots in a row that were too old */
    bool mute;         /* microphones were shut, and nobody knows whose */
};

LIST_HEAD(held_list, held);

struct node {
    struct node_setup is;
    struct follower *follower; /* NULL until Janus works for the first time */
    struct follower_numbers numbers;
    struct room_options options;
    char id[ID_SIZE];
    char version[LIMIT_MEDIA_VERSION_CHARS + 1];
    bool janus_up;
    struct map by_meeting;
    struct held_list held;
    struct held_list ended; /* freed at the end of the turn: their reader may be the one that is told something */
    enum media_node_state state, told;
    double told_s;    /* when the last sync went out */
    double renewed_s; /* when the last one that was answered had gone out */
    bool drain_heard; /* a sync that said so is over */
    ev_timer lease;
};

static void ask_snapshot(struct held *h);

/* ---- what is held ---- */

static struct held *find_held(const struct node *node, int64_t meeting_id)
{
    struct map_node *found = map_find(&node->by_meeting, meeting_id, 0);
    return found ? MAP_ITEM(found, struct held, by_meeting) : NULL;
}

/* Ends its media; the meeting stays with this node. */
static void shut(struct held *h)
{
    follower_leave(&h->reader);
    backend_cancel(&h->ask);
    ev_timer_stop(h->node->is.loop, &h->again);
    room_free(&h->room);
}

/* The meeting is no business of this node any more. */
static void end_held(struct held *h, const char *why)
{
    log_event(LOG_INFO, "room_left", "meeting", LOG_INT(h->meeting_id), "epoch", LOG_INT(h->epoch), "why", why, NULL);
    shut(h);
    map_remove(&h->node->by_meeting, &h->by_meeting);
    LIST_REMOVE(h, link);
    LIST_INSERT_HEAD(&h->node->ended, h, link);
}

static void end_all(struct node *node, const char *why)
{
    while (LIST_FIRST(&node->held))
        end_held(LIST_FIRST(&node->held), why);
}

static void free_ended(struct node *node)
{
    struct held *h;
    while ((h = LIST_FIRST(&node->ended))) {
        LIST_REMOVE(h, link);
        free(h);
    }
}

static void on_again(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    ask_snapshot(watcher->data);
}

static void lose(struct held *h)
{
    shut(h);
    h->state = HELD_LOST;
    h->lost_s = clock_elapsed_s();
}

static void take(struct node *node, int64_t meeting_id, int64_t epoch)
{
    struct held *h = find_held(node, meeting_id);
    if (h && h->epoch == epoch)
        return;
    if (h)
        end_held(h, "epoch");
    h = calloc(1, sizeof *h);
    if (!h || !map_add(&node->by_meeting, &h->by_meeting, meeting_id, 0)) {
        free(h); /* the workers will say it again */
        return;
    }
    h->node = node;
    h->meeting_id = meeting_id;
    h->epoch = epoch;
    ev_timer_init(&h->again, on_again, 0, 0);
    h->again.data = h;
    LIST_INSERT_HEAD(&node->held, h, link);
    log_event(LOG_INFO, "room_taken", "meeting", LOG_INT(meeting_id), "epoch", LOG_INT(epoch), NULL);
    ask_snapshot(h);
}

/* ---- what rooms say ---- */

static void publish(struct held *h, const struct audience *audience, const char *json, size_t len)
{
    struct buf frame = {0}, line = {0}, word = {0};
    buf_printf(&frame, "{\"type\":\"media_signal\",\"meetingId\":%lld,\"from\":0,\"data\":", (long long)h->meeting_id);
    buf_append(&frame, json, len);
    buf_putc(&frame, '}');
    envelope_write_audience(&word, audience);
    if (!frame.failed && !word.failed)
        envelope_write(&line, h->meeting_id, 0, word.data, ENVELOPE_NO_EFFECT, frame.data);
    if (line.data && !line.failed)
        follower_publish(h->reader.room, line.data, line.len);
    buf_free(&frame);
    buf_free(&line);
    buf_free(&word);
}

/* What is lost on the way is asked for again. */
static void on_say(void *data, int64_t user_id, const char *json, size_t len)
{
    struct held *h = data;
    struct audience audience = user_id ? audience_users(&user_id, 1) : audience_others(0, h->node->id);
    if (h->reader.room)
        publish(h, &audience, json, len);
}

/* With the next sync, not at once: what is refused again and again is not to be asked for at full speed. */
static void on_failed(void *data) { lose(data); }

static const struct room_hooks room_hooks = {.say = on_say, .failed = on_failed};

/* ---- snapshots ---- */

struct snapshot {
    int64_t seq;
    struct room_seat *seats;
    size_t count, cap;
};

static bool add_seat(struct snapshot *s, const struct media_wire_member *m)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        struct room_seat *seats = realloc(s->seats, cap * sizeof *seats);
        if (!seats)
            return false;
        s->seats = seats;
        s->cap = cap;
    }
    s->seats[s->count++] = (struct room_seat){m->user_id, {m->audio, m->video, m->screen}};
    return true;
}

/* False where it cannot be read, or memory runs out. seats are the caller's to free in any case. */
static bool read_snapshot(struct slice text, int64_t meeting_id, struct snapshot *s)
{
    struct slice line;
    struct media_wire_member member;
    int64_t meeting;
    if (!relay_wire_line(&text, &line) || !relay_wire_position_read(line, &meeting, &s->seq) || meeting != meeting_id)
        return false;
    while (relay_wire_line(&text, &line))
        if (!media_wire_member_read(line, &member) || !add_seat(s, &member))
            return false;
    return true;
}

static void ask_again(struct held *h, int ms)
{
    ev_timer_set(&h->again, ms / 1000.0, 0);
    ev_timer_start(h->node->is.loop, &h->again);
}

/* While nobody says whose microphones are off, all are. */
static void ask_failed(struct held *h)
{
    int ms = h->failures < 5 ? ASK_MS << h->failures : LIMIT_RETRY_MS;
    h->failures++;
    if (h->mute && h->room)
        room_mute(h->room);
    ask_again(h, ms);
}

/* From the snapshot on the log says what changes. */
static void apply(struct held *h, const struct snapshot *s)
{
    struct node *node = h->node;
    h->failures = h->stale = 0;
    h->mute = false;
    if (!h->room)
        h->room = room_new(node->is.loop, node->is.janus, &node->options, node->is.random, h->meeting_id, h->epoch,
                           &room_hooks, h);
    if (!h->room) {
        ask_failed(h);
        return;
    }
    h->state = HELD_WORKS;
    room_set_members(h->room, s->seats, s->count);
    follower_leave(&h->reader);
    if (!follower_read(node->follower, &h->reader, h->meeting_id, s->seq, s->seq))
        lose(h);
}

static void on_snapshot(void *data, const struct reply *reply)
{
    struct held *h = data;
    struct snapshot s = {0};
    h->ask = NULL;
    if (reply->err == ERR_OK && reply->status >= 400 && reply->status < 500)
        end_held(h, "refused");
    else if (!reply_ok(reply) || !read_snapshot(reply->body, h->meeting_id, &s))
        ask_failed(h);
    else if (h->reader.room && s.seq < h->reader.position && ++h->stale <= STALE_ASKS)
        ask_again(h, 0);
    else
        apply(h, &s);
    free(s.seats);
}

/* Asks for what everybody's flags are, unless that is on its way or Janus is not there. */
static void ask_snapshot(struct held *h)
{
    char path[64];
    if (h->ask || !h->node->janus_up || h->state == HELD_LOST)
        return;
    ev_timer_stop(h->node->is.loop, &h->again);
    snprintf(path, sizeof path, "/internal/meetings/%lld/media", (long long)h->meeting_id);
    struct call_request request = {.method = "GET", .path = path};
    h->ask = backend_call(h->node->is.backend, &request, on_snapshot, h);
    if (!h->ask)
        ask_failed(h);
}

/* One that is on its way may have been read before what has happened now. */
static void ask_anew(struct held *h)
{
    backend_cancel(&h->ask);
    ask_snapshot(h);
}

/* ---- what the log says ---- */

/* A lower epoch is one of before; ours is the one by which this node has the meeting. */
static void on_moved(struct held *h, const struct media_event *e)
{
    if (e->epoch < h->epoch || (e->over_server && e->epoch == h->epoch))
        return;
    follower_sync(h->node->follower);
    end_held(h, "moved");
}

static void on_event(void *data, struct reader *reader, struct event *event)
{
    struct held *h = (struct held *)(void *)((char *)reader - offsetof(struct held, reader));
    const struct media_event *e = event->payload;
    (void)data;
    switch (media_event_of(e, &event->effect)) {
    case MEDIA_EVENT_NONE: break;
    case MEDIA_EVENT_MEMBER: room_set_member(h->room, e->user_id, e->flags); break;
    case MEDIA_EVENT_LEFT: room_remove_member(h->room, e->user_id); break;
    case MEDIA_EVENT_AWAY: room_set_away(h->room, e->user_id); break;
    case MEDIA_EVENT_CLOSED: room_drop_connections(h->room, e->user_id); break;
    case MEDIA_EVENT_TAKEN: room_seat_taken(h->room, e->user_id); break;
    case MEDIA_EVENT_MUTED:
        h->mute = true;
        ask_anew(h);
        break;
    case MEDIA_EVENT_LOOK: ask_anew(h); break;
    case MEDIA_EVENT_MOVED: on_moved(h, e); break;
    case MEDIA_EVENT_ENDED: end_held(h, "ended"); break;
    }
}

static void on_gone(void *data, struct reader *reader)
{
    (void)data;
    ask_anew((struct held *)(void *)((char *)reader - offsetof(struct held, reader)));
}

static void *make_payload(const char *frame, size_t len)
{
    struct media_event *e = malloc(sizeof *e);
    if (e)
        *e = media_event_read(frame, len);
    return e;
}

/* A page's signal; all others are for pages. */
static void on_signal(void *data, struct followed_room *followed, const struct envelope *envelope)
{
    static const char *const names[] = {"type", "from", "data"};
    const struct node *node = data;
    const struct held *h = find_held(node, followed_meeting(followed));
    struct slice value[3], frame = {envelope->frame, envelope->frame_len};
    int64_t from;
    if (!h || !h->room || envelope->audience_len != 1 || *envelope->audience != *ENVELOPE_TO_NODE)
        return;
    if (skim_check(frame.at, frame.len, LIMIT_JSON_DEPTH + 1) && skim_members(frame, names, value, 3) &&
        skim_is(value[0], "media_signal") && skim_int(value[1], &from) && value[2].at)
        room_signal(h->room, from, value[2].at, value[2].len);
}

/* ---- what is told to the workers, and heard ---- */

static void tell_room(struct buf *out, const struct held *h, double now)
{
    struct media_wire_room line = {.meeting_id = h->meeting_id, .epoch = h->epoch};
    line.lost = h->state == HELD_LOST && (h->node->janus_up || (now - h->lost_s) * 1000 > LOST_MS);
    if (line.lost || h->state == HELD_WORKS)
        media_wire_room_write(out, &line);
}

/* Without Janus there is no room for anything. */
static void on_tell(void *data, struct buf *out)
{
    struct node *node = data;
    const struct held *h;
    struct media_wire_node line = {.state = node->state, .version = {node->version, strlen(node->version)}};
    line.capacity_pps = node->janus_up ? node->is.config->media_capacity_pps : 0;
    LIST_FOREACH(h, &node->held, link) line.load_pps += h->room ? room_load_pps(h->room) : 0;
    media_wire_node_write(out, &line);
    node->told = node->state;
    node->told_s = clock_elapsed_s();
    LIST_FOREACH(h, &node->held, link) tell_room(out, h, node->told_s);
}

/* The answer to what was said before this node began anew is about rooms that it has no more. */
static void on_heard(void *data, struct slice line)
{
    struct node *node = data;
    struct media_wire_order order;
    if (node->told != node->state || !media_wire_order_read(line, &order))
        return;
    struct held *h = find_held(node, order.meeting_id);
    if (!order.leave && node->state != MEDIA_NODE_DRAINING)
        take(node, order.meeting_id, order.epoch);
    else if (order.leave && h)
        end_held(h, "told");
}

static void begin_active(struct node *node)
{
    node->state = MEDIA_NODE_ACTIVE;
    log_event(LOG_INFO, "active", "node", node->is.name, "janus", node->version, NULL);
}

static void on_synced(void *data, bool answered)
{
    struct node *node = data;
    node->drain_heard |= node->told == MEDIA_NODE_DRAINING;
    if (!answered)
        return;
    node->renewed_s = node->told_s;
    if (node->told == MEDIA_NODE_STARTING && node->state == MEDIA_NODE_STARTING)
        begin_active(node);
}

static void on_lease(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct node *node = watcher->data;
    double silent_s = clock_elapsed_s() - node->renewed_s;
    bool holds = node->state == MEDIA_NODE_ACTIVE || !LIST_EMPTY(&node->held);
    if (node->state == MEDIA_NODE_STARTING || !holds || silent_s * 1000 < (double)node->is.config->media_lease_ms)
        return;
    log_event(LOG_WARN, "lease_lost", "ms", LOG_INT((int64_t)(silent_s * 1000)), NULL);
    end_all(node, "lease");
    if (node->state == MEDIA_NODE_ACTIVE)
        node->state = MEDIA_NODE_STARTING;
}

/* ---- Janus ---- */

static bool follow(struct node *node)
{
    static const struct follower_hooks hooks = {.payload = {make_payload, free},
                                                .event = on_event,
                                                .gone = on_gone,
                                                .signal = on_signal,
                                                .tell = on_tell,
                                                .heard = on_heard,
                                                .synced = on_synced};
    node->follower = follower_new(&(struct follower_setup){.loop = node->is.loop,
                                                           .config = node->is.config,
                                                           .backend = node->is.backend,
                                                           .id = node->id,
                                                           .sync_path = "/internal/media/sync",
                                                           .sync_ms = node->is.config->media_sync_ms,
                                                           .hooks = &hooks,
                                                           .data = node,
                                                           .numbers = &node->numbers});
    return node->follower;
}

bool node_janus_up(struct node *node, int version)
{
    struct held *h;
    snprintf(node->version, sizeof node->version, "%d.%d.%d", version / 1000000, version / 1000 % 1000, version % 1000);
    node->janus_up = true;
    LIST_FOREACH(h, &node->held, link) ask_snapshot(h);
    if (!node->follower)
        return follow(node);
    follower_sync(node->follower);
    return true;
}

void node_janus_down(struct node *node)
{
    struct held *h;
    node->janus_up = false;
    LIST_FOREACH(h, &node->held, link)
    if (h->state == HELD_WORKS)
        lose(h);
}

/* ---- beginning and end ---- */

void node_drain(struct node *node)
{
    node->state = MEDIA_NODE_DRAINING;
    if (node->follower)
        follower_sync(node->follower);
}

bool node_is_drained(const struct node *node)
{
    return node->state == MEDIA_NODE_DRAINING && (node->drain_heard || !node->follower) && LIST_EMPTY(&node->held);
}

void node_end_turn(struct node *node)
{
    free_ended(node);
    if (!node->follower)
        return;
    follower_flush(node->follower);
    follower_end_turn(node->follower);
}

struct node *node_new(const struct node_setup *setup)
{
    unsigned char bytes[4];
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->is = *setup;
    node->options = (struct room_options){setup->admin_key, setup->rates, setup->config->media_max_kbits};
    random_fill(setup->random, bytes, sizeof bytes);
    snprintf(node->id, sizeof node->id, "%s-%02x%02x%02x%02x", setup->name, bytes[0], bytes[1], bytes[2], bytes[3]);
    LIST_INIT(&node->held);
    LIST_INIT(&node->ended);
    ev_timer_init(&node->lease, on_lease, LEASE_LOOK_MS / 1000.0, LEASE_LOOK_MS / 1000.0);
    node->lease.data = node;
    ev_timer_start(setup->loop, &node->lease);
    return node;
}

void node_free(struct node **node_)
{
    struct node *node = *node_;
    *node_ = NULL;
    if (!node)
        return;
    ev_timer_stop(node->is.loop, &node->lease);
    end_all(node, "end");
    free_ended(node);
    follower_free(&node->follower);
    map_free(&node->by_meeting);
    free(node);
}
