#include "relay/message.h"

#include <string.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/skim.h"
#include "relay/answer.h"
#include "relay/conn.h"
#include "relay/hub.h"
#include "relay/opening.h"
#include "relay/request.h"

struct message;

/* For whom a signal is. */
enum whom {
    TO_ONE_OR_ALL, /* whom `to` names, else all others */
    TO_ONE,        /* `to` must name one */
    TO_NODE        /* the media node of the room; there is no `to` */
};

/* A type of message: who works on it, and what it must keep to. */
struct kind {
    const char *type; /* NULL: any other */
    void (*take)(struct conn *c, const struct message *m);
    enum flow_class flow;
    enum whom whom;   /* signals */
    size_t max_bytes; /* signals: of data */
};

/* A client message, taken apart. */
struct message {
    const struct kind *kind; /* NULL where the message is bad */
    int64_t id;              /* -1: none */
    struct slice type;       /* inside the quotes */
    struct slice data;       /* an object */
};

static enum err check_token(struct conn *c, struct slice value, struct token_claims *claims)
{
    char token[TOKEN_TEXT_MAX + 1];
    struct slice text;
    if (!value.at || !skim_plain(value, &text) || text.len >= sizeof token)
        return ERR_UNAUTHORIZED;
    memcpy(token, text.at, text.len);
    token[text.len] = '\0';
    return token_verify(&c->relay->keys, token, clock_now_ms(&c->relay->clock) / 1000, claims);
}

/* The first token decides whether the connection lives; a later one only renews it, for the same user. */
static void take_auth(struct conn *c, const struct message *m)
{
    static const char *const names[] = {"token"};
    struct slice token;
    struct token_claims claims;
    bool first = !c->user_id;
    enum err e = skim_members(m->data, names, &token, 1) ? check_token(c, token, &claims) : ERR_UNAUTHORIZED;
    if (!e && !first && claims.user_id != c->user_id)
        e = ERR_FORBIDDEN;
    if (e && first) {
        conn_close(c, WS_CODE_UNAUTHORIZED);
        return;
    }
    if (first && !opening_admit(c, claims.user_id)) {
        conn_close(c, WS_CODE_TOO_MANY);
        return;
    }
    if (e) {
        answer_error(c, m->id, e, NULL);
        return;
    }
    opening_signed_in(c, &claims);
    answer_ack(c, m->id, (struct slice){0});
    if (first)
        answer_hello(c);
}

static void take_ping(struct conn *c, const struct message *m) { answer_pong(c, m->id); }

/* Appends what the others receive; the sender is stamped here. */
static void write_signal(struct buf *out, const struct conn *c, const struct message *m)
{
    struct json j = json_to(out);
    json_object(&j, NULL);
    json_str(&j, "type", m->kind->type);
    json_int(&j, "meetingId", c->seat);
    json_int(&j, "from", c->user_id);
    json_raw(&j, "data", "");
    buf_append(out, m->data.at, m->data.len);
    json_object_end(&j);
    /* an envelope is one line; between the tokens of JSON a line end is a blank like any other */
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
}

static bool to_is_good(struct slice value, enum whom whom, int64_t *to)
{
    if (!value.at)
        return whom != TO_ONE;
    return whom != TO_NODE && skim_int(value, to) && *to != 0;
}

static enum err send_signal(struct conn *c, const struct message *m, int64_t to)
{
    struct buf out = {0};
    write_signal(&out, c, m);
    enum err e = out.failed                 ? ERR_UNAVAILABLE
                 : m->kind->whom == TO_NODE ? hub_signal_node(c, out.data)
                                            : hub_signal(c, to, out.data, out.len);
    buf_free(&out);
    return e;
}

/* What has no number goes to the one whom `to` names, to everybody else in the room, or to its media node. */
static void take_signal(struct conn *c, const struct message *m)
{
    static const char *const names[] = {"to"};
    struct slice value;
    int64_t to = 0;
    const char *field = NULL;
    bool once = skim_members(m->data, names, &value, 1);
    if (m->data.len > m->kind->max_bytes)
        field = "data";
    else if (!once || !to_is_good(value, m->kind->whom, &to))
        field = "to";
    bool in = c->reader.room && !c->waiting;
    if (!in || field) {
        answer_error(c, m->id, in ? ERR_VALIDATION_FAILED : ERR_NOT_JOINED, in ? field : NULL);
        return;
    }
    enum err e = send_signal(c, m, to);
    if (e)
        answer_error(c, m->id, e, NULL);
    else
        answer_ack(c, m->id, (struct slice){0});
}

