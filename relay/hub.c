#include "relay/hub.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/envelope.h"
#include "core/limits.h"
#include "core/log.h"
#include "relay/backend.h"
#include "relay/conn.h"
#include "relay/map.h"
#include "relay/stream.h"
#include "relay/subscriber.h"
#include "relay/sync.h"

enum { TRIM_EVENTS = 1000 /* forgotten at once */ };

struct room {
    struct hub *hub;
    int64_t meeting_id;
    struct map_node by_meeting;
    uint32_t index; /* in hub->rooms */
    struct stream stream;
    struct conn **members;
    uint32_t count, cap;
    bool gap;       /* counted as one */
    bool behind;    /* a member may have passed less than the stream has let out */
    bool ask;       /* a fetch is due whether or not a gap is known */
    bool confirmed; /* the subscription stood once */
    bool empty;     /* listed in hub->empty */
    struct room *next_empty;
    unsigned failures; /* fetches in a row that brought nothing */
    struct rpc *fetch;
    int64_t fetch_after;
    ev_timer timer; /* the next fetch */
};

/* The hub's link to one Redis server. */
struct redis_link {
    struct hub *hub;
    struct subscriber *subscriber;
};

struct hub {
    struct relay *relay;
    struct sync *sync;
    struct redis_servers servers;
    struct redis_link links[REDIS_SERVERS];
    struct map rooms_by_meeting;
    struct map conns_by_user; /* by meeting and user */
    struct room **rooms;
    uint32_t count, cap;
    uint32_t compared;  /* where the next comparison begins */
    ev_timer age;       /* recent events that are recent no more */
    struct room *empty; /* rooms to end at the end of the turn, if they are still empty */
};

static void look_after(struct room *room);

/* The Redis server that has a meeting's news. */
static struct subscriber *subscriber_of(const struct hub *hub, int64_t meeting_id)
{
    return hub->links[redis_server_of(meeting_id, hub->servers.count)].subscriber;
}

/* ---- delivery ---- */

/* Whether the effect of an event is about this connection. */
static bool effect_hits(const struct event *e, const struct conn *c)
{
    switch (e->effect.kind) {
    case EFFECT_NONE: return false;
    case EFFECT_ALL: return true;
    case EFFECT_USER:
    case EFFECT_OUTSIDE: return e->effect.user_id == c->user_id;
    case EFFECT_CONNECTION: return conn_has_name(c, e->effect.connection);
    }
    return false;
}

/* Who is outside gets only what names them. */
static bool concerns(const struct envelope *e, const struct conn *c)
{
    return c->outside ? envelope_names(e, c->user_id) : envelope_concerns(e, c->user_id);
}

/* Lets a member pass an event when it is the next one: who is further has passed it, who is behind will in order. */
static void deliver_in_order(struct conn *c, struct event *e)
{
    if (e->seq != c->position + 1)
        return;
    c->position = e->seq;
    if (e->seq > c->shown && concerns(&e->envelope, c))
        conn_send(c, e->frame);
    if (!c->room || !effect_hits(e, c))
        return;
    if (e->effect.kind == EFFECT_OUTSIDE) {
        c->outside = true;
        return;
    }
    /* The event that ends a stay has been sent; the seat is gone already, so nobody need be told. Of a connection that
     * is closed by its name the workers are told like of one that broke: they know whose the seat is. */
    hub_leave(c);
    if (e->effect.kind != EFFECT_CONNECTION || !e->effect.close_code)
        c->seat = 0;
    if (e->effect.close_code && e->effect.kind == EFFECT_ALL)
        conn_close_answered(c, e->effect.close_code);
    else if (e->effect.close_code)
        conn_close(c, e->effect.close_code);
}

/* Backwards: members leave while this goes on, and the last one takes the place of one who left. */
static void deliver(struct room *room, struct event *e)
{
    for (uint32_t i = room->count; i-- > 0;)
        deliver_in_order(room->members[i], e);
}

/* Lets out what has its turn. */
static void pump(struct room *room)
{
    for (struct event *e; (e = stream_next(&room->stream));) {
        deliver(room, e);
        event_unref(&e);
    }
}

/* Brings one member up to the stream from what is kept, as far as that goes. */
static void catch_up(struct room *room, struct conn *c)
{
    while (c->room == room && c->position < room->stream.seq) {
        struct event *e = stream_kept(&room->stream, c->position + 1);
        if (!e) {
            room->behind = true;
            return;
        }
        deliver_in_order(c, e);
    }
}

