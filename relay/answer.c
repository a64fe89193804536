#include "relay/answer.h"

#include <string.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "roomlog/backend.h"
#include "relay/conn.h"

enum { REFILL_S = 1 }; /* every allowance is at least one message a second */

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

void answer_error(struct conn *c, int64_t id, enum err e, const char *field)
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

void answer_problem(struct conn *c, int64_t id, const struct reply *reply)
{
    static const char *const names[] = {"code", "detail", "title", "field"};
    struct slice part[4];
    if (!skim_check(reply->body.at, reply->body.len, LIMIT_JSON_DEPTH) || !skim_members(reply->body, names, part, 4) ||
        !part[0].at) {
        log_event(LOG_ERROR, "bad_problem", "request", reply->request_id, "status", LOG_INT(reply->status), NULL);
        answer_error(c, id, ERR_INTERNAL, NULL);
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

void answer_hello(struct conn *c)
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

void answer_ack(struct conn *c, int64_t id, struct slice data)
{
    if (id < 0)
        return;
    struct buf out = {0};
    struct json j = begin(&out, "ack", id);
    put_slice(&j, "data", data.len ? data : (struct slice){"{}", 2});
    json_object_end(&j);
    conn_send_text(c, &out);
}

void answer_pong(struct conn *c, int64_t id)
{
    struct buf out = {0};
    struct json j = begin(&out, "pong", id);
    json_object_end(&j);
    conn_send_text(c, &out);
}