static void take_call(struct conn *c, const struct message *m)
{
    if (!request_add(c, m->type, m->id, m->data))
        answer_error(c, m->id, ERR_UNAVAILABLE, NULL);
}

/* What the relay answers itself; the last one is for all that goes to the workers. */
static const struct kind kinds[] = {
    {"auth", take_auth, FLOW_PING, TO_ONE_OR_ALL, LIMIT_FRAME_BYTES},
    {"ping", take_ping, FLOW_PING, TO_ONE_OR_ALL, LIMIT_FRAME_BYTES},
    {"webrtc_signal", take_signal, FLOW_SIGNAL, TO_ONE, LIMIT_SIGNAL_BYTES},
    {"media_signal", take_signal, FLOW_SIGNAL, TO_NODE, LIMIT_SIGNAL_BYTES},
    {"typing", take_signal, FLOW_TRANSIENT, TO_ONE_OR_ALL, LIMIT_TRANSIENT_BYTES},
    {"reaction", take_signal, FLOW_TRANSIENT, TO_ONE_OR_ALL, LIMIT_TRANSIENT_BYTES},
    {NULL, take_call, FLOW_CALL, TO_ONE_OR_ALL, LIMIT_FRAME_BYTES},
};

static const struct kind *find_kind(struct slice type)
{
    const struct kind *kind = kinds;
    while (kind->type && (strlen(kind->type) != type.len || memcmp(type.at, kind->type, type.len) != 0))
        kind++;
    return kind;
}

/* Lower case letters and underscores: it becomes a part of a path. */
static bool type_ok(struct slice type)
{
    if (type.len == 0 || type.len > REQUEST_TYPE_CHARS)
        return false;
    for (size_t i = 0; i < type.len; i++)
        if (type.at[i] != '_' && (type.at[i] < 'a' || type.at[i] > 'z'))
            return false;
    return true;
}

/* Takes a message apart. What is found before a fault is kept: an error can carry the id. */
static enum err read_message(const char *text, size_t len, struct message *m, const char **field)
{
    static const char *const names[] = {"id", "type", "data"};
    struct slice part[3];
    *m = (struct message){.id = -1, .data = {"{}", 2}};
    *field = NULL;
    if (!skim_check(text, len, LIMIT_JSON_DEPTH))
        return ERR_MALFORMED_JSON;
    if (!skim_members((struct slice){text, len}, names, part, 3))
        return ERR_BAD_REQUEST;
    if (part[0].at && !skim_int(part[0], &m->id))
        return ERR_BAD_REQUEST;
    if (!part[1].at || !skim_plain(part[1], &m->type))
        return ERR_BAD_REQUEST;
    if (part[2].at && !skim_is_object(part[2])) {
        *field = "data";
        return ERR_VALIDATION_FAILED;
    }
    if (part[2].at)
        m->data = part[2];
    if (!type_ok(m->type))
        return ERR_UNKNOWN_TYPE;
    m->kind = find_kind(m->type);
    return ERR_OK;
}

/* Too large a signal is bad input and counts as such, not by its bytes. */
static bool may(struct conn *c, const struct message *m)
{
    if (!conn_may(c, m->kind->flow, 1))
        return false;
    bool by_bytes = m->kind->flow == FLOW_SIGNAL && m->data.len <= m->kind->max_bytes;
    return !by_bytes || conn_may(c, FLOW_SIGNAL_BYTES, (int64_t)m->data.len);
}

void message_take(struct conn *c, const char *text, size_t len)
{
    struct message m;
    const char *field;
    enum err e = read_message(text, len, &m, &field);
    if (!c->user_id && (e || (m.kind->take != take_auth && m.kind->take != take_ping))) {
        conn_close(c, WS_CODE_UNAUTHORIZED);
    } else if (e) {
        answer_error(c, m.id, e, field);
    } else if (may(c, &m)) {
        m.kind->take(c, &m);
    } else {
        answer_error(c, m.id, ERR_RATE_LIMITED, NULL);
        conn_refused(c);
    }
}
