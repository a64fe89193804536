#include "media/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

enum { FEED_CHARS = 48 };

enum gate { GATE_OPEN, GATE_SHUT };

struct publisher {
    const struct janus_room *room;
    const struct publisher_hooks *hooks;
    void *data;
    int64_t gen;
    enum publisher_kind kind;
    char feed[FEED_CHARS];
    struct janus_handle *handle;
    struct rate_watch *watch; /* while it is up */
    struct sdp_lines lines;
    bool published; /* Janus has taken the offer: it knows the lines */
    bool up;
    bool handed_out; /* the answer may be read */
    struct buf answer;
    enum gate wanted[SDP_VIDEO + 1], told[SDP_VIDEO + 1];
    int asked; /* gates that Janus has not confirmed yet */
};

static const char *const kind_letter[PUBLISHER_KINDS] = {"c", "s"};

static void lose(struct publisher *p) { p->hooks->gone(p->data, p); }

/* ---- gates ---- */

/* Answers leave only when every gate stands as it should. */
static void on_moderated(void *data, const struct janus_reply *reply)
{
    struct publisher *p = data;
    p->asked--;
    if (reply->err == ERR_BAD_REQUEST)
        lose(p);
    else if (!reply->err && !p->asked && !p->handed_out) {
        p->handed_out = true;
        p->hooks->answered(p->data, p);
    }
}

/* Requests of one handle are worked on in order: the last one that is wanted stands in the end. */
static void ask_gate(struct publisher *p, enum sdp_kind kind)
{
    const char *mid = publisher_mid(p, kind);
    if (!p->published || !mid || p->wanted[kind] == p->told[kind])
        return;
    struct buf body = {0};
    struct json j = json_to(&body);
    json_object(&j, NULL);
    json_str(&j, "request", "moderate");
    json_str(&j, "room", p->room->name);
    json_str(&j, "secret", p->room->secret);
    json_str(&j, "id", p->feed);
    json_str(&j, "mid", mid);
    json_bool(&j, "mute", p->wanted[kind] == GATE_SHUT);
    json_object_end(&j);
    if (!body.failed && janus_send(p->handle, body.data, NULL, NULL, on_moderated, p)) {
        p->told[kind] = p->wanted[kind];
        p->asked++;
    }
    buf_free(&body);
}

void publisher_gate(struct publisher *p, bool sound, bool picture)
{
    p->wanted[SDP_AUDIO] = sound ? GATE_OPEN : GATE_SHUT;
    p->wanted[SDP_VIDEO] = picture ? GATE_OPEN : GATE_SHUT;
    ask_gate(p, SDP_AUDIO);
    ask_gate(p, SDP_VIDEO);
}

/* ---- coming up, going away ---- */

/* Janus opens every gate when it takes an offer. */
static void on_published(void *data, const struct janus_reply *reply)
{
    struct publisher *p = data;
    if (reply->err == ERR_UNAVAILABLE)
        return; /* the session is lost, and with it all that is in it */
    if (reply->err || !reply->sdp) {
        lose(p);
        return;
    }
    buf_puts(&p->answer, reply->sdp);
    p->published = true;
    ask_gate(p, SDP_AUDIO);
    ask_gate(p, SDP_VIDEO);
    if (!p->asked) {
        p->handed_out = true;
        p->hooks->answered(p->data, p);
    }
}

/* Every publisher hears of everybody who talks; what counts is what is said of oneself. */
static void on_talking(struct publisher *p, struct slice event)
{
    static const char *const names[] = {"videoroom", "id"};
    struct slice values[2];
    if (!event.at || !skim_members(event, names, values, 2) || !skim_is(values[1], p->feed))
        return;
    if (skim_is(values[0], "talking"))
        p->hooks->talking(p->data, p, true);
    else if (skim_is(values[0], "stopped-talking"))
        p->hooks->talking(p->data, p, false);
}

static void on_measured(void *data, int64_t bits, bool too_much)
{
    struct publisher *p = data;
    p->hooks->measured(p->data, p, bits, too_much);
}

static void on_event(void *data, const struct janus_event *event)
{
    struct publisher *p = data;
    if (strcmp(event->name, "webrtcup") == 0 && !p->up) {
        p->up = true;
        p->watch = rates_watch(p->room->rates, p->handle, &p->lines, p->room->caps[p->kind], on_measured, p);
        p->hooks->up(p->data, p);
    } else if (strcmp(event->name, "hangup") == 0 || strcmp(event->name, "detached") == 0) {
        lose(p);
    } else if (strcmp(event->name, "event") == 0) {
        on_talking(p, event->data);
    }
}

static bool publish(struct publisher *p, const char *sdp)
{
    struct buf body = {0};
    struct json j = json_to(&body);
    json_object(&j, NULL);
    json_str(&j, "request", "joinandconfigure");
    json_str(&j, "ptype", "publisher");
    json_str(&j, "room", p->room->name);
    json_str(&j, "id", p->feed);
    json_int(&j, "bitrate", p->room->caps[p->kind]);
    json_object_end(&j);
    bool ok = !body.failed && janus_send(p->handle, body.data, "offer", sdp, on_published, p);
    buf_free(&body);
    return ok;
}

struct publisher *publisher_new(const struct janus_room *room, int64_t user_id, enum publisher_kind kind, int64_t gen,
                                const char *sdp, const struct sdp_lines *lines, const struct publisher_hooks *hooks,
                                void *data)
{
    struct publisher *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct publisher){.room = room,
                            .hooks = hooks,
                            .data = data,
                            .gen = gen,
                            .kind = kind,
                            .lines = *lines,
                            .wanted = {GATE_SHUT, GATE_SHUT}};
    snprintf(p->feed, sizeof p->feed, "%lld%s%lld", (long long)user_id, kind_letter[kind], (long long)gen);
    p->handle = janus_attach(room->janus, p->feed, on_event, p);
    if (!p->handle || !publish(p, sdp))
        publisher_free(&p);
    return p;
}

void publisher_free(struct publisher **publisher)
{
    struct publisher *p = *publisher;
    *publisher = NULL;
    if (!p)
        return;
    rates_unwatch(&p->watch);
    janus_detach(&p->handle);
    buf_free(&p->answer);
    free(p);
}

/* ---- what others ask ---- */

const char *publisher_mid(const struct publisher *p, enum sdp_kind kind)
{
    for (int i = 0; i < p->lines.count; i++)
        if (p->lines.lines[i].kind == kind)
            return p->lines.lines[i].mid;
    return NULL;
}

const char *publisher_answer(const struct publisher *p) { return p->handed_out ? p->answer.data : NULL; }

bool publisher_is_up(const struct publisher *p) { return p->up; }

int64_t publisher_gen(const struct publisher *p) { return p->gen; }

enum publisher_kind publisher_kind(const struct publisher *p) { return p->kind; }

const char *publisher_feed(const struct publisher *p) { return p->feed; }
