#include "relay/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/log.h"

static void set_deadline(struct conn *c, double seconds) { wheel_set(&c->relay->wheel, &c->deadline, seconds); }

/* Messages wait already, or the client does not read our answers: it may not send more for now. */
static bool is_full(const struct conn *c)
{
    return call_queue_full(&c->calls) || c->out.bytes - c->out.event_bytes > LIMIT_UNREAD_REPLY_BYTES;
}

static void update_io(struct conn *c)
{
    struct ev_loop *loop = c->relay->loop;
    bool paused = c->state == CONN_OPEN && (c->in.len || is_full(c));
    int events = (paused ? 0 : EV_READ) | (c->writable_wanted ? EV_WRITE : 0);
    if (c->state == CONN_CLOSED || (ev_is_active(&c->io) && (c->io.events & (EV_READ | EV_WRITE)) == events))
        return;
    ev_io_stop(loop, &c->io);
    ev_io_set(&c->io, c->io.fd, events);
    if (events)
        ev_io_start(loop, &c->io);
}

void conn_rename(struct conn *c) { c->number = ++c->relay->last_number; }

void conn_name(const struct conn *c, char out[static RELAY_CONN_NAME_SIZE])
{
    snprintf(out, RELAY_CONN_NAME_SIZE, "%s.%llu", c->relay->id, (unsigned long long)c->number);
}

bool conn_has_name(const struct conn *c, const char *name)
{
    size_t n = strlen(c->relay->id);
    return strncmp(name, c->relay->id, n) == 0 && name[n] == '.' && strtoull(name + n + 1, NULL, 10) == c->number;
}

void conn_maybe_finish(struct conn *c)
{
    if (c->state != CONN_CLOSED || c->finished || !call_queue_idle(&c->calls))
        return;
    c->finished = true;
    c->next_finished = c->relay->finished;
    c->relay->finished = c;
}

/* What waits for this client has changed. */
static void count_queued(struct conn *c, size_t before)
{
    c->relay->metrics.queued_bytes += (int64_t)c->out.bytes - (int64_t)before;
}

static enum outq_result write_out(struct conn *c)
{
    size_t before = c->out.bytes;
    enum outq_result result = outq_write(&c->out, c->io.fd);
    c->relay->metrics.bytes_out += (int64_t)(before - c->out.bytes);
    count_queued(c, before);
    return result;
}

/* The socket is closed; buffers stay until the end of the turn, since somebody may be reading from them. */
static void shut(struct conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    ev_io_stop(c->relay->loop, &c->io);
    wheel_remove(&c->deadline);
    c->relay->hooks->closed(c);
    close(c->io.fd);
    c->state = CONN_CLOSED;
    size_t before = c->out.bytes;
    outq_free(&c->out);
    count_queued(c, before);
    conn_maybe_finish(c);
}

/* The connection takes no part any more. Its seat is kept for grace_ms, and reported when the calls that it began are
 * answered: one of them may be the one that gives up the seat. */
static void detach(struct conn *c, int64_t grace_ms, int code)
{
    char name[RELAY_CONN_NAME_SIZE];
    conn_name(c, name);
    log_event(LOG_INFO, "connection_closed", "connection", name, "user", LOG_INT(c->user_id), "code", LOG_INT(code),
              NULL);
    c->state = CONN_CLOSING;
    c->grace_ms = grace_ms;
    c->ended_at = clock_elapsed_s();
    set_deadline(c, (double)c->relay->config.relay_close_ms / 1000.0);
    c->relay->hooks->detached(c);
}

/* The socket broke. */
static void lost(struct conn *c)
{
    if (c->state == CONN_OPEN)
        detach(c, c->relay->config.grace_lost_ms, 1006);
    shut(c);
}

static void mark_dirty(struct conn *c)
{
    if (c->dirty)
        return;
    c->dirty = true;
    c->next_dirty = c->relay->dirty;
    c->relay->dirty = c;
}

/* A frame that no limit holds back. */
static void push(struct conn *c, struct frame *frame)
{
    if (!frame || !outq_push(&c->out, frame)) {
        log_event(LOG_ERROR, "out_of_memory", "connection", LOG_INT((int64_t)c->number), NULL);
        lost(c);
        return;
    }
    c->relay->metrics.queued_bytes += frame->len;
    mark_dirty(c);
}

static void push_new(struct conn *c, struct frame *frame)
{
    push(c, frame);
    frame_unref(&frame);
}

void conn_close(struct conn *c, int code)
{
    if (c->state == CONN_HANDSHAKE)
        shut(c);
    if (c->state != CONN_OPEN)
        return;
    call_queue_drop(&c->calls);
    detach(c, c->relay->config.grace_lost_ms, code);
    push_new(c, frame_close(code));
}

void conn_close_answered(struct conn *c, int code)
{
    if (!c->calls.current) {
        conn_close(c, code);
        return;
    }
    call_queue_drop(&c->calls);
    c->due_code = (uint16_t)code;
}

