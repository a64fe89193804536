#include "media/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "core/skim.h"
#include "media/publisher.h"
#include "media/viewer.h"
#include "core/map.h"

enum {
    WANTS_MAX = 64,     /* of one page; it can show fewer */
    FLOODS = 2,         /* measurements in a row: a burst of key frames or a probe of the network is over sooner */
    BAN_MS = 30 * 1000, /* who flooded a room sends nothing there for so long */
    BANS = 32,          /* of the latest ones */
    AUDIO_PACKETS = 10, /* that make somebody one who talks: 200 ms */
    AUDIO_LEVEL = 60,   /* in -dBov: louder is smaller */
    SIZES = 3,
    UNSAID = -2 /* a size that the page was not told */
};

struct member {
    LIST_ENTRY(member) link;
    struct map_node by_user;
    struct room *room;
    int64_t user_id;
    struct room_flags flags;
    struct publisher *sends[PUBLISHER_KINDS];
    struct viewer *receives;
    struct slot_want wants[WANTS_MAX];
    int want_count;
    int said_size[PUBLISHER_KINDS]; /* the largest that the page knows to be wanted of it; UNSAID: it knows nothing */
    int floods[PUBLISHER_KINDS];    /* in a row, also over connections that were made anew */
    double talked_s;                /* when they were last heard; 0: never */
    bool talks;
    bool away; /* their connection to the meeting broke */
    bool kept; /* room_set_members has named them */
};

/* Of a user, not of a member: leaving and coming back does not end it. */
struct ban {
    int64_t user_id;
    double until_s;
};

struct room {
    struct ev_loop *loop;
    const struct room_options *options;
    const struct room_hooks *hooks;
    void *data;
    int64_t meeting_id, epoch;
    struct janus_room janus_room;
    struct janus_handle *control;
    bool ready; /* Janus has the room, and we know its dummy */
    LIST_HEAD(, member) members;
    struct map by_user;
    struct ban bans[BANS];
    int next_ban;
    ev_timer plan; /* plans all that changed in this turn at once */
};

/* ---- saying ---- */

static struct json signal_begin(const struct room *room, struct buf *out, const char *pc, int64_t gen, const char *kind)
{
    struct json j = json_to(out);
    json_object(&j, NULL);
    json_int(&j, "epoch", room->epoch);
    if (pc)
        json_str(&j, "pc", pc);
    if (pc)
        json_int(&j, "gen", gen);
    json_str(&j, "kind", kind);
    return j;
}

static void signal_end(const struct room *room, int64_t user_id, struct json *j)
{
    json_object_end(j);
    if (!j->out->failed)
        room->hooks->say(room->data, user_id, j->out->data, j->out->len);
    buf_free(j->out);
}

static const char *const send_names[PUBLISHER_KINDS] = {"pub", "screen"};

static void say_sdp(const struct member *m, const char *pc, int64_t gen, const char *kind, const char *sdp)
{
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, pc, gen, kind);
    json_str(&j, "sdp", sdp);
    signal_end(m->room, m->user_id, &j);
}

static void say_plain(const struct member *m, const char *pc, int64_t gen, const char *kind)
{
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, pc, gen, kind);
    signal_end(m->room, m->user_id, &j);
}

/* ---- members ---- */

static struct member *find_member(const struct room *room, int64_t user_id)
{
    struct map_node *node = map_find(&room->by_user, user_id, 0);
    return node ? MAP_ITEM(node, struct member, by_user) : NULL;
}

static void plan_soon(struct room *room)
{
    if (!ev_is_active(&room->plan))
        ev_timer_start(room->loop, &room->plan);
}

static void set_gates(const struct member *m)
{
    if (m->sends[PUBLISHER_CAMERA])
        publisher_gate(m->sends[PUBLISHER_CAMERA], m->flags.audio, m->flags.video);
    if (m->sends[PUBLISHER_SCREEN])
        publisher_gate(m->sends[PUBLISHER_SCREEN], m->flags.screen, m->flags.screen);
}

