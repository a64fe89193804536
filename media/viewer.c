#include "media/viewer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

enum { LINES_MAX = VIEWER_SOUNDS_MAX + VIEWER_PICTURES_MAX };

/* What a line of each kind brings, about, in packets a second. */
enum { SOUND_PPS = 50, PICTURE_SMALL_PPS = 30, PICTURE_MEDIUM_PPS = 60, PICTURE_LARGE_PPS = 150 };

enum state { ASKED, OFFERED, STARTING, READY, SWITCHING };

/* Lines are numbered through: those of sound first. */
struct viewer {
    const struct janus_room *room;
    const struct viewer_hooks *hooks;
    void *data;
    int64_t gen, n;
    int64_t offers; /* that Janus has made so far; the last one is in `offer` */
    bool unanswered;
    struct janus_handle *handle;
    enum state state;
    struct buf offer;
    struct slots sounds, pictures;
    struct slot_change changes[LINES_MAX]; /* of the plan that Janus is told now; index is the line's */
    int change_count;
};

static const char *const kind_name[SLOT_KINDS] = {"camera", "screen", "voice", "screenAudio"};

static void lose(struct viewer *v) { v->hooks->gone(v->data, v); }

/* Sends a request that ends what is in `body`. False where it cannot be sent. */
static bool send(struct viewer *v, struct buf *body, const char *type, const char *sdp, janus_fn *fn)
{
    bool ok = !body->failed && janus_send(v->handle, body->data, type, sdp, fn, v);
    buf_free(body);
    return ok;
}

static struct json request(const struct viewer *v, struct buf *body, const char *name)
{
    struct json j = json_to(body);
    json_object(&j, NULL);
    json_str(&j, "request", name);
    json_str(&j, "room", v->room->name);
    return j;
}

static const struct slot *slot_of(const struct viewer *v, int line)
{
    return line < v->sounds.count ? &v->sounds.items[line] : &v->pictures.items[line - v->sounds.count];
}

static int line_count(const struct viewer *v) { return v->sounds.count + v->pictures.count; }

/* ---- switching ---- */

static void put_line(struct json *j, const char *key, int line)
{
    char mid[16];
    snprintf(mid, sizeof mid, "%d", line);
    json_str(j, key, mid);
}

/* Tells the page all that its slots bring. */
static void tell_slots(struct viewer *v)
{
    struct buf out = {0};
    struct json j = json_to(&out);
    json_int(&j, "n", v->n);
    json_object(&j, "slots");
    for (int line = 0; line < line_count(v); line++) {
        const struct slot *slot = slot_of(v, line);
        char mid[16];
        if (!slot->source.user_id)
            continue;
        snprintf(mid, sizeof mid, "%d", line);
        json_array(&j, mid);
        json_int(&j, NULL, slot->source.user_id);
        json_str(&j, NULL, kind_name[slot->source.kind]);
        json_array_end(&j);
    }
    json_object_end(&j);
    if (!out.failed)
        v->hooks->slots(v->data, v, out.data, out.len);
    buf_free(&out);
}

static void switched(struct viewer *v)
{
    v->state = READY;
    v->hooks->switched(v->data, v, v->n);
    v->hooks->ready(v->data, v);
}

static void on_configured(void *data, const struct janus_reply *reply)
{
    struct viewer *v = data;
    if (!reply->err)
        switched(v);
    else if (reply->err == ERR_BAD_REQUEST)
        lose(v);
}

/* The layer of each picture: a switch forgets it. */
static bool ask_layers(struct viewer *v)
{
    struct buf body = {0};
    struct json j = request(v, &body, "configure");
    bool any = false;
    json_array(&j, "streams");
    for (int i = 0; i < v->change_count; i++) {
        const struct slot_change *c = &v->changes[i];
        if (c->index < v->sounds.count || !c->now.source.user_id)
            continue;
        json_object(&j, NULL);
        put_line(&j, "mid", c->index);
        json_int(&j, "substream", c->now.size);
        json_object_end(&j);
        any = true;
    }
    json_array_end(&j);
    json_object_end(&j);
    if (any)
        return send(v, &body, NULL, NULL, on_configured);
    buf_free(&body);
    return false;
}

/* A line whose feed went away is inactive until it is agreed on once more. Of several offers only the last one counts.
 */
static void offer(struct viewer *v, const char *sdp)
{
    v->offer.len = 0;
    buf_puts(&v->offer, sdp);
    v->offers++;
    v->unanswered = true;
    v->hooks->offered(v->data, v);
}

static void on_switched(void *data, const struct janus_reply *reply)
{
    struct viewer *v = data;
    if (!reply->err && reply->sdp)
        offer(v, reply->sdp);
    if (reply->err == ERR_BAD_REQUEST)
        lose(v); /* a feed went away meanwhile, and Janus then changes nothing: made anew it is right again */
    else if (!reply->err && !ask_layers(v))
        switched(v);
}

static void put_switch(struct viewer *v, struct json *j, const struct slot_change *c)
{
    const char *feed = v->room->dummy, *mid = c->index < v->sounds.count ? "0" : "1";
    if (c->now.source.user_id)
        v->hooks->find(v->data, c->now.source, &feed, &mid);
    json_object(j, NULL);
    json_str(j, "feed", feed);
    json_str(j, "mid", mid);
    put_line(j, "sub_mid", c->index);
    json_object_end(j);
}

