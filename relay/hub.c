/* Where a member of a room stands is said by two numbers. `position` (conn->reader, roomlog/follower.h): all events up
 * to it have passed this member, one by one, in order. It begins with the event that took the seat (join_seq), since
 * the effect of each later one is meant for this connection as well. `shown`: the events up to it were in the join's
 * reply, so they pass, and have their effect, without being sent again. position may be less than shown, never the
 * other way round at the beginning. A member whose next event is not kept any more is `behind` (the follower's word):
 * what is missing is fetched, and comes to those whose turn it is and to nobody else. */
#include "relay/hub.h"

#include <stdlib.h>
#include <string.h>

#include "core/envelope.h"
#include "core/map.h"
#include "relay/conn.h"
#include "roomlog/follower.h"

struct hub {
    struct relay *relay;
    struct follower *follower;
    struct map conns_by_user; /* by meeting and user */
};

/* ---- events ---- */

/* Whether the effect of an event is about this connection. */
static bool effect_hits(const struct event *e, const struct conn *c)
{
    switch (e->effect.kind) {
    case EFFECT_NONE: return false;
    case EFFECT_ALL: return true;
    case EFFECT_USER:
    case EFFECT_WAITING: return e->effect.user_id == c->user_id;
    case EFFECT_CONNECTION: return conn_has_name(c, e->effect.connection);
    }
    return false;
}

/* Whoever waits gets only what names them. */
static bool concerns(const struct envelope *e, const struct conn *c)
{
    return c->waiting ? envelope_names(e, c->user_id) : envelope_concerns(e, c->user_id);
}