/* ---- fetching what is missing ---- */

/* The number behind which the room, or its member who is furthest behind, misses events. */
static int64_t fetch_from(const struct room *room)
{
    int64_t after = room->stream.seq;
    for (uint32_t i = 0; room->behind && i < room->count; i++)
        if (room->members[i]->position < after)
            after = room->members[i]->position;
    return after;
}

/* The log does not hold the events up to seq any more. Who misses them comes back for a whole picture. */
static void give_up(struct room *room, int64_t seq)
{
    log_event(LOG_WARN, "events_gone", "meeting", LOG_INT(room->meeting_id), "up_to", LOG_INT(seq), NULL);
    for (uint32_t i = room->count; i-- > 0;)
        if (room->members[i]->position < seq)
            conn_close(room->members[i], WS_CODE_RESTART);
    stream_skip(&room->stream, seq);
}

static void take_line(struct room *room, const char *line, size_t len, int64_t *last)
{
    struct envelope envelope;
    if (!envelope_read(line, len, &envelope) || envelope.meeting_id != room->meeting_id || envelope.seq <= *last) {
        log_event(LOG_ERROR, "bad_envelope", "meeting", LOG_INT(room->meeting_id), NULL);
        return;
    }
    if (envelope.seq > *last + 1)
        give_up(room, envelope.seq - 1);
    *last = envelope.seq;
    struct event *e = event_new(&envelope);
    if (!e)
        return;
    if (e->seq <= room->stream.seq)
        deliver(room, e);
    stream_push(&room->stream, e);
    event_unref(&e);
    pump(room);
}

static void on_fetched(void *data, const struct reply *reply)
{
    struct room *room = data;
    int64_t last = room->fetch_after;
    room->fetch = NULL;
    if (reply_ok(reply)) {
        const char *p = reply->body.at, *end = p + reply->body.len;
        while (p < end) {
            const char *nl = memchr(p, '\n', (size_t)(end - p));
            const char *stop = nl ? nl : end;
            if (stop > p)
                take_line(room, p, (size_t)(stop - p), &last);
            p = stop + 1;
        }
    } else {
        room->ask = true;
    }
    room->failures = last > room->fetch_after ? 0 : room->failures + 1;
    if (last - room->fetch_after >= LIMIT_EVENTS_PAGE)
        room->ask = true; /* a full page: there may be more */
    room->behind = false;
    for (uint32_t i = room->count; i-- > 0;)
        catch_up(room, room->members[i]);
    look_after(room);
}