void room_set_member(struct room *room, int64_t user_id, struct room_flags flags)
{
    struct member *m = find_member(room, user_id);
    if (!m) {
        m = calloc(1, sizeof *m);
        if (!m || !map_add(&room->by_user, &m->by_user, user_id, 0)) {
            free(m);
            return;
        }
        m->room = room;
        m->user_id = user_id;
        LIST_INSERT_HEAD(&room->members, m, link);
    }
    m->flags = flags;
    set_gates(m);
    plan_soon(room);
}

static void end_connections(struct member *m)
{
    for (int i = 0; i < PUBLISHER_KINDS; i++)
        publisher_free(&m->sends[i]);
    viewer_free(&m->receives);
    m->want_count = 0;
    m->talks = false;
    plan_soon(m->room);
}

void room_drop_connections(struct room *room, int64_t user_id)
{
    struct member *m = find_member(room, user_id);
    if (!m)
        return;
    for (int i = 0; i < PUBLISHER_KINDS; i++)
        if (m->sends[i])
            say_plain(m, send_names[i], publisher_gen(m->sends[i]), "gone");
    if (m->receives)
        say_plain(m, "sub", viewer_gen(m->receives), "gone");
    end_connections(m);
}

static void remove_member(struct member *m)
{
    end_connections(m);
    map_remove(&m->room->by_user, &m->by_user);
    LIST_REMOVE(m, link);
    free(m);
}

void room_remove_member(struct room *room, int64_t user_id)
{
    struct member *m = find_member(room, user_id);
    if (m)
        remove_member(m);
}

void room_set_members(struct room *room, const struct room_seat *seats, size_t count)
{
    struct member *m, *next;
    LIST_FOREACH(m, &room->members, link) m->kept = false;
    for (size_t i = 0; i < count; i++) {
        room_set_member(room, seats[i].user_id, seats[i].flags);
        m = find_member(room, seats[i].user_id);
        if (m)
            m->kept = true;
    }
    for (m = LIST_FIRST(&room->members); m; m = next) {
        next = LIST_NEXT(m, link);
        if (!m->kept)
            remove_member(m);
    }
}

void room_mute(struct room *room)
{
    struct member *m;
    LIST_FOREACH(m, &room->members, link)
    {
        m->flags.audio = false;
        set_gates(m);
    }
    plan_soon(room);
}

void room_set_away(struct room *room, int64_t user_id)
{
    struct member *m = find_member(room, user_id);
    if (m)
        m->away = true;
}

void room_seat_taken(struct room *room, int64_t user_id)
{
    struct member *m = find_member(room, user_id);
    if (m && !m->away)
        room_drop_connections(room, user_id);
    if (m)
        m->away = false;
}

int64_t room_load_pps(const struct room *room)
{
    const struct member *m;
    int64_t load = 0;
    LIST_FOREACH(m, &room->members, link) load += m->receives ? viewer_load_pps(m->receives) : 0;
    return load;
}

/* ---- who is in whose slots ---- */

static enum publisher_kind sender_of(enum slot_kind kind)
{
    return kind == SLOT_CAMERA || kind == SLOT_VOICE ? PUBLISHER_CAMERA : PUBLISHER_SCREEN;
}

static bool is_open(const struct member *m, enum slot_kind kind)
{
    return kind == SLOT_CAMERA ? m->flags.video : kind == SLOT_VOICE ? m->flags.audio : m->flags.screen;
}

static bool find_source(void *data, struct slot_source source, const char **feed, const char **mid)
{
    const struct member *viewer = data, *m = find_member(viewer->room, source.user_id);
    const struct publisher *p = m ? m->sends[sender_of(source.kind)] : NULL;
    if (!p || m == viewer || publisher_gen(p) != source.gen || !publisher_is_up(p) || !is_open(m, source.kind))
        return false;
    bool sound = source.kind == SLOT_VOICE || source.kind == SLOT_SCREEN_SOUND;
    const char *line = publisher_mid(p, sound ? SDP_AUDIO : SDP_VIDEO);
    if (!line)
        return false;
    *feed = publisher_feed(p);
    *mid = line;
    return true;
}

