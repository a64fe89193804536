#include "roomlog/follower.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/map.h"
#include "core/redis.h"
#include "core/relay_wire.h"
#include "roomlog/backend.h"
#include "roomlog/subscriber.h"
#include "roomlog/sync.h"

enum { TRIM_EVENTS = 1000 /* forgotten at once */ };

struct followed_room {
    struct follower *follower;
    int64_t meeting_id;
    struct map_node by_meeting;
    uint32_t index; /* in follower->rooms */
    struct stream stream;
    struct reader **readers;
    uint32_t count, cap;
    bool gap;       /* counted as one */
    bool behind;    /* a reader may have passed less than the stream has let out */
    bool ask;       /* a fetch is due whether or not a gap is known */
    bool confirmed; /* the subscription was confirmed once */
    bool empty;     /* listed in follower->empty */
    struct followed_room *next_empty;
    unsigned failures; /* fetches in a row that brought nothing */
    struct rpc *fetch;
    int64_t fetch_after;
    ev_timer timer; /* the next fetch */
};

/* The link to one Redis server. */
struct redis_link {
    struct follower *follower;
    struct subscriber *subscriber;
};

struct follower {
    struct follower_setup is;
    struct sync *sync;
    struct redis_servers servers;
    struct redis_link links[REDIS_SERVERS];
    struct map rooms_by_meeting;
    struct followed_room **rooms;
    uint32_t count, cap;
    uint32_t synced;             /* where the next sync begins */
    ev_timer age;                /* recent events that are recent no more */
    struct followed_room *empty; /* rooms to end at the end of the turn, if they are still empty */
};

static void look_after(struct followed_room *room);

/* The Redis server that has a meeting's news. */
static struct subscriber *subscriber_of(const struct follower *follower, int64_t meeting_id)
{
    return follower->links[redis_server_of(meeting_id, follower->servers.count)].subscriber;
}

/* ---- delivery ---- */

/* Lets a reader pass an event when it is the next one: who is further has passed it, who is behind will in order. */
static void pass(struct followed_room *room, struct reader *reader, struct event *e)
{
    if (e->seq != reader->position + 1)
        return;
    reader->position = e->seq;
    room->follower->is.hooks->event(room->follower->is.data, reader, e);
}

/* Backwards: readers leave while this goes on, and the last one takes the place of one who left. */
static void deliver(struct followed_room *room, struct event *e)
{
    for (uint32_t i = room->count; i-- > 0;)
        pass(room, room->readers[i], e);
}

/* Lets out what has its turn. */
static void pump(struct followed_room *room)
{
    for (struct event *e; (e = stream_next(&room->stream));) {
        deliver(room, e);
        event_unref(&e);
    }
}

/* Brings one reader up to the stream from what is kept, as far as that goes. */
static void catch_up(struct followed_room *room, struct reader *reader)
{
    while (reader->room == room && reader->position < room->stream.seq) {
        struct event *e = stream_kept(&room->stream, reader->position + 1);
        if (!e) {
            room->behind = true;
            return;
        }
        pass(room, reader, e);
    }
}

/* ---- fetching what is missing ---- */

/* The number behind which the room, or its reader who is furthest behind, misses events. */
static int64_t fetch_from(const struct followed_room *room)
{
    int64_t after = room->stream.seq;
    for (uint32_t i = 0; room->behind && i < room->count; i++)
        if (room->readers[i]->position < after)
            after = room->readers[i]->position;
    return after;
}

/* The log does not hold the events up to seq any more. Who misses them goes on behind them, if at all. */
static void skip_gone(struct followed_room *room, int64_t seq)
{
    log_event(LOG_WARN, "events_gone", "meeting", LOG_INT(room->meeting_id), "up_to", LOG_INT(seq), NULL);
    for (uint32_t i = room->count; i-- > 0;) {
        struct reader *reader = room->readers[i];
        if (reader->position >= seq)
            continue;
        room->follower->is.hooks->gone(room->follower->is.data, reader);
        if (reader->room == room)
            reader->position = seq;
    }
    stream_skip(&room->stream, seq);
}