static void fetch(struct room *room)
{
    char path[96];
    room->ask = false;
    room->fetch_after = fetch_from(room);
    snprintf(path, sizeof path, "/internal/meetings/%lld/events?after=%lld", (long long)room->meeting_id,
             (long long)room->fetch_after);
    struct call_request request = {.method = "GET", .path = path};
    room->fetch = backend_call(room->hub->relay->backend, &request, on_fetched, room);
    if (!room->fetch) {
        room->ask = true;
        room->failures++;
        look_after(room);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct room *room = watcher->data;
    if (!room->fetch && (room->ask || room->behind || stream_gap(&room->stream)))
        fetch(room);
}

/* How long a fetch may wait: a gap between two messages of Redis closes by itself nearly always. */
static double fetch_delay(const struct room *room)
{
    double ms = 0;
    if (room->failures)
        ms = room->failures > 6 ? LIMIT_RETRY_MS : LIMIT_GAP_MS << (room->failures - 1);
    else if (!room->ask && !room->behind && subscriber_up(subscriber_of(room->hub, room->meeting_id)))
        ms = LIMIT_GAP_MS;
    return (ms < LIMIT_RETRY_MS ? ms : LIMIT_RETRY_MS) / 1000.0;
}

static void count_gap(struct room *room)
{
    struct metrics *metrics = &room->hub->relay->metrics;
    bool gap = stream_gap(&room->stream);
    if (gap == room->gap)
        return;
    room->gap = gap;
    *(gap ? &metrics->gaps_found : &metrics->gaps_closed) += 1;
}

/* Sees to it that what is missing will be fetched. */
static void look_after(struct room *room)
{
    struct ev_loop *loop = room->hub->relay->loop;
    count_gap(room);
    if (room->fetch)
        return;
    if (!room->ask && !room->behind && !stream_gap(&room->stream)) {
        room->failures = 0;
        ev_timer_stop(loop, &room->timer);
        return;
    }
    double delay = fetch_delay(room);
    if (ev_is_active(&room->timer) && ev_timer_remaining(loop, &room->timer) <= delay)
        return;
    ev_timer_stop(loop, &room->timer);
    ev_timer_set(&room->timer, delay, 0);
    ev_timer_start(loop, &room->timer);
}

/* ---- rooms ---- */

static struct room *find_room(const struct hub *hub, int64_t meeting_id)
{
    struct map_node *node = map_find(&hub->rooms_by_meeting, meeting_id, 0);
    return node ? MAP_ITEM(node, struct room, by_meeting) : NULL;
}

/* Room for one more pointer in a growing array. */
static bool make_space(void *array, uint32_t count, uint32_t *cap)
{
    void **items;
    memcpy(&items, array, sizeof items);
    if (count < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 4;
    items = realloc(items, more * sizeof(*items));
    if (!items)
        return false;
    memcpy(array, &items, sizeof items);
    *cap = more;
    return true;
}

static struct room *room_new(struct hub *hub, int64_t meeting_id, int64_t seq)
{
    struct room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    if (!make_space(&hub->rooms, hub->count, &hub->cap) ||
        !map_add(&hub->rooms_by_meeting, &room->by_meeting, meeting_id, 0)) {
        free(room);
        return NULL;
    }
    room->hub = hub;
    room->meeting_id = meeting_id;
    room->index = hub->count;
    hub->rooms[hub->count++] = room;
    hub->relay->metrics.rooms = hub->count;
    stream_init(&room->stream, seq);
    ev_timer_init(&room->timer, on_timer, 0, 0);
    room->timer.data = room;
    subscriber_add(subscriber_of(hub, meeting_id), meeting_id);
    return room;
}

static void room_free(struct room *room)
{
    struct hub *hub = room->hub;
    subscriber_remove(subscriber_of(hub, room->meeting_id), room->meeting_id);
    ev_timer_stop(hub->relay->loop, &room->timer);
    backend_cancel(&room->fetch);
    map_remove(&hub->rooms_by_meeting, &room->by_meeting);
    hub->rooms[room->index] = hub->rooms[--hub->count];
    hub->rooms[room->index]->index = room->index;
    hub->relay->metrics.rooms = hub->count;
    stream_free(&room->stream);
    free(room->members);
    free(room);
}

static void list_empty(struct room *room)
{
    if (room->empty)
        return;
    room->empty = true;
    room->next_empty = room->hub->empty;
    room->hub->empty = room;
}

bool hub_join(struct conn *c, int64_t meeting_id, int64_t join_seq, int64_t seq, bool outside)
{
    struct hub *hub = c->relay->hub;
    hub_leave(c);
    struct room *room = find_room(hub, meeting_id);
    if (!room)
        room = room_new(hub, meeting_id, join_seq);
    if (!room)
        return false;
    if (!make_space(&room->members, room->count, &room->cap) ||
        !map_add(&hub->conns_by_user, &c->by_user, meeting_id, c->user_id)) {
        if (room->count == 0)
            list_empty(room);
        return false;
    }
    c->room = room;
    c->room_index = room->count;
    c->position = join_seq;
    c->shown = seq;
    c->outside = outside;
    room->members[room->count++] = c;
    stream_note_latest(&room->stream, seq);
    catch_up(room, c);
    look_after(room);
    return true;
}

void hub_leave(struct conn *c)
{
    struct room *room = c->room;
    if (!room)
        return;
    map_remove(&room->hub->conns_by_user, &c->by_user);
    room->members[c->room_index] = room->members[--room->count];
    room->members[c->room_index]->room_index = c->room_index;
    c->room = NULL;
    c->outside = false;
    if (room->count == 0)
        list_empty(room);
}

void hub_end_turn(struct hub *hub)
{
    while (hub->empty) {
        struct room *room = hub->empty;
        hub->empty = room->next_empty;
        room->empty = false;
        if (room->count == 0)
            room_free(room);
    }
}

/* ---- what comes in ---- */

/* The connection by which a user is in a room at this relay; NULL: there is none, or it is outside. */
static struct conn *find_member(struct hub *hub, int64_t meeting_id, int64_t user_id)
{
    struct map_node *node = map_find(&hub->conns_by_user, meeting_id, user_id);
    struct conn *c = node ? MAP_ITEM(node, struct conn, by_user) : NULL;
    return c && !c->outside ? c : NULL;
}

/* False where they are here and do not get it. */
static bool deliver_to_user(struct hub *hub, int64_t meeting_id, int64_t user_id, struct frame *frame)
{
    struct conn *c = find_member(hub, meeting_id, user_id);
    return !c || conn_send_signal(c, frame);
}

/* Backwards: whose connection is found broken leaves the room. */
static void deliver_to_others(struct room *room, const struct envelope *envelope, struct frame *frame)
{
    for (uint32_t i = room->count; i-- > 0;)
        if (concerns(envelope, room->members[i]))
            conn_send_signal(room->members[i], frame);
}

/* Who is meant is known by one look where it is a list, not by asking each member. False where one of those listed does
 * not get it. */
static bool deliver_signal(struct room *room, const struct envelope *envelope)
{
    const char *p = envelope->audience, *end = p + envelope->audience_len;
    struct frame *frame = frame_new(WS_OP_TEXT, envelope->frame, envelope->frame_len);
    if (!frame)
        return false;
    bool all = true;
    frame->event = true;
    if (*p == '!')
        deliver_to_others(room, envelope, frame);
    /* a list of user ids; a blank ends it, so it can be read like a text */
    while (p < end && *p != '!') {
        char *stop;
        int64_t user_id = strtoll(p, &stop, 10);
        if (stop > p)
            all &= deliver_to_user(room->hub, room->meeting_id, user_id, frame);
        p = stop + 1;
    }
    frame_unref(&frame);
    return all;
}

static void receive(struct hub *hub, const char *line, size_t len)
{
    struct envelope envelope;
    if (!envelope_read(line, len, &envelope)) {
        log_event(LOG_ERROR, "bad_envelope", NULL);
        return;
    }
    struct room *room = find_room(hub, envelope.meeting_id);
    if (!room)
        return;
    if (envelope.seq == 0) {
        if (!envelope_delivered_by(&envelope, hub->relay->id))
            deliver_signal(room, &envelope);
        return;
    }
    if (envelope.seq <= room->stream.seq)
        return;
    struct event *e = event_new(&envelope);
    if (e)
        stream_push(&room->stream, e);
    else
        stream_note_latest(&room->stream, envelope.seq);
    event_unref(&e);
    pump(room);
    look_after(room);
}

/* To one, or to everybody else: first to those at this relay, then over the room's channel. */
static enum err send_signal(struct room *room, int64_t to, const char *audience, const char *json, size_t len)
{
    struct hub *hub = room->hub;
    const struct envelope here = {.meeting_id = room->meeting_id,
                                  .audience = audience,
                                  .audience_len = strlen(audience),
                                  .frame = json,
                                  .frame_len = len};
    bool one = to != 0, is_here = one && find_member(hub, room->meeting_id, to);
    bool delivered = (is_here || !one) && deliver_signal(room, &here);
    if (is_here)
        return delivered ? ERR_OK : ERR_UNAVAILABLE;
    struct buf line = {0};
    envelope_write(&line, room->meeting_id, 0, audience, ENVELOPE_NO_EFFECT, json);
    bool sent =
        !line.failed && subscriber_publish(subscriber_of(hub, room->meeting_id), room->meeting_id, line.data, line.len);
    buf_free(&line);
    return sent || !one ? ERR_OK : ERR_UNAVAILABLE;
}

enum err hub_signal(struct conn *c, int64_t to, const char *json, size_t len)
{
    const struct audience audience = to ? audience_users(&to, 1) : audience_others(c->user_id, c->room->hub->relay->id);
    struct buf word = {0};
    envelope_write_audience(&word, &audience);
    enum err e = word.failed ? ERR_UNAVAILABLE : send_signal(c->room, to, word.data, json, len);
    buf_free(&word);
    return e;
}

/* ---- Redis ---- */

static void on_message(void *data, const char *line, size_t len)
{
    const struct redis_link *link = data;
    receive(link->hub, line, len);
}

/* From now on nothing published is missed. What was published before has to be asked for once; after Redis was away a
 * comparison does that for all rooms together. */
static void on_confirmed(void *data, int64_t meeting_id)
{
    const struct redis_link *link = data;
    struct room *room = find_room(link->hub, meeting_id);
    if (!room || room->confirmed)
        return;
    room->confirmed = true;
    room->ask = true;
    look_after(room);
}

static void on_connected(void *data)
{
    const struct redis_link *link = data;
    const struct hub *hub = link->hub;
    for (uint32_t i = 0; i < hub->count; i++)
        if (subscriber_of(hub, hub->rooms[i]->meeting_id) == link->subscriber)
            subscriber_add(link->subscriber, hub->rooms[i]->meeting_id);
}

/* Redis is away, or one of several: events come by comparison and fetch only. */
static bool degraded(const struct hub *hub)
{
    for (int i = 0; i < hub->servers.count; i++)
        if (!subscriber_up(hub->links[i].subscriber))
            return true;
    return false;
}

static void on_state(void *data, bool up)
{
    const struct redis_link *link = data;
    (void)up;
    link->hub->relay->metrics.redis_up = !degraded(link->hub);
    sync_now(link->hub->sync);
}

/* ---- the comparison with the workers ---- */

/* What this relay tells of itself, then its rooms; where there are too many, each call goes on behind the last. */
static void write_rooms(void *data, struct buf *out)
{
    const size_t line = 48; /* more than two numbers need */
    struct hub *hub = data;
    uint32_t n = hub->count < LIMIT_SYNC_ROOMS ? hub->count : LIMIT_SYNC_ROOMS;
    metrics_write_line(&hub->relay->metrics, out);
    for (uint32_t i = 0; i < n && out->len + line < LIMIT_BODY_BYTES; i++) {
        hub->compared = hub->compared + 1 < hub->count ? hub->compared + 1 : 0;
        const struct room *room = hub->rooms[hub->compared];
        buf_printf(out, "%lld %lld\n", (long long)room->meeting_id, (long long)room->stream.seq);
    }
}

static void on_latest(void *data, int64_t meeting_id, int64_t seq)
{
    struct room *room = find_room(data, meeting_id);
    if (!room)
        return;
    stream_note_latest(&room->stream, seq);
    look_after(room);
}

static bool is_degraded(void *data) { return degraded(data); }

/* ---- the hub ---- */

/* What nobody will ask for any more goes; after a crowd has joined that is much, and worth giving back to the system.
 */
static void on_age(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct hub *hub = watcher->data;
    uint64_t forgotten = 0;
    for (uint32_t i = 0; i < hub->count; i++)
        forgotten += stream_age(&hub->rooms[i]->stream);
    if (forgotten >= TRIM_EVENTS)
        malloc_trim(0);
}

struct hub *hub_new(struct relay *relay)
{
    static const struct subscriber_hooks hooks = {on_message, on_confirmed, on_connected, on_state};
    static const struct sync_hooks sync_hooks = {write_rooms, on_latest, is_degraded};
    struct hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return NULL;
    hub->relay = relay;
    ev_timer_init(&hub->age, on_age, LIMIT_RING_MS / 1000.0, LIMIT_RING_MS / 1000.0);
    hub->age.data = hub;
    ev_timer_start(relay->loop, &hub->age);
    bool ok = redis_servers_read(&relay->config, &hub->servers);
    for (int i = 0; ok && i < hub->servers.count; i++) {
        struct redis_link *link = &hub->links[i];
        link->hub = hub;
        link->subscriber = subscriber_new(relay->loop, &relay->config, &hub->servers.list[i], relay->id, &hooks, link);
        ok = link->subscriber;
    }
    hub->sync = ok ? sync_new(relay->loop, &relay->config, relay->backend, &sync_hooks, hub) : NULL;
    if (!hub->sync) {
        hub_free(&hub);
        return NULL;
    }
    return hub;
}

void hub_free(struct hub **hub)
{
    struct hub *h = *hub;
    if (!h)
        return;
    ev_timer_stop(h->relay->loop, &h->age);
    sync_free(&h->sync);
    while (h->count)
        room_free(h->rooms[0]);
    for (int i = 0; i < h->servers.count; i++)
        subscriber_free(&h->links[i].subscriber);
    map_free(&h->rooms_by_meeting);
    map_free(&h->conns_by_user);
    free(h->rooms);
    free(h);
    *hub = NULL;
}