/* The wants with the connections that there are now. */
static int current_wants(const struct member *m, struct slot_want *out)
{
    int n = 0;
    for (int i = 0; i < m->want_count; i++) {
        const struct member *who = find_member(m->room, m->wants[i].source.user_id);
        const struct publisher *p = who ? who->sends[sender_of(m->wants[i].source.kind)] : NULL;
        if (!p)
            continue;
        out[n] = m->wants[i];
        out[n++].source.gen = publisher_gen(p);
    }
    return n;
}

/* Whether a is to be heard rather than b, where not all can be. */
static bool is_before(const struct member *a, const struct member *b)
{
    return a->talks != b->talks ? a->talks : a->talked_s > b->talked_s;
}

/* The voices that may be heard by m, of those that have the best claim; shared sound comes first. */
static int loudest(const struct member *m, struct slot_want out[VIEWER_SOUNDS_MAX])
{
    const struct member *chosen[VIEWER_SOUNDS_MAX], *one;
    int n = 0, voices = 0;
    LIST_FOREACH(one, &m->room->members, link)
    if (one != m && one->flags.screen && one->sends[PUBLISHER_SCREEN] && n < VIEWER_SOUNDS_MAX / 2)
        out[n++] =
            (struct slot_want){{one->user_id, SLOT_SCREEN_SOUND, publisher_gen(one->sends[PUBLISHER_SCREEN])}, 0};
    LIST_FOREACH(one, &m->room->members, link)
    {
        if (one == m || !one->flags.audio || !one->sends[PUBLISHER_CAMERA])
            continue;
        int at = voices < VIEWER_SOUNDS_MAX - n ? voices++ : voices;
        for (; at > 0 && is_before(one, chosen[at - 1]); at--)
            if (at < VIEWER_SOUNDS_MAX - n)
                chosen[at] = chosen[at - 1];
        if (at < VIEWER_SOUNDS_MAX - n)
            chosen[at] = one;
    }
    for (int i = 0; i < voices; i++)
        out[n++] =
            (struct slot_want){{chosen[i]->user_id, SLOT_VOICE, publisher_gen(chosen[i]->sends[PUBLISHER_CAMERA])}, 0};
    return n;
}

static void plan_member(const struct member *m)
{
    struct slot_want sounds[VIEWER_SOUNDS_MAX], pictures[WANTS_MAX];
    if (m->receives && viewer_is_ready(m->receives))
        viewer_plan(m->receives, sounds, loudest(m, sounds), pictures, current_wants(m, pictures));
}

/* The largest that anybody wants to see of what m sends; -1: nobody wants to see it. */
static int largest_want(const struct member *m, enum slot_kind kind)
{
    const struct member *viewer;
    int largest = -1;
    LIST_FOREACH(viewer, &m->room->members, link)
    for (int i = 0; viewer != m && viewer->receives && i < viewer->want_count; i++) {
        const struct slot_want *want = &viewer->wants[i];
        if (want->source.user_id == m->user_id && want->source.kind == kind && want->size > largest)
            largest = want->size;
    }
    return largest;
}

/* A page sends nothing larger than is wanted of it. */
static void say_sizes(struct member *m)
{
    for (int kind = 0; kind < PUBLISHER_KINDS; kind++) {
        int size = largest_want(m, kind == PUBLISHER_CAMERA ? SLOT_CAMERA : SLOT_SCREEN);
        if (!m->sends[kind] || !publisher_answer(m->sends[kind]) || size == m->said_size[kind])
            continue;
        struct buf out = {0};
        struct json j = signal_begin(m->room, &out, send_names[kind], publisher_gen(m->sends[kind]), "layers");
        json_int(&j, "size", size);
        signal_end(m->room, m->user_id, &j);
        m->said_size[kind] = size;
    }
}

static void on_plan(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct room *room = watcher->data;
    struct member *m;
    LIST_FOREACH(m, &room->members, link)
    {
        plan_member(m);
        say_sizes(m);
    }
}

/* ---- what connections tell ---- */

static void on_answered(void *data, struct publisher *p)
{
    const struct member *m = data;
    plan_soon(m->room);
    say_sdp(m, send_names[publisher_kind(p)], publisher_gen(p), "answer", publisher_answer(p));
}