static void take_line(struct followed_room *room, const char *line, size_t len, int64_t *last)
{
    struct envelope envelope;
    if (!envelope_read(line, len, &envelope) || envelope.meeting_id != room->meeting_id || envelope.seq <= *last) {
        log_event(LOG_ERROR, "bad_envelope", "meeting", LOG_INT(room->meeting_id), NULL);
        return;
    }
    if (envelope.seq > *last + 1)
        skip_gone(room, envelope.seq - 1);
    *last = envelope.seq;
    struct event *e = event_new(&envelope, &room->follower->is.hooks->payload);
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
    struct followed_room *room = data;
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
        catch_up(room, room->readers[i]);
    look_after(room);
}

static void fetch(struct followed_room *room)
{
    char path[96];
    room->ask = false;
    room->fetch_after = fetch_from(room);
    snprintf(path, sizeof path, "/internal/meetings/%lld/events?after=%lld", (long long)room->meeting_id,
             (long long)room->fetch_after);
    struct call_request request = {.method = "GET", .path = path};
    room->fetch = backend_call(room->follower->is.backend, &request, on_fetched, room);
    if (!room->fetch) {
        room->ask = true;
        room->failures++;
        look_after(room);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct followed_room *room = watcher->data;
    if (!room->fetch && (room->ask || room->behind || stream_gap(&room->stream)))
        fetch(room);
}

/* How long a fetch may wait: a gap between two messages of Redis closes by itself nearly always. */
static double fetch_delay(const struct followed_room *room)
{
    double ms = 0;
    if (room->failures)
        ms = room->failures > 6 ? LIMIT_RETRY_MS : LIMIT_GAP_MS << (room->failures - 1);
    else if (!room->ask && !room->behind && subscriber_up(subscriber_of(room->follower, room->meeting_id)))
        ms = LIMIT_GAP_MS;
    return (ms < LIMIT_RETRY_MS ? ms : LIMIT_RETRY_MS) / 1000.0;
}

static void count_gap(struct followed_room *room)
{
    struct follower_numbers *numbers = room->follower->is.numbers;
    bool gap = stream_gap(&room->stream);
    if (gap == room->gap)
        return;
    room->gap = gap;
    *(gap ? &numbers->gaps_found : &numbers->gaps_closed) += 1;
}

/* Sees to it that what is missing will be fetched. */
static void look_after(struct followed_room *room)
{
    struct ev_loop *loop = room->follower->is.loop;
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

static struct followed_room *find_room(const struct follower *follower, int64_t meeting_id)
{
    struct map_node *node = map_find(&follower->rooms_by_meeting, meeting_id, 0);
    return node ? MAP_ITEM(node, struct followed_room, by_meeting) : NULL;
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

static struct followed_room *room_new(struct follower *follower, int64_t meeting_id, int64_t seq)
{
    struct followed_room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    if (!make_space(&follower->rooms, follower->count, &follower->cap) ||
        !map_add(&follower->rooms_by_meeting, &room->by_meeting, meeting_id, 0)) {
        free(room);
        return NULL;
    }
    room->follower = follower;
    room->meeting_id = meeting_id;
    room->index = follower->count;
    follower->rooms[follower->count++] = room;
    follower->is.numbers->rooms = follower->count;
    stream_init(&room->stream, seq);
    ev_timer_init(&room->timer, on_timer, 0, 0);
    room->timer.data = room;
    subscriber_add(subscriber_of(follower, meeting_id), meeting_id);
    return room;
}

static void room_free(struct followed_room *room)
{
    struct follower *follower = room->follower;
    subscriber_remove(subscriber_of(follower, room->meeting_id), room->meeting_id);
    ev_timer_stop(follower->is.loop, &room->timer);
    backend_cancel(&room->fetch);
    map_remove(&follower->rooms_by_meeting, &room->by_meeting);
    follower->rooms[room->index] = follower->rooms[--follower->count];
    follower->rooms[room->index]->index = room->index;
    follower->is.numbers->rooms = follower->count;
    stream_free(&room->stream);
    free(room->readers);
    free(room);
}

static void list_empty(struct followed_room *room)
{
    if (room->empty)
        return;
    room->empty = true;
    room->next_empty = room->follower->empty;
    room->follower->empty = room;
}

bool follower_read(struct follower *follower, struct reader *reader, int64_t meeting_id, int64_t from, int64_t latest)
{
    struct followed_room *room = find_room(follower, meeting_id);
    if (!room)
        room = room_new(follower, meeting_id, from);
    if (!room)
        return false;
    if (!make_space(&room->readers, room->count, &room->cap)) {
        if (room->count == 0)
            list_empty(room);
        return false;
    }
    reader->room = room;
    reader->index = room->count;
    reader->position = from;
    room->readers[room->count++] = reader;
    stream_note_latest(&room->stream, latest);
    catch_up(room, reader);
    look_after(room);
    return true;
}

void follower_leave(struct reader *reader)
{
    struct followed_room *room = reader->room;
    if (!room)
        return;
    room->readers[reader->index] = room->readers[--room->count];
    room->readers[reader->index]->index = reader->index;
    reader->room = NULL;
    if (room->count == 0)
        list_empty(room);
}

void follower_flush(struct follower *follower)
{
    for (int i = 0; i < follower->servers.count; i++)
        subscriber_flush(follower->links[i].subscriber);
}

void follower_end_turn(struct follower *follower)
{
    while (follower->empty) {
        struct followed_room *room = follower->empty;
        follower->empty = room->next_empty;
        room->empty = false;
        if (room->count == 0)
            room_free(room);
    }
}

int64_t followed_meeting(const struct followed_room *room) { return room->meeting_id; }

struct reader *const *followed_readers(const struct followed_room *room, uint32_t *count)
{
    *count = room->count;
    return room->readers;
}

bool follower_publish(struct followed_room *room, const char *line, size_t len)
{
    return subscriber_publish(subscriber_of(room->follower, room->meeting_id), room->meeting_id, line, len);
}

/* ---- Redis ---- */

static void on_message(void *data, const char *line, size_t len)
{
    const struct redis_link *link = data;
    const struct follower *follower = link->follower;
    struct envelope envelope;
    if (!envelope_read(line, len, &envelope)) {
        log_event(LOG_ERROR, "bad_envelope", NULL);
        return;
    }
    struct followed_room *room = find_room(follower, envelope.meeting_id);
    if (!room)
        return;
    if (envelope.seq == 0) {
        if (!envelope_delivered_by(&envelope, follower->is.id))
            follower->is.hooks->signal(follower->is.data, room, &envelope);
        return;
    }
    if (envelope.seq <= room->stream.seq)
        return;
    struct event *e = event_new(&envelope, &follower->is.hooks->payload);
    if (e)
        stream_push(&room->stream, e);
    else
        stream_note_latest(&room->stream, envelope.seq);
    event_unref(&e);
    pump(room);
    look_after(room);
}

/* From now on nothing published is missed. What was published before has to be asked for once; after Redis was away a
 * sync does that for all rooms together. */
static void on_confirmed(void *data, int64_t meeting_id)
{
    const struct redis_link *link = data;
    struct followed_room *room = find_room(link->follower, meeting_id);
    if (!room || room->confirmed)
        return;
    room->confirmed = true;
    room->ask = true;
    look_after(room);
}

static void on_connected(void *data)
{
    const struct redis_link *link = data;
    const struct follower *follower = link->follower;
    for (uint32_t i = 0; i < follower->count; i++)
        if (subscriber_of(follower, follower->rooms[i]->meeting_id) == link->subscriber)
            subscriber_add(link->subscriber, follower->rooms[i]->meeting_id);
}

static void on_state(void *data, bool up)
{
    const struct redis_link *link = data;
    const struct follower *follower = link->follower;
    for (int i = 0; i < follower->servers.count; i++)
        up &= subscriber_up(follower->links[i].subscriber);
    follower->is.numbers->redis_up = up;
    sync_now(follower->sync);
}

/* ---- the sync with the workers ---- */

/* What the program tells of itself, then its rooms; where there are too many, each call goes on behind the last. */
static void write_rooms(void *data, struct buf *out)
{
    const size_t line = 48; /* more than two numbers need */
    struct follower *follower = data;
    uint32_t n = follower->count < LIMIT_SYNC_ROOMS ? follower->count : LIMIT_SYNC_ROOMS;
    follower->is.hooks->tell(follower->is.data, out);
    for (uint32_t i = 0; i < n && out->len + line < LIMIT_BODY_BYTES; i++) {
        follower->synced = follower->synced + 1 < follower->count ? follower->synced + 1 : 0;
        const struct followed_room *room = follower->rooms[follower->synced];
        relay_wire_position_write(out, room->meeting_id, room->stream.seq);
    }
}

static void on_latest(void *data, int64_t meeting_id, int64_t seq)
{
    struct followed_room *room = find_room(data, meeting_id);
    if (!room)
        return;
    stream_note_latest(&room->stream, seq);
    look_after(room);
}

static void on_heard(void *data, struct slice line)
{
    const struct follower *follower = data;
    if (follower->is.hooks->heard)
        follower->is.hooks->heard(follower->is.data, line);
}

static void on_synced(void *data, bool answered)
{
    const struct follower *follower = data;
    if (follower->is.hooks->synced)
        follower->is.hooks->synced(follower->is.data, answered);
}

void follower_sync(struct follower *follower) { sync_now(follower->sync); }

static bool is_degraded(void *data)
{
    const struct follower *follower = data;
    return !follower->is.numbers->redis_up;
}

/* ---- beginning and end ---- */

/* What nobody will ask for any more goes; after a crowd has joined that is much, and worth giving back to the system.
 */
static void on_age(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct follower *follower = watcher->data;
    uint64_t forgotten = 0;
    for (uint32_t i = 0; i < follower->count; i++)
        forgotten += stream_age(&follower->rooms[i]->stream);
    if (forgotten >= TRIM_EVENTS)
        malloc_trim(0);
}

struct follower *follower_new(const struct follower_setup *setup)
{
    static const struct subscriber_hooks hooks = {on_message, on_confirmed, on_connected, on_state};
    static const struct sync_hooks sync_hooks = {write_rooms, on_latest, on_heard, on_synced, is_degraded};
    struct follower *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->is = *setup;
    ev_timer_init(&f->age, on_age, LIMIT_RING_MS / 1000.0, LIMIT_RING_MS / 1000.0);
    f->age.data = f;
    ev_timer_start(setup->loop, &f->age);
    bool ok = redis_servers_read(setup->config, &f->servers);
    for (int i = 0; ok && i < f->servers.count; i++) {
        struct redis_link *link = &f->links[i];
        link->follower = f;
        link->subscriber = subscriber_new(setup->loop, setup->config, &f->servers.list[i], setup->id, &hooks, link);
        ok = link->subscriber;
    }
    f->sync = ok ? sync_new(setup->loop, setup->sync_path, setup->sync_ms, setup->backend, &sync_hooks, f) : NULL;
    if (!f->sync)
        follower_free(&f);
    return f;
}

void follower_free(struct follower **follower)
{
    struct follower *f = *follower;
    if (!f)
        return;
    ev_timer_stop(f->is.loop, &f->age);
    sync_free(&f->sync);
    while (f->count)
        room_free(f->rooms[0]);
    for (int i = 0; i < f->servers.count; i++)
        subscriber_free(&f->links[i].subscriber);
    map_free(&f->rooms_by_meeting);
    free(f->rooms);
    free(f);
    *follower = NULL;
}