static bool ask_switch(struct viewer *v)
{
    struct buf body = {0};
    struct json j = request(v, &body, "switch");
    bool any = false;
    json_array(&j, "streams");
    for (int i = 0; i < v->change_count; i++)
        if (v->changes[i].switched) {
            put_switch(v, &j, &v->changes[i]);
            any = true;
        }
    json_array_end(&j);
    json_object_end(&j);
    if (any)
        return send(v, &body, NULL, NULL, on_switched);
    buf_free(&body);
    return ask_layers(v);
}

/* The wants that can be had now. */
static int available(const struct viewer *v, const struct slot_want *wants, int count, struct slot_want *out, int max)
{
    int n = 0;
    const char *feed, *mid;
    for (int i = 0; i < count && n < max; i++)
        if (v->hooks->find(v->data, wants[i].source, &feed, &mid))
            out[n++] = wants[i];
    return n;
}

static void plan(struct viewer *v, struct slots *slots, int first, const struct slot_want *wants, int count)
{
    struct slot_want had[SLOTS_MAX];
    struct slot_change changes[SLOTS_MAX];
    int n = slots_plan(slots, had, available(v, wants, count, had, slots->count), changes);
    for (int i = 0; i < n; i++) {
        changes[i].index += first;
        v->changes[v->change_count++] = changes[i];
    }
}

void viewer_plan(struct viewer *v, const struct slot_want *sounds, int sound_count, const struct slot_want *pictures,
                 int picture_count)
{
    if (v->state != READY)
        return;
    v->change_count = 0;
    plan(v, &v->sounds, 0, sounds, sound_count);
    plan(v, &v->pictures, v->sounds.count, pictures, picture_count);
    if (!v->change_count)
        return;
    v->n++;
    tell_slots(v);
    v->state = SWITCHING;
    ask_switch(v);
}

void viewer_repeat(struct viewer *v)
{
    if (v->state != READY || !v->n)
        return;
    tell_slots(v);
    v->hooks->switched(v->data, v, v->n);
}

/* ---- coming up, going away ---- */

static void on_started(void *data, const struct janus_reply *reply)
{
    struct viewer *v = data;
    if (reply->err == ERR_BAD_REQUEST)
        lose(v);
}

bool viewer_answer(struct viewer *v, int64_t number, const char *sdp)
{
    if (!v->unanswered || number != v->offers)
        return false;
    struct buf body = {0};
    struct json j = request(v, &body, "start");
    json_object_end(&j);
    v->unanswered = false;
    if (v->state == OFFERED)
        v->state = STARTING;
    return send(v, &body, "answer", sdp, on_started);
}

static void on_attached(void *data, const struct janus_reply *reply)
{
    struct viewer *v = data;
    if (reply->err == ERR_UNAVAILABLE)
        return;
    if (reply->err || !reply->sdp) {
        lose(v);
        return;
    }
    v->state = OFFERED;
    offer(v, reply->sdp);
}

static void on_event(void *data, const struct janus_event *event)
{
    struct viewer *v = data;
    if (strcmp(event->name, "webrtcup") == 0 && v->state == STARTING) {
        v->state = READY;
        v->hooks->ready(v->data, v);
    } else if (strcmp(event->name, "hangup") == 0 || strcmp(event->name, "detached") == 0) {
        lose(v);
    }
}

static bool subscribe(struct viewer *v)
{
    struct buf body = {0};
    struct json j = request(v, &body, "join");
    json_str(&j, "ptype", "subscriber");
    json_bool(&j, "autoupdate", false);
    json_array(&j, "streams");
    for (int line = 0; line < line_count(v); line++) {
        json_object(&j, NULL);
        json_str(&j, "feed", v->room->dummy);
        json_str(&j, "mid", line < v->sounds.count ? "0" : "1");
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
    return send(v, &body, NULL, NULL, on_attached);
}

struct viewer *viewer_new(const struct janus_room *room, int64_t user_id, int64_t gen, int sounds, int pictures,
                          const struct viewer_hooks *hooks, void *data)
{
    char opaque[64];
    struct viewer *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    *v = (struct viewer){.room = room,
                         .hooks = hooks,
                         .data = data,
                         .gen = gen,
                         .sounds = {.count = sounds},
                         .pictures = {.count = pictures}};
    snprintf(opaque, sizeof opaque, "%lldv%lld", (long long)user_id, (long long)gen);
    v->handle = janus_attach(room->janus, opaque, on_event, v);
    if (!v->handle || !subscribe(v))
        viewer_free(&v);
    return v;
}

void viewer_free(struct viewer **viewer)
{
    struct viewer *v = *viewer;
    *viewer = NULL;
    if (!v)
        return;
    janus_detach(&v->handle);
    buf_free(&v->offer);
    free(v);
}

/* ---- what others ask ---- */

const char *viewer_offer(const struct viewer *v) { return v->offer.data; }

int64_t viewer_offer_number(const struct viewer *v) { return v->offers; }

bool viewer_is_unanswered(const struct viewer *v) { return v->unanswered; }

bool viewer_is_ready(const struct viewer *v) { return v->state == READY; }

int64_t viewer_gen(const struct viewer *v) { return v->gen; }

int64_t viewer_load_pps(const struct viewer *v)
{
    static const int sizes[] = {PICTURE_SMALL_PPS, PICTURE_MEDIUM_PPS, PICTURE_LARGE_PPS};
    int64_t load = 0;
    for (int i = 0; i < v->sounds.count; i++)
        load += v->sounds.items[i].source.user_id ? SOUND_PPS : 0;
    for (int i = 0; i < v->pictures.count; i++)
        load += v->pictures.items[i].source.user_id ? sizes[v->pictures.items[i].size] : 0;
    return load;
}