static void on_publisher_up(void *data, struct publisher *p)
{
    struct member *m = data;
    say_plain(m, send_names[publisher_kind(p)], publisher_gen(p), "up");
    plan_soon(m->room);
}

static void on_publisher_gone(void *data, struct publisher *p)
{
    struct member *m = data;
    enum publisher_kind kind = publisher_kind(p);
    int64_t gen = publisher_gen(p);
    publisher_free(&m->sends[kind]);
    say_plain(m, send_names[kind], gen, "gone");
    plan_soon(m->room);
}

static bool is_banned(const struct room *room, int64_t user_id)
{
    for (int i = 0; i < BANS; i++)
        if (room->bans[i].user_id == user_id && clock_elapsed_s() < room->bans[i].until_s)
            return true;
    return false;
}

/* An honest page sends what Janus asks of it. This one would go on as soon as it is back, so that takes a while. */
static void ban(struct member *m, struct publisher *p, int64_t bits)
{
    struct room *room = m->room;
    enum publisher_kind kind = publisher_kind(p);
    log_event(LOG_WARN, "publisher_floods", "meeting", LOG_INT(room->meeting_id), "user", LOG_INT(m->user_id), "pc",
              send_names[kind], "kbits", LOG_INT(bits / 1000), NULL);
    room->bans[room->next_ban] = (struct ban){m->user_id, clock_elapsed_s() + BAN_MS / 1000.0};
    room->next_ban = (room->next_ban + 1) % BANS;
    struct buf out = {0};
    struct json j = signal_begin(room, &out, send_names[kind], publisher_gen(p), "gone");
    json_str(&j, "code", "rate_limited");
    publisher_free(&m->sends[kind]);
    signal_end(room, m->user_id, &j);
    plan_soon(room);
}

static void on_measured(void *data, struct publisher *p, int64_t bits, bool too_much)
{
    struct member *m = data;
    int *floods = &m->floods[publisher_kind(p)];
    *floods = too_much ? *floods + 1 : 0;
    if (*floods >= FLOODS)
        ban(m, p, bits);
}

static void on_talking(void *data, struct publisher *p, bool talks)
{
    struct member *m = data;
    if (publisher_kind(p) != PUBLISHER_CAMERA || m->talks == talks)
        return;
    m->talks = talks;
    m->talked_s = ev_now(m->room->loop);
    plan_soon(m->room);
}

static const struct publisher_hooks publisher_hooks = {.answered = on_answered,
                                                       .up = on_publisher_up,
                                                       .gone = on_publisher_gone,
                                                       .talking = on_talking,
                                                       .measured = on_measured};

static void on_offered(void *data, struct viewer *v)
{
    const struct member *m = data;
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, "sub", viewer_gen(v), "offer");
    json_int(&j, "n", viewer_offer_number(v));
    json_str(&j, "sdp", viewer_offer(v));
    signal_end(m->room, m->user_id, &j);
}

static void on_ready(void *data, struct viewer *v)
{
    (void)v;
    struct member *m = data;
    plan_soon(m->room);
}

static void on_viewer_gone(void *data, struct viewer *v)
{
    struct member *m = data;
    int64_t gen = viewer_gen(v);
    viewer_free(&m->receives);
    say_plain(m, "sub", gen, "gone");
}

static void on_slots(void *data, struct viewer *v, const char *json, size_t len)
{
    const struct member *m = data;
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, "sub", viewer_gen(v), "slots");
    buf_putc(&out, ',');
    buf_append(&out, json, len);
    signal_end(m->room, m->user_id, &j);
}

static void on_switched(void *data, struct viewer *v, int64_t n)
{
    const struct member *m = data;
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, "sub", viewer_gen(v), "switched");
    json_int(&j, "n", n);
    signal_end(m->room, m->user_id, &j);
}

static const struct viewer_hooks viewer_hooks = {.offered = on_offered,
                                                 .ready = on_ready,
                                                 .gone = on_viewer_gone,
                                                 .slots = on_slots,
                                                 .switched = on_switched,
                                                 .find = find_source};

/* ---- what pages ask ---- */

enum field { KIND, PC, GEN, EPOCH, N, SDP, AUDIO, VIDEO, LIST, FIELDS };

