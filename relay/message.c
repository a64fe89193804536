#include "relay/message.h"

#include <string.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "relay/conn.h"
#include "relay/opening.h"
#include "core/skim.h"

enum { REFILL_S = 1 }; /* every allowance is at least one message a second */

struct message;

/* A type of message: who works on it, and what it must keep to. */
struct kind {
    const char *type; /* NULL: any other */
    void (*take)(struct conn *c, const struct message *m);
    enum flow_class flow;
    bool to_one;      /* signals: must say whom it is for */
    size_t max_bytes; /* signals: of data */
};

/* A client message, taken apart. */
struct message {
    const struct kind *kind; /* NULL where the message is bad */
    int64_t id;              /* -1: none */
    struct slice type;       /* inside the quotes */
    struct slice data;       /* an object */
};

static bool is_bad(enum err e)
{
    return e == ERR_MALFORMED_JSON || e == ERR_BAD_REQUEST || e == ERR_UNKNOWN_TYPE || e == ERR_VALIDATION_FAILED;
}

/* {"type":…,"id":… — the object stays open */
static struct json begin(struct buf *out, const char *type, int64_t id)
{
    struct json j = json_to(out);
    json_object(&j, NULL);
    json_str(&j, "type", type);
    if (id >= 0)
        json_int(&j, "id", id);
    return j;
}

static void count_bad(struct conn *c, enum err e)
{
    if (is_bad(e) && c->state == CONN_OPEN && ++c->bad_messages >= LIMIT_BAD_MESSAGES)
        conn_close(c, WS_CODE_BAD_MESSAGES);
}

void message_error(struct conn *c, int64_t id, enum err e, const char *field)
{
    struct buf out = {0};
    struct json j = begin(&out, "error", id);
    json_object(&j, "error");
    json_str(&j, "code", err_code(e));
    json_str(&j, "message", err_title(e));
    json_bool(&j, "retryable", err_retryable(e));
    if (e == ERR_RATE_LIMITED)
        json_int(&j, "retryAfter", REFILL_S);
    if (field)
        json_str(&j, "field", field);
    json_object_end(&j);
    json_object_end(&j);
    conn_send_text(c, &out);
    count_bad(c, e);
}

/* A member that is JSON text already; nothing where there is none. */
static void put_slice(struct json *j, const char *key, struct slice value)
{
    if (!value.at)
        return;
    json_raw(j, key, "");
    buf_append(j->out, value.at, value.len);
}

static enum err problem_code(struct slice value)
{
    char code[64];
    struct slice text;
    if (!skim_plain(value, &text) || text.len >= sizeof code)
        return ERR_INTERNAL;
    memcpy(code, text.at, text.len);
    code[text.len] = '\0';
    return err_by_code(code);
}

void message_problem(struct conn *c, int64_t id, const struct reply *reply)
{
    static const char *const names[] = {"code", "detail", "title", "field"};
    struct slice part[4];
    if (!skim_check(reply->body.at, reply->body.len, LIMIT_JSON_DEPTH) || !skim_members(reply->body, names, part, 4) ||
        !part[0].at) {
        log_event(LOG_ERROR, "bad_problem", "request", reply->request_id, "status", LOG_INT(reply->status), NULL);
        message_error(c, id, ERR_INTERNAL, NULL);
        return;
    }
    enum err e = problem_code(part[0]);
    struct buf out = {0};
    struct json j = begin(&out, "error", id);
    json_object(&j, "error");
    put_slice(&j, "code", part[0]);
    put_slice(&j, "message", part[1].at ? part[1] : part[2]);
    json_bool(&j, "retryable", err_retryable(e));
    if (reply->retry_after_s > 0)
        json_int(&j, "retryAfter", reply->retry_after_s);
    put_slice(&j, "field", part[3]);
    json_object_end(&j);
    json_object_end(&j);
    conn_send_text(c, &out);
    count_bad(c, e);
}

/* What a client has to keep to, so that it need not learn it from errors. */
static void put_limits(struct json *j, const struct config *config)
{
    json_object(j, "limits");
    json_int(j, "frameBytes", LIMIT_FRAME_BYTES);
    json_int(j, "signalBytes", LIMIT_SIGNAL_BYTES);
    json_int(j, "transientBytes", LIMIT_TRANSIENT_BYTES);
    json_int(j, "queuedMessages", LIMIT_CALL_QUEUE);
    json_int(j, "waitingBytes", LIMIT_OUTPUT_BYTES);
    json_int(j, "badMessages", LIMIT_BAD_MESSAGES);
    json_int(j, "refusedMessages", config->relay_refused);
    json_int(j, "chatCharacters", LIMIT_MESSAGE_CHARS);
    json_int(j, "resumeEvents", LIMIT_EVENTS_PAGE);
    json_int(j, "tokenGraceMs", config->relay_token_grace_ms);
    json_int(j, "seatKeptClosedMs", config->grace_closed_ms);
    json_int(j, "seatKeptLostMs", config->grace_lost_ms);
    json_object(j, "perSecond");
    json_int(j, "signals", config->relay_rate_signals);
    json_int(j, "signalBytes", config->relay_rate_signal_bytes);
    json_int(j, "calls", config->relay_rate_calls);
    json_int(j, "transient", config->relay_rate_transient);
    json_int(j, "pings", config->relay_rate_pings);
    json_object_end(j);
    json_int(j, "burstSeconds", FLOW_BURST_S);
    json_object_end(j);
}