/* The next event of a member: who it concerns is sent it, and feels its effect. */
static void on_event(void *data, struct reader *reader, struct event *e)
{
    struct conn *c = CONN_OF_READER(reader);
    (void)data;
    if (e->seq > c->shown && concerns(&e->envelope, c))
        conn_send(c, e->payload);
    if (!c->reader.room || !effect_hits(e, c))
        return;
    if (e->effect.kind == EFFECT_WAITING) {
        c->waiting = true;
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

/* Who misses events that are gone comes back for a whole picture. */
static void on_gone(void *data, struct reader *reader)
{
    (void)data;
    conn_close(CONN_OF_READER(reader), WS_CODE_RESTART);
}

/* An event's frame is encoded once, for everybody. */
static void *make_frame(const char *text, size_t len)
{
    struct frame *frame = frame_new(WS_OP_TEXT, text, len);
    if (frame)
        frame->event = true;
    return frame;
}

static void drop_frame(void *payload)
{
    struct frame *frame = payload;
    frame_unref(&frame);
}

static void on_tell(void *data, struct buf *out)
{
    const struct hub *hub = data;
    metrics_write_line(&hub->relay->metrics, out);
}

/* ---- members ---- */

bool hub_join(struct conn *c, int64_t meeting_id, int64_t join_seq, int64_t seq, bool waiting)
{
    struct hub *hub = c->relay->hub;
    hub_leave(c);
    if (!map_add(&hub->conns_by_user, &c->by_user, meeting_id, c->user_id))
        return false;
    c->shown = seq;
    c->waiting = waiting;
    if (follower_read(hub->follower, &c->reader, meeting_id, join_seq, seq))
        return true;
    map_remove(&hub->conns_by_user, &c->by_user);
    c->waiting = false;
    return false;
}

void hub_leave(struct conn *c)
{
    if (!c->reader.room)
        return;
    map_remove(&c->relay->hub->conns_by_user, &c->by_user);
    follower_leave(&c->reader);
    c->waiting = false;
}

void hub_flush(struct hub *hub) { follower_flush(hub->follower); }

void hub_end_turn(struct hub *hub) { follower_end_turn(hub->follower); }

/* ---- signals ---- */

/* The connection by which a user is in a room at this relay; NULL: there is none, or it waits. */
static struct conn *find_member(struct hub *hub, int64_t meeting_id, int64_t user_id)
{
    struct map_node *node = map_find(&hub->conns_by_user, meeting_id, user_id);
    struct conn *c = node ? MAP_ITEM(node, struct conn, by_user) : NULL;
    return c && !c->waiting ? c : NULL;
}

/* False where they are here and do not get it. */
static bool deliver_to_user(struct hub *hub, int64_t meeting_id, int64_t user_id, struct frame *frame)
{
    struct conn *c = find_member(hub, meeting_id, user_id);
    return !c || conn_send_signal(c, frame);
}

/* Backwards: whose connection is found broken leaves the room. */
static void deliver_to_others(const struct followed_room *room, const struct envelope *envelope, struct frame *frame)
{
    uint32_t i;
    struct reader *const *readers = followed_readers(room, &i);
    while (i-- > 0) {
        struct conn *c = CONN_OF_READER(readers[i]);
        if (concerns(envelope, c))
            conn_send_signal(c, frame);
    }
}

/* Who is meant is known by one look where it is a list, not by asking each member. False where one of those listed does
 * not get it. */
static bool deliver_signal(struct hub *hub, const struct followed_room *room, const struct envelope *envelope)
{
    const char *p = envelope->audience, *end = p + envelope->audience_len;
    struct frame *frame = make_frame(envelope->frame, envelope->frame_len);
    if (!frame)
        return false;
    bool all = true;
    if (*p == '!')
        deliver_to_others(room, envelope, frame);
    /* a list of user ids; a blank ends it, so it can be read like a text */
    while (p < end && *p != '!') {
        char *stop;
        int64_t user_id = strtoll(p, &stop, 10);
        if (stop > p)
            all &= deliver_to_user(hub, envelope->meeting_id, user_id, frame);
        p = stop + 1;
    }
    frame_unref(&frame);
    return all;
}

static void on_signal(void *data, struct followed_room *room, const struct envelope *envelope)
{
    deliver_signal(data, room, envelope);
}

static bool publish(struct followed_room *room, const char *audience, const char *json)
{
    struct buf line = {0};
    envelope_write(&line, followed_meeting(room), 0, audience, ENVELOPE_NO_EFFECT, json);
    bool sent = !line.failed && follower_publish(room, line.data, line.len);
    buf_free(&line);
    return sent;
}

/* To one, or to everybody else: first to those at this relay, then over the room's channel. */
static enum err send_signal(struct conn *c, int64_t to, const char *audience, const char *json, size_t len)
{
    struct followed_room *room = c->reader.room;
    struct hub *hub = c->relay->hub;
    const struct envelope here = {.meeting_id = followed_meeting(room),
                                  .audience = audience,
                                  .audience_len = strlen(audience),
                                  .frame = json,
                                  .frame_len = len};
    bool one = to != 0, is_here = one && find_member(hub, here.meeting_id, to);
    bool delivered = (is_here || !one) && deliver_signal(hub, room, &here);
    if (is_here)
        return delivered ? ERR_OK : ERR_UNAVAILABLE;
    bool sent = publish(room, audience, json);
    return sent || !one ? ERR_OK : ERR_UNAVAILABLE;
}

enum err hub_signal_node(struct conn *c, const char *json)
{
    return publish(c->reader.room, ENVELOPE_TO_NODE, json) ? ERR_OK : ERR_UNAVAILABLE;
}

enum err hub_signal(struct conn *c, int64_t to, const char *json, size_t len)
{
    const struct audience audience = to ? audience_users(&to, 1) : audience_others(c->user_id, c->relay->id);
    struct buf word = {0};
    envelope_write_audience(&word, &audience);
    enum err e = word.failed ? ERR_UNAVAILABLE : send_signal(c, to, word.data, json, len);
    buf_free(&word);
    return e;
}

/* ---- beginning and end ---- */

struct hub *hub_new(struct relay *relay)
{
    static const struct follower_hooks hooks = {
        .payload = {make_frame, drop_frame}, .event = on_event, .gone = on_gone, .signal = on_signal, .tell = on_tell};
    struct hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return NULL;
    hub->relay = relay;
    hub->follower = follower_new(&(struct follower_setup){
        .loop = relay->loop,
        .config = &relay->config,
        .backend = relay->backend,
        .id = relay->id,
        .sync_path = "/internal/sync",
        .sync_ms = relay->config.relay_sync_ms,
        .hooks = &hooks,
        .data = hub,
        .numbers = &relay->metrics.log,
    });
    if (!hub->follower)
        hub_free(&hub);
    return hub;
}

void hub_free(struct hub **hub)
{
    struct hub *h = *hub;
    if (!h)
        return;
    follower_free(&h->follower);
    map_free(&h->conns_by_user);
    free(h);
    *hub = NULL;
}