/* A signal as it came: views into its text. */
struct signal {
    struct slice field[FIELDS];
    int64_t gen;
    struct buf text; /* the SDP, decoded */
};

static void refuse(const struct member *m, const char *pc, int64_t gen, const char *code)
{
    struct buf out = {0};
    struct json j = signal_begin(m->room, &out, pc, gen, "refused");
    json_str(&j, "code", code);
    signal_end(m->room, m->user_id, &j);
}

static bool filtered(const struct signal *s, const struct sdp_rules *rules, struct buf *out, struct sdp_lines *lines)
{
    return s->text.len && !sdp_filter(s->text.data, s->text.len, rules, out, lines);
}

/* Pages repeat themselves until they are answered: the same offer gets the same answer. */
static void take_publish(struct member *m, const struct signal *s, enum publisher_kind kind)
{
    static const struct sdp_rules rules = {.audio = 1, .video = 1};
    struct publisher *old = m->sends[kind];
    struct buf sdp = {0};
    struct sdp_lines lines;
    if (old && publisher_gen(old) >= s->gen) {
        if (publisher_gen(old) == s->gen && publisher_answer(old))
            on_answered(m, old);
        return;
    }
    if (is_banned(m->room, m->user_id)) {
        refuse(m, send_names[kind], s->gen, "rate_limited");
    } else if (!filtered(s, &rules, &sdp, &lines)) {
        refuse(m, send_names[kind], s->gen, "bad_request");
    } else {
        publisher_free(&m->sends[kind]);
        m->sends[kind] =
            publisher_new(&m->room->janus_room, m->user_id, kind, s->gen, sdp.data, &lines, &publisher_hooks, m);
        m->said_size[kind] = UNSAID;
        set_gates(m);
        plan_soon(m->room);
    }
    buf_free(&sdp);
}

static int count_of(struct slice value, int most)
{
    int64_t n = 0;
    return skim_int(value, &n) && n < most ? (int)n : most;
}

static void take_receive(struct member *m, const struct signal *s)
{
    struct viewer *old = m->receives;
    if (old && viewer_gen(old) >= s->gen) {
        if (viewer_gen(old) == s->gen && viewer_offer(old))
            on_offered(m, old);
        return;
    }
    viewer_free(&m->receives);
    m->receives = viewer_new(&m->room->janus_room, m->user_id, s->gen, count_of(s->field[AUDIO], VIEWER_SOUNDS_MAX),
                             count_of(s->field[VIDEO], VIEWER_PICTURES_MAX), &viewer_hooks, m);
}

static void take_answered(struct member *m, const struct signal *s)
{
    static const struct sdp_rules rules = {.audio = VIEWER_SOUNDS_MAX, .video = VIEWER_PICTURES_MAX, .receives = true};
    struct buf sdp = {0};
    struct sdp_lines lines;
    int64_t n;
    if (!m->receives || viewer_gen(m->receives) != s->gen || !skim_int(s->field[N], &n))
        return;
    if (filtered(s, &rules, &sdp, &lines))
        (void)!viewer_answer(m->receives, n, sdp.data); /* repeated, or there is another offer */
    else
        refuse(m, "sub", s->gen, "bad_request");
    buf_free(&sdp);
}

/* ["17", …] of [17, "camera", 2]. False where it is none. */
static bool read_want(struct slice item, struct slot_want *want)
{
    struct skim_items parts = skim_items(item);
    struct slice user, kind, size;
    int64_t layer;
    if (!skim_next(&parts, &user) || !skim_next(&parts, &kind) || !skim_next(&parts, &size))
        return false;
    *want = (struct slot_want){.source.kind = skim_is(kind, "screen") ? SLOT_SCREEN : SLOT_CAMERA};
    if (!skim_int(user, &want->source.user_id) || !skim_int(size, &layer))
        return false;
    want->size = layer < SIZES ? (int)layer : SIZES - 1;
    return true;
}