void message_hello(struct conn *c)
{
    char name[RELAY_CONN_NAME_SIZE], address[ADDRESS_TEXT];
    conn_name(c, name);
    address_write(&c->address, address);
    struct buf out = {0};
    struct json j = begin(&out, "hello", -1);
    json_object(&j, "data");
    json_str(&j, "protocol", "echomeet.v1");
    json_str(&j, "connection", name);
    json_int(&j, "userId", c->user_id);
    json_int(&j, "pingMs", c->relay->config.relay_ping_ms);
    json_int(&j, "maxFrameBytes", LIMIT_FRAME_BYTES);
    put_limits(&j, &c->relay->config);
    json_object_end(&j);
    json_object_end(&j);
    conn_send_text(c, &out);
    log_event(LOG_INFO, "connection_opened", "connection", name, "user", LOG_INT(c->user_id), "address", address, NULL);
}

/* {"type":"ack","id":7,"data":{}} or {"type":"pong","id":7} */
static void answer(struct conn *c, const struct message *m, const char *type)
{
    struct buf out = {0};
    struct json j = begin(&out, type, m->id);
    if (strcmp(type, "ack") == 0)
        json_raw(&j, "data", "{}");
    json_object_end(&j);
    conn_send_text(c, &out);
}

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
        message_error(c, m->id, e, NULL);
        return;
    }
    conn_signed_in(c, &claims);
    if (m->id >= 0)
        answer(c, m, "ack");
    if (first)
        message_hello(c);
}

static void take_ping(struct conn *c, const struct message *m) { answer(c, m, "pong"); }

/* Appends what the others receive; the sender is stamped here. */
static void write_signal(struct buf *out, const struct conn *c, const struct message *m)
{
    struct json j = begin(out, m->kind->type, -1);
    json_int(&j, "meetingId", c->seat);
    json_int(&j, "from", c->user_id);
    put_slice(&j, "data", m->data);
    json_object_end(&j);
    /* an envelope is one line; between the tokens of JSON a line end is a blank like any other */
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
}

/* What has no number goes to the one whom `to` names, or to everybody else in the room. */
static void take_signal(struct conn *c, const struct message *m)
{
    static const char *const names[] = {"to"};
    struct slice value;
    int64_t to = 0;
    const char *field = NULL;
    bool once = skim_members(m->data, names, &value, 1);
    if (m->data.len > m->kind->max_bytes)
        field = "data";
    else if (!once || (value.at && (!skim_int(value, &to) || to == 0)) || (!value.at && m->kind->to_one))
        field = "to";
    bool in = c->room && !c->outside;
    if (!in || field) {
        message_error(c, m->id, in ? ERR_VALIDATION_FAILED : ERR_NOT_JOINED, in ? field : NULL);
        return;
    }
    struct buf out = {0};
    write_signal(&out, c, m);
    enum err e = out.failed ? ERR_UNAVAILABLE : hub_signal(c, to, out.data, out.len);
    buf_free(&out);
    if (e)
        message_error(c, m->id, e, NULL);
    else if (m->id >= 0)
        answer(c, m, "ack");
}

static void take_call(struct conn *c, const struct message *m)
{
    if (!request_add(c, m->type, m->id, m->data))
        message_error(c, m->id, ERR_UNAVAILABLE, NULL);
}

/* What the relay answers itself; the last one is for all that goes to the workers. */
static const struct kind kinds[] = {
    {"auth", take_auth, FLOW_PING, false, LIMIT_FRAME_BYTES},
    {"ping", take_ping, FLOW_PING, false, LIMIT_FRAME_BYTES},
    {"webrtc_signal", take_signal, FLOW_SIGNAL, true, LIMIT_SIGNAL_BYTES},
    {"typing", take_signal, FLOW_TRANSIENT, false, LIMIT_TRANSIENT_BYTES},
    {"reaction", take_signal, FLOW_TRANSIENT, false, LIMIT_TRANSIENT_BYTES},
    {NULL, take_call, FLOW_CALL, false, LIMIT_FRAME_BYTES},
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
        message_error(c, m.id, e, field);
    } else if (may(c, &m)) {
        m.kind->take(c, &m);
    } else {
        message_error(c, m.id, ERR_RATE_LIMITED, NULL);
        conn_refused(c);
    }
}