static void client_closed(struct conn *c, int code)
{
    c->deaf = true;
    if (c->state == CONN_CLOSING) {
        shut(c);
        return;
    }
    detach(c, c->relay->config.grace_closed_ms, code);
    c->shut_when_sent = true;
    push_new(c, frame_close(code));
}

static void flush(struct conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    enum outq_result result = write_out(c);
    if (result == OUTQ_BROKEN) {
        lost(c);
        return;
    }
    c->writable_wanted = result == OUTQ_WAIT;
    if (result == OUTQ_EMPTY && c->shut_when_sent)
        shut(c);
    else
        conn_resume(c);
}

/* Over the limit even after what the socket takes was written: the client does not read. */
static bool too_slow(struct conn *c)
{
    if (c->out.event_bytes <= LIMIT_OUTPUT_BYTES)
        return false;
    if (write_out(c) == OUTQ_BROKEN) {
        lost(c);
        return true;
    }
    if (c->out.event_bytes <= LIMIT_OUTPUT_BYTES)
        return false;
    size_t before = c->out.bytes;
    outq_cut(&c->out);
    count_queued(c, before);
    c->relay->metrics.slow_cut++;
    conn_close(c, WS_CODE_TOO_SLOW);
    return true;
}

void conn_send(struct conn *c, struct frame *frame)
{
    if (c->state != CONN_OPEN || (frame->event && too_slow(c)))
        return;
    c->relay->metrics.deliveries++;
    push(c, frame);
}

bool conn_send_signal(struct conn *c, struct frame *frame)
{
    if (c->state != CONN_OPEN)
        return false;
    if (c->out.event_bytes > LIMIT_SIGNALS_WAITING_BYTES && write_out(c) == OUTQ_BROKEN) {
        lost(c);
        return false;
    }
    if (c->out.event_bytes > LIMIT_SIGNALS_WAITING_BYTES) {
        c->relay->metrics.signals_dropped++;
        return false;
    }
    c->relay->metrics.deliveries++;
    push(c, frame);
    return true;
}

void conn_send_text(struct conn *c, struct buf *text)
{
    if (c->state == CONN_OPEN)
        push_new(c, text->failed ? NULL : frame_new(WS_OP_TEXT, text->data, text->len));
    buf_free(text);
}

static double ping_s(const struct conn *c) { return (double)c->relay->config.relay_ping_ms / 1000.0; }
static double auth_s(const struct relay *relay) { return (double)relay->config.relay_auth_ms / 1000.0; }

static void set_open_deadline(struct conn *c)
{
    double next = c->ping_at < c->token_at ? c->ping_at : c->token_at;
    set_deadline(c, next - clock_elapsed_s());
}

void conn_signed_in(struct conn *c, const struct token_claims *claims)
{
    double now = clock_elapsed_s();
    int64_t left_ms =
        claims->expires_at_s * 1000 + c->relay->config.relay_token_grace_ms - clock_now_ms(&c->relay->clock);
    if (!c->user_id)
        c->ping_at = now + ping_s(c);
    c->user_id = claims->user_id;
    c->session_id = claims->session_id;
    c->token_at = now + (double)left_ms / 1000.0;
    set_open_deadline(c);
}

static void on_open_deadline(struct conn *c)
{
    double now = clock_elapsed_s();
    if (now >= c->token_at) {
        conn_close(c, WS_CODE_UNAUTHORIZED);
        return;
    }
    if (now >= c->ping_at) {
        /* a socket that we do not read cannot show us its answers */
        if (!(c->io.events & EV_READ))
            c->pings_unanswered = 0;
        if (c->pings_unanswered >= LIMIT_PINGS_UNANSWERED) {
            lost(c);
            return;
        }
        c->pings_unanswered++;
        c->ping_at = now + ping_s(c);
        push_new(c, frame_new(WS_OP_PING, NULL, 0));
    }
    if (c->state == CONN_OPEN)
        set_open_deadline(c);
}

void conn_deadline(struct wheel_item *item)
{
    struct conn *c = CONN_OF(item);
    if (c->state == CONN_OPEN && c->user_id)
        on_open_deadline(c);
    else if (c->state == CONN_OPEN)
        conn_close(c, WS_CODE_UNAUTHORIZED); /* no token came */
    else
        shut(c);
}

bool conn_may(struct conn *c, enum flow_class class, int64_t amount)
{
    const struct config *config = &c->relay->config;
    const int64_t per_second[FLOW_CLASSES] = {
        [FLOW_SIGNAL] = config->relay_rate_signals,
        [FLOW_CALL] = config->relay_rate_calls,
        [FLOW_TRANSIENT] = config->relay_rate_transient,
        [FLOW_PING] = config->relay_rate_pings,
        [FLOW_SIGNAL_BYTES] = config->relay_rate_signal_bytes,
    };
    return flow_take(&c->flow, class, amount, per_second[class], clock_elapsed_s());
}