/* Pages say it again and again, so what they may not have heard is repeated with it. */
static void repeat(struct member *m)
{
    for (int kind = 0; kind < PUBLISHER_KINDS; kind++)
        m->said_size[kind] = UNSAID;
    if (!m->receives || !viewer_is_ready(m->receives))
        return;
    if (viewer_is_unanswered(m->receives))
        on_offered(m, m->receives);
    viewer_repeat(m->receives);
}

static void take_wants(struct member *m, const struct signal *s)
{
    struct skim_items items = skim_items(s->field[LIST]);
    struct slice item;
    m->want_count = 0;
    while (m->want_count < WANTS_MAX && skim_next(&items, &item))
        if (read_want(item, &m->wants[m->want_count]))
            m->want_count++;
    repeat(m);
    plan_soon(m->room);
}

static void take_stop(struct member *m, const struct signal *s)
{
    for (int kind = 0; kind < PUBLISHER_KINDS; kind++)
        if (skim_is(s->field[PC], send_names[kind]))
            publisher_free(&m->sends[kind]);
    if (skim_is(s->field[PC], "sub"))
        viewer_free(&m->receives);
    plan_soon(m->room);
}

static void take_signal(struct member *m, const struct signal *s)
{
    struct slice kind = s->field[KIND], pc = s->field[PC];
    if (skim_is(kind, "publish"))
        take_publish(m, s, skim_is(pc, "screen") ? PUBLISHER_SCREEN : PUBLISHER_CAMERA);
    else if (skim_is(kind, "receive"))
        take_receive(m, s);
    else if (skim_is(kind, "answered"))
        take_answered(m, s);
    else if (skim_is(kind, "wants"))
        take_wants(m, s);
    else if (skim_is(kind, "stop"))
        take_stop(m, s);
}

/* A lower epoch is never obeyed, and a higher one is none of ours. */
void room_signal(struct room *room, int64_t user_id, const char *json, size_t len)
{
    static const char *const names[FIELDS] = {"kind", "pc", "gen", "epoch", "n", "sdp", "audio", "video", "list"};
    struct member *m = find_member(room, user_id);
    struct signal s = {0};
    int64_t epoch;
    if (!room->ready || !m || !skim_members((struct slice){json, len}, names, s.field, FIELDS) ||
        !skim_int(s.field[EPOCH], &epoch) || epoch != room->epoch)
        return;
    if (s.field[GEN].at && !skim_int(s.field[GEN], &s.gen))
        return;
    if ((!s.field[SDP].at || skim_text(s.field[SDP], &s.text)) && !s.text.failed)
        take_signal(m, &s);
    buf_free(&s.text);
}

/* ---- the room itself ---- */

static void fail(struct room *room, const struct janus_reply *reply)
{
    if (reply->err == ERR_UNAVAILABLE)
        return;
    log_event(LOG_WARN, "room_refused", "meeting", LOG_INT(room->meeting_id), "code", LOG_INT(reply->code), NULL);
    room->hooks->failed(room->data);
}

/* The dummy is the one publisher of a new room. */
static bool read_dummy(struct room *room, struct slice data)
{
    static const char *const names[] = {"id", "dummy"};
    const char *const list_name[] = {"participants"};
    struct slice list, item, values[2], id;
    if (!data.at || !skim_members(data, list_name, &list, 1))
        return false;
    for (struct skim_items items = skim_items(list); skim_next(&items, &item);)
        if (skim_members(item, names, values, 2) && values[1].len == 4 && skim_plain(values[0], &id) &&
            id.len < sizeof room->janus_room.dummy) {
            snprintf(room->janus_room.dummy, sizeof room->janus_room.dummy, "%.*s", (int)id.len, id.at);
            return true;
        }
    return false;
}

static void on_listed(void *data, const struct janus_reply *reply)
{
    struct room *room = data;
    if (reply->err || !read_dummy(room, reply->data)) {
        fail(room, reply);
        return;
    }
    struct buf out = {0};
    room->ready = true;
    struct json j = signal_begin(room, &out, NULL, 0, "ready");
    signal_end(room, 0, &j);
}

