/* How many sockets there may be: in all, of an account, of a network, and of a network without having signed in. Behind
 * a web server all sockets come from that one's address, so such a one counts only when its request has told for whom
 * it speaks. */
#include "relay/opening.h"

#include <sys/resource.h>

#include "core/limits.h"
#include "core/log.h"
#include "relay/answer.h"
#include "relay/conn.h"
#include "relay/handshake.h"
#include "relay/metrics.h"

/* Counts one more, unless there are as many as there may be (0: no limit). */
static bool add_within(struct tally *tally, struct tally_key key, int64_t most)
{
    uint32_t n = tally_add(tally, key);
    if (n == 0)
        return false;
    if (most == 0 || n <= most)
        return true;
    tally_remove(tally, key);
    return false;
}

static bool count(struct conn *c)
{
    struct relay *relay = c->relay;
    if (!c->counted)
        c->counted =
            add_within(&relay->unauthenticated, tally_network(c->address), relay->config.relay_unauthenticated);
    return c->counted;
}

void opening_done(struct conn *c)
{
    if (c->counted)
        tally_remove(&c->relay->unauthenticated, tally_network(c->address));
    c->counted = false;
}

void opening_signed_in(struct conn *c, const struct token_claims *claims)
{
    opening_done(c);
    conn_signed_in(c, claims);
}

bool opening_admit(struct conn *c, int64_t user_id)
{
    struct relay *relay = c->relay;
    struct tally_key account = tally_number(user_id);
    if (!add_within(&relay->by_account, account, relay->config.relay_sockets_account))
        return false;
    if (!add_within(&relay->by_network, tally_network(c->address), relay->config.relay_sockets_network)) {
        tally_remove(&relay->by_account, account);
        return false;
    }
    c->admitted = user_id;
    return true;
}

void opening_closed(struct conn *c)
{
    struct relay *relay = c->relay;
    opening_done(c);
    relay->sockets--;
    if (!c->admitted)
        return;
    tally_remove(&relay->by_account, tally_number(c->admitted));
    tally_remove(&relay->by_network, tally_network(c->address));
    c->admitted = 0;
}

/* How many descriptors may be sockets of clients: some are kept for what clients need of us. */
static int64_t sockets_fit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return INT64_MAX;
    int64_t all = limit.rlim_cur < INT32_MAX ? (int64_t)limit.rlim_cur : INT32_MAX;
    return all - (all / 2 < LIMIT_KEPT_DESCRIPTORS ? all / 2 : LIMIT_KEPT_DESCRIPTORS);
}

static bool is_full(const struct relay *relay)
{
    int64_t most = relay->config.relay_sockets;
    return relay->sockets > sockets_fit() || (most && relay->sockets > most);
}

static void refuse(struct conn *c, int status)
{
    char address[ADDRESS_TEXT];
    struct buf text = {0};
    address_write(&c->address, address);
    handshake_refuse(&text, status);
    log_event(LOG_INFO, "handshake_refused", "status", LOG_INT(status), "address", address, NULL);
    c->relay->metrics.handshakes_refused++;
    opening_done(c);
    conn_answer(c, &text, false);
}

void opening_begin(struct conn *c)
{
    c->relay->sockets++;
    if (is_full(c->relay))
        refuse(c, 503);
    else if (!networks_have(&c->relay->config.proxies, &c->address) && !count(c))
        refuse(c, 429);
}

static void answer_metrics(struct conn *c)
{
    if (!networks_have(&c->relay->config.metrics_readers, &c->address)) {
        refuse(c, 403);
        return;
    }
    struct buf body = {0}, text = {0};
    metrics_write(&c->relay->metrics, clock_difference_ms(&c->relay->clock), &body);
    buf_printf(&text,
               "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
               "Content-Length: %zu\r\n\r\n",
               body.len);
    buf_append(&text, body.data, body.len);
    text.failed |= body.failed;
    buf_free(&body);
    opening_done(c);
    conn_answer(c, &text, false);
}

/* Why the handshake is refused, as an HTTP status, or 0. */
static int judge(struct conn *c, const struct handshake *h, struct token_claims *claims)
{
    struct relay *relay = c->relay;
    if (!handshake_origin_ok(h, relay->config.relay_origins))
        return 403;
    if (!h->token[0])
        return count(c) ? 0 : 429;
    if (token_verify(&relay->keys, h->token, clock_now_ms(&relay->clock) / 1000, claims))
        return 401;
    return opening_admit(c, claims->user_id) ? 0 : 429;
}

void opening_read(struct conn *c)
{
    struct handshake h;
    struct token_claims claims;
    int status = handshake_read(c->in.data, c->in.len, &h);
    if (status < 0)
        return;
    if (!status)
        c->address = network_client(&c->relay->config.proxies, c->address, h.forwarded_for);
    if (!status && h.metrics) {
        answer_metrics(c);
        return;
    }
    if (!status)
        status = judge(c, &h, &claims);
    if (status) {
        refuse(c, status);
        return;
    }
    struct buf text = {0};
    handshake_accept(&text, &h);
    buf_consume(&c->in, h.consumed);
    c->relay->metrics.connections_opened++;
    conn_answer(c, &text, true);
    if (h.token[0] && c->state == CONN_OPEN) {
        opening_signed_in(c, &claims);
        answer_hello(c);
    }
}