void conn_refused(struct conn *c)
{
    c->relay->metrics.rate_limited++;
    if (flow_refuse(&c->flow, clock_elapsed_s()) >= c->relay->config.relay_refused)
        conn_close(c, WS_CODE_TOO_MANY);
}

static void take_ping(struct conn *c, const struct ws_item *item)
{
    if (c->state != CONN_OPEN)
        return;
    if (conn_may(c, FLOW_PING, 1))
        push_new(c, frame_new(WS_OP_PONG, item->data, item->len));
    else
        conn_refused(c);
}

/* Reads frames. Answers how many bytes were looked at: less than len where the client has to wait. */
static size_t consume(struct conn *c, char *data, size_t len)
{
    char *p = data;
    size_t left = len;
    while (!c->deaf && c->state != CONN_CLOSED) {
        if (c->state == CONN_OPEN && is_full(c))
            return len - left;
        struct ws_item item;
        enum ws_event event = ws_read(&c->ws, LIMIT_FRAME_BYTES, &p, &left, &item);
        switch (event) {
        case WS_MORE: return len;
        case WS_TEXT:
            if (c->state == CONN_OPEN)
                c->relay->hooks->message(c, item.data, item.len);
            break;
        case WS_PING: take_ping(c, &item); break;
        case WS_PONG: break;
        case WS_CLOSE: client_closed(c, item.code); break;
        case WS_FAIL:
            c->deaf = true;
            conn_close(c, item.code);
            break;
        }
    }
    return len;
}

void conn_resume(struct conn *c)
{
    if (c->state != CONN_HANDSHAKE && c->in.len && !(c->state == CONN_OPEN && is_full(c))) {
        size_t used = consume(c, c->in.data, c->in.len);
        buf_consume(&c->in, used);
        if (c->in.len == 0)
            buf_free(&c->in);
    }
    update_io(c);
}

void conn_answer(struct conn *c, struct buf *text, bool open)
{
    c->state = open ? CONN_OPEN : CONN_CLOSING;
    c->deaf = c->shut_when_sent = !open;
    push_new(c, text->failed ? NULL : frame_raw(text->data, text->len));
    buf_free(text);
    if (c->in.len == 0)
        buf_free(&c->in);
    if (c->state == CONN_OPEN)
        set_deadline(c, auth_s(c->relay));
}

static void receive(struct conn *c)
{
    char *data = c->relay->read_room;
    ssize_t n = recv(c->io.fd, data, RELAY_READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        lost(c);
        return;
    }
    c->pings_unanswered = 0;
    c->relay->metrics.bytes_in += n;
    size_t used = c->state == CONN_HANDSHAKE ? 0 : consume(c, data, (size_t)n);
    buf_append(&c->in, data + used, (size_t)n - used);
    if (c->in.failed)
        lost(c);
    else if (c->state == CONN_HANDSHAKE)
        c->relay->hooks->handshake(c);
    if (c->in.len == 0)
        buf_free(&c->in);
    conn_resume(c);
}

static void on_io(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)loop;
    struct conn *c = watcher->data;
    if (revents & EV_READ)
        receive(c);
    if (revents & EV_WRITE)
        flush(c);
}

void conn_accept(struct relay *relay, int fd, const struct sockaddr *peer)
{
    struct conn *c = slab_alloc(&relay->conn_memory);
    if (!c) {
        close(fd);
        return;
    }
    c->relay = relay;
    c->number = ++relay->last_number;
    c->address = address_of(peer);
    ev_io_init(&c->io, on_io, fd, EV_READ);
    c->io.data = c;
    c->next = relay->conns;
    if (c->next)
        c->next->prev = c;
    relay->conns = c;
    relay->metrics.connections++;
    ev_io_start(relay->loop, &c->io);
    set_deadline(c, auth_s(relay));
    relay->hooks->accepted(c);
}

static void conn_free(struct conn *c)
{
    struct relay *relay = c->relay;
    if (c->prev)
        c->prev->next = c->next;
    else
        relay->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    relay->metrics.connections--;
    call_queue_free(&c->calls);
    ws_free(&c->ws);
    buf_free(&c->in);
    outq_free(&c->out);
    slab_free(&relay->conn_memory, c);
}

void conn_end_turn(struct relay *relay)
{
    while (relay->dirty) {
        struct conn *c = relay->dirty;
        relay->dirty = c->next_dirty;
        c->dirty = false;
        flush(c);
    }
    while (relay->finished) {
        struct conn *c = relay->finished;
        relay->finished = c->next_finished;
        conn_free(c);
    }
}

void conn_free_all(struct relay *relay)
{
    for (struct conn *c = relay->conns, *next; c; c = next) {
        next = c->next;
        shut(c);
        conn_free(c);
    }
    relay->dirty = relay->finished = NULL;
}