static void on_created(void *data, const struct janus_reply *reply)
{
    struct room *room = data;
    struct buf body = {0};
    struct json j = json_to(&body);
    if (reply->err) {
        fail(room, reply);
        return;
    }
    json_object(&j, NULL);
    json_str(&j, "request", "listparticipants");
    json_str(&j, "room", room->janus_room.name);
    json_object_end(&j);
    if (!body.failed)
        janus_send(room->control, body.data, NULL, NULL, on_listed, room);
    buf_free(&body);
}

static void on_control_event(void *data, const struct janus_event *event) { (void)data, (void)event; }

static void put_streams(struct json *j)
{
    static const char *const codecs[] = {"opus", "vp8"};
    json_array(j, "dummy_streams");
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        json_object(j, NULL);
        json_str(j, "codec", codecs[i]);
        json_object_end(j);
    }
    json_array_end(j);
}

static bool create(struct room *room)
{
    struct buf body = {0};
    struct json j = json_to(&body);
    json_object(&j, NULL);
    json_str(&j, "request", "create");
    json_str(&j, "admin_key", room->options->admin_key);
    json_str(&j, "room", room->janus_room.name);
    json_str(&j, "secret", room->janus_room.secret);
    json_bool(&j, "is_private", true);
    json_int(&j, "publishers", 500);
    json_int(&j, "bitrate", room->janus_room.caps[PUBLISHER_SCREEN]); /* the highest; each publisher says its own */
    json_bool(&j, "bitrate_cap", true);
    json_str(&j, "audiocodec", "opus");
    json_str(&j, "videocodec", "vp8");
    json_bool(&j, "opus_fec", true);
    json_bool(&j, "audiolevel_event", true);
    json_int(&j, "audio_active_packets", AUDIO_PACKETS);
    json_int(&j, "audio_level_average", AUDIO_LEVEL);
    json_bool(&j, "lock_record", true);
    json_bool(&j, "notify_joining", false);
    json_bool(&j, "dummy_publisher", true);
    put_streams(&j);
    json_object_end(&j);
    bool ok = !body.failed && janus_send(room->control, body.data, NULL, NULL, on_created, room);
    buf_free(&body);
    return ok;
}

static void make_names(struct room *room, struct random *random)
{
    unsigned char bytes[16];
    struct janus_room *r = &room->janus_room;
    snprintf(r->name, sizeof r->name, "%lld-%lld", (long long)room->meeting_id, (long long)room->epoch);
    random_fill(random, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(r->secret + 2 * i, 3, "%02x", bytes[i]);
}

struct room *room_new(struct ev_loop *loop, struct janus *janus, const struct room_options *options,
                      struct random *random, int64_t meeting_id, int64_t epoch, const struct room_hooks *hooks,
                      void *data)
{
    struct room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    *room = (struct room){.loop = loop,
                          .options = options,
                          .hooks = hooks,
                          .data = data,
                          .meeting_id = meeting_id,
                          .epoch = epoch,
                          .janus_room = {.janus = janus, .rates = options->rates}};
    room->janus_room.caps[PUBLISHER_CAMERA] = options->max_kbits * 1000;
    room->janus_room.caps[PUBLISHER_SCREEN] = options->max_kbits * 1250;
    LIST_INIT(&room->members);
    make_names(room, random);
    ev_timer_init(&room->plan, on_plan, 0, 0);
    room->plan.data = room;
    room->control = janus_attach(janus, room->janus_room.name, on_control_event, room);
    if (!room->control || !create(room))
        room_free(&room);
    return room;
}

/* Without a word to pages: they hear of it by the room's log. */
void room_free(struct room **room_)
{
    struct room *room = *room_;
    *room_ = NULL;
    if (!room)
        return;
    struct member *m;
    while ((m = LIST_FIRST(&room->members)))
        remove_member(m);
    struct buf body = {0};
    struct json j = json_to(&body);
    json_object(&j, NULL);
    json_str(&j, "request", "destroy");
    json_str(&j, "room", room->janus_room.name);
    json_str(&j, "secret", room->janus_room.secret);
    json_object_end(&j);
    if (room->control && !body.failed)
        janus_send(room->control, body.data, NULL, NULL, NULL, NULL);
    buf_free(&body);
    janus_detach(&room->control);
    ev_timer_stop(room->loop, &room->plan);
    map_free(&room->by_user);
    free(room);
}
