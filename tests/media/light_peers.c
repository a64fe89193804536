/* Many WebRTC connections with a Janus at the cost of few: they send pictures that are always the same, and of what
 * comes they only read the sequence numbers. So one process is a crowd, and may be hostile: no wish of Janus's (REMB,
 * PLI, NACK) is heard. It knows no SDP; who starts it writes that (light.mjs). All is on the loopback device.
 *
 *     light_peers
 *
 * in:   open ID ROLE UFRAG PASSWORD THEIR_UFRAG THEIR_PASSWORD PORT   ROLE: 1 where this side made the offer
 *       send ID SOUND KBITS    a voice (0 or 1), and a picture of so many kbit/s
 *       close ID · stats
 * out:  fingerprint TEXT · up ID
 *       stats SENT RECEIVED LOST and, for each that is up, ID:STREAMS    packets since the last time; lines that
 * brought any
 *
 * ICE as far as it goes with one address at each side (RFC 8445, RFC 5389), DTLS (RFC 5764), as the server where this
 * side made the offer, SRTP for sending (RFC 3711, AES_CM_128_HMAC_SHA1_80). SSRCs are 2 * ID (sound, type 111) and 2 *
 * ID + 1 (picture, type 96). */
#include <arpa/inet.h>
#include <ev.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/buf.h"

enum {
    STREAMS = 40, /* that come to one connection */
    NAME_CHARS = 64,
    CHECK_MS = 50,       /* between two connectivity checks, until one is answered */
    KEEPALIVE_MS = 2000, /* later */
    TICK_MS = 5,         /* between two looks at what is to be sent */
    FRAMES_S = 15,       /* as a page sends what is seen small everywhere */
    SOUNDS_S = 50,
    SOUND_BYTES = 80,
    PIECE_BYTES = 1100, /* of a picture, in one packet */
    HEADER_BYTES = 12,
    TAG_BYTES = 10,
    KEY_BYTES = 16,
    SALT_BYTES = 14,
    PACKET_BYTES = 2048
};

/* A whole VP8 picture of 64x64 in one colour; what is behind it is no matter to a decoder. */
static const unsigned char picture[] = {
    0x90, 0x03, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x00, 0x40, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85, 0x88, 0x99,
    0x84, 0x88, 0x01, 0xa2, 0x10, 0x0e, 0xc0, 0x3f, 0x80, 0x20, 0x7b, 0x8c, 0xec, 0x11, 0xc8, 0x0a, 0x29,
    0x7b, 0x87, 0xce, 0x00, 0xfe, 0xef, 0xce, 0x1f, 0xff, 0xfc, 0x82, 0xe5, 0x85, 0xd7, 0x23, 0x5f, 0xff,
    0xfb, 0xf1, 0x17, 0xdf, 0x88, 0xbe, 0xfc, 0x45, 0xff, 0x7d, 0xd6, 0xbd, 0x6d, 0x03, 0x00};

/* What comes with one SSRC. */
struct incoming {
    uint32_t ssrc, highest; /* the sequence number, counted on over its end */
    uint32_t told;          /* the highest at the last stats */
    uint32_t received;      /* since then */
};

struct outgoing {
    uint32_t ssrc, index; /* the sequence number, counted on over its end */
    unsigned char type;
    double next_s; /* when the next one is due */
};

struct peer {
    LIST_ENTRY(peer) link;
    struct process *process;
    unsigned id;
    bool offered; /* this side did: it is the controlling one */
    char ufrag[NAME_CHARS], password[NAME_CHARS], their_ufrag[NAME_CHARS], their_password[NAME_CHARS];
    ev_io io;
    ev_timer check;
    bool reached; /* a check was answered */
    SSL *ssl;
    bool up;
    unsigned char key[KEY_BYTES], auth[20], salt[KEY_BYTES]; /* for sending */
    bool sound_on;
    long kbits;
    struct outgoing sound, pictures;
    struct incoming incoming[STREAMS];
    int incoming_count;
};

struct process {
    struct ev_loop *loop;
    SSL_CTX *tls;
    LIST_HEAD(, peer) peers;
    struct buf input;
    unsigned long sent;
    ev_timer tick;
};

/* ---- STUN ---- */

enum {
    STUN_REQUEST = 0x0001,
    STUN_SUCCESS = 0x0101,
    STUN_USERNAME = 0x0006,
    STUN_INTEGRITY = 0x0008,
    STUN_MAPPED = 0x0020,
    STUN_PRIORITY = 0x0024,
    STUN_USE = 0x0025,
    STUN_FINGERPRINT = 0x8028,
    STUN_CONTROLLED = 0x8029,
    STUN_CONTROLLING = 0x802a,
    STUN_HEAD = 20
};

static const unsigned char cookie[] = {0x21, 0x12, 0xa4, 0x42};

struct message {
    unsigned char bytes[512];
    size_t len;
};

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static uint32_t crc32_of(const unsigned char *at, size_t len)
{
    uint32_t crc = ~0U;
    while (len--) {
        crc ^= *at++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    }
    return ~crc;
}

/* The length in the head covers the attribute that is being written. */
static void put_attribute(struct message *m, unsigned type, const void *value, size_t len)
{
    unsigned char *at = m->bytes + m->len;
    size_t padded = (len + 3) / 4 * 4;
    put16(at, type);
    put16(at + 2, (unsigned)len);
    memset(at + 4, 0, padded);
    if (len && value)
        memcpy(at + 4, value, len);
    m->len += 4 + padded;
    put16(m->bytes + 2, (unsigned)(m->len - STUN_HEAD));
}

static struct message begin_message(unsigned type, const unsigned char transaction[12])
{
    struct message m = {.len = STUN_HEAD};
    put16(m.bytes, type);
    memcpy(m.bytes + 4, cookie, sizeof cookie);
    memcpy(m.bytes + 8, transaction, 12);
    return m;
}

static void send_message(const struct peer *p, struct message *m, const char *password)
{
    unsigned char hash[20], crc[4];
    size_t before = m->len;
    put_attribute(m, STUN_INTEGRITY, NULL, sizeof hash);
    HMAC(EVP_sha1(), password, (int)strlen(password), m->bytes, before, hash, NULL);
    memcpy(m->bytes + before + 4, hash, sizeof hash);
    before = m->len;
    put_attribute(m, STUN_FINGERPRINT, NULL, sizeof crc);
    put32(m->bytes + before + 4, crc32_of(m->bytes, before) ^ 0x5354554eU);
    (void)!send(p->io.fd, m->bytes, m->len, 0);
}

static void send_check(const struct peer *p)
{
    static uint32_t number;
    unsigned char transaction[12] = {0}, priority[4], tie_breaker[8] = {1, 2, 3};
    char name[2 * NAME_CHARS];
    put32(transaction, p->id);
    put32(transaction + 4, ++number);
    put32(priority, 110U << 24 | 0xffffff);
    struct message m = begin_message(STUN_REQUEST, transaction);
    snprintf(name, sizeof name, "%s:%s", p->their_ufrag, p->ufrag);
    put_attribute(&m, STUN_USERNAME, name, strlen(name));
    put_attribute(&m, STUN_PRIORITY, priority, sizeof priority);
    put_attribute(&m, p->offered ? STUN_CONTROLLING : STUN_CONTROLLED, tie_breaker, sizeof tie_breaker);
    if (p->offered)
        put_attribute(&m, STUN_USE, NULL, 0);
    send_message(p, &m, p->their_password);
}

static void answer_check(const struct peer *p, const unsigned char *request)
{
    struct sockaddr_in from = {0};
    socklen_t len = sizeof from;
    unsigned char mapped[8] = {0, 1};
    getpeername(p->io.fd, (struct sockaddr *)&from, &len);
    put16(mapped + 2, ntohs(from.sin_port) ^ 0x2112U);
    put32(mapped + 4, ntohl(from.sin_addr.s_addr) ^ 0x2112a442U);
    struct message m = begin_message(STUN_SUCCESS, request + 8);
    put_attribute(&m, STUN_MAPPED, mapped, sizeof mapped);
    send_message(p, &m, p->password);
}

static void shake_hands(struct peer *p);

static void take_stun(struct peer *p, const unsigned char *bytes, size_t len)
{
    if (len < STUN_HEAD || memcmp(bytes + 4, cookie, sizeof cookie) != 0)
        return;
    if (bytes[0] == 0 && bytes[1] == 1) {
        answer_check(p, bytes);
    } else if (bytes[0] == 1 && bytes[1] == 1 && !p->reached) {
        p->reached = true;
        p->check.repeat = KEEPALIVE_MS / 1000.0;
        ev_timer_again(p->process->loop, &p->check);
        shake_hands(p);
    }
}

static void on_check(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct peer *p = watcher->data;
    send_check(p);
    if (p->reached && !p->up && DTLSv1_handle_timeout(p->ssl) > 0)
        shake_hands(p);
}

/* ---- SRTP ---- */

/* XORs len bytes with the key stream that begins at this counter. */
static void aes_counter(const unsigned char *key, const unsigned char counter[16], unsigned char *bytes, int len)
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    if (!aes)
        abort();
    EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, key, counter);
    EVP_EncryptUpdate(aes, bytes, &len, bytes, len);
    EVP_CIPHER_CTX_free(aes);
}

static void derive(const unsigned char *master, const unsigned char *salt, unsigned char label, unsigned char *out,
                   int len)
{
    unsigned char counter[16] = {0};
    memcpy(counter, salt, SALT_BYTES);
    counter[7] ^= label;
    memset(out, 0, (size_t)len);
    aes_counter(master, counter, out, len);
}

/* The server's key and salt come second. */
static void make_keys(struct peer *p)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    unsigned char all[2 * (KEY_BYTES + SALT_BYTES)];
    SSL_export_keying_material(p->ssl, all, sizeof all, label, sizeof label - 1, NULL, 0, 0);
    const unsigned char *master = p->offered ? all + KEY_BYTES : all, *salt = all + 2 * KEY_BYTES;
    if (p->offered)
        salt += SALT_BYTES;
    derive(master, salt, 0, p->key, KEY_BYTES);
    derive(master, salt, 1, p->auth, sizeof p->auth);
    derive(master, salt, 2, p->salt, SALT_BYTES);
}

/* Encrypts the payload and appends the tag. */
static size_t protect(const struct peer *p, unsigned char *packet, size_t len, const struct outgoing *o)
{
    unsigned char counter[16] = {0}, hash[20], value[4];
    memcpy(counter, p->salt, SALT_BYTES);
    put32(value, o->ssrc);
    for (int i = 0; i < 4; i++)
        counter[4 + i] ^= value[i];
    put32(value, o->index);
    for (int i = 0; i < 4; i++)
        counter[10 + i] ^= value[i]; /* of 48 bits the lower 32 */
    aes_counter(p->key, counter, packet + HEADER_BYTES, (int)(len - HEADER_BYTES));
    put32(packet + len, o->index >> 16); /* for the tag alone */
    HMAC(EVP_sha1(), p->auth, sizeof p->auth, packet, len + 4, hash, NULL);
    memcpy(packet + len, hash, TAG_BYTES);
    return len + TAG_BYTES;
}

static void send_packet(struct peer *p, struct outgoing *o, uint32_t time, bool last, size_t payload, const void *begin,
                        size_t begin_len)
{
    unsigned char packet[PACKET_BYTES] = {0x80, (unsigned char)(o->type | (last ? 0x80 : 0))};
    put16(packet + 2, o->index & 0xffff);
    put32(packet + 4, time);
    put32(packet + 8, o->ssrc);
    memcpy(packet + HEADER_BYTES, begin, begin_len);
    size_t len = protect(p, packet, HEADER_BYTES + payload, o);
    (void)!send(p->io.fd, packet, len, 0);
    o->index++;
    p->process->sent++;
}

/* ---- what is sent ---- */

static void send_sound(struct peer *p, double now)
{
    static const unsigned char silence[] = {0xf8, 0xff, 0xfe};
    send_packet(p, &p->sound, (uint32_t)(uint64_t)(now * 48000), false, SOUND_BYTES, silence, sizeof silence);
}

static void send_picture(struct peer *p, double now)
{
    unsigned char begin[1 + sizeof picture] = {0x10}; /* VP8's descriptor: a partition begins */
    memcpy(begin + 1, picture, sizeof picture);
    size_t left = (size_t)(p->kbits * 1000 / 8 / FRAMES_S), begin_len = sizeof begin;
    left = left < sizeof begin ? sizeof begin : left;
    while (left) {
        size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
        left -= piece;
        send_packet(p, &p->pictures, (uint32_t)(uint64_t)(now * 90000), !left, piece, begin, begin_len);
        begin[0] = 0;
        begin_len = 1;
    }
}

static bool is_due(struct outgoing *o, double now, int a_second)
{
    if (now < o->next_s)
        return false;
    o->next_s += 1.0 / a_second;
    if (o->next_s < now - 1)
        o->next_s = now; /* it was off, or we were not run */
    return true;
}

static void on_tick(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)revents;
    struct process *process = watcher->data;
    struct peer *p;
    double now = ev_now(loop);
    LIST_FOREACH(p, &process->peers, link)
    {
        while (p->up && p->sound_on && is_due(&p->sound, now, SOUNDS_S))
            send_sound(p, now);
        while (p->up && p->kbits && is_due(&p->pictures, now, FRAMES_S))
            send_picture(p, now);
    }
}

/* ---- what comes ---- */

static struct incoming *incoming_of(struct peer *p, uint32_t ssrc, uint32_t number)
{
    for (int i = 0; i < p->incoming_count; i++)
        if (p->incoming[i].ssrc == ssrc)
            return &p->incoming[i];
    if (p->incoming_count == STREAMS)
        return NULL;
    p->incoming[p->incoming_count] = (struct incoming){.ssrc = ssrc, .highest = number, .told = number - 1};
    return &p->incoming[p->incoming_count++];
}

static void take_rtp(struct peer *p, const unsigned char *bytes, size_t len)
{
    if (len < HEADER_BYTES || (bytes[1] >= 192 && bytes[1] < 224)) /* RTCP */
        return;
    uint32_t number = (uint32_t)bytes[2] << 8 | bytes[3];
    uint32_t ssrc = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 | (uint32_t)bytes[10] << 8 | bytes[11];
    struct incoming *in = incoming_of(p, ssrc, number + 0x10000);
    if (!in)
        return;
    uint16_t ahead = (uint16_t)(number - in->highest);
    if (ahead < 0x8000)
        in->highest += ahead;
    in->received++;
}

static void print_stats(struct process *process)
{
    unsigned long received = 0;
    long lost = 0;
    struct buf each = {0};
    struct peer *p;
    LIST_FOREACH(p, &process->peers, link)
    {
        int streams = 0;
        for (struct incoming *in = p->incoming; in < p->incoming + p->incoming_count; in++) {
            lost += (long)(in->highest - in->told) - (long)in->received;
            received += in->received;
            streams += in->received > 0;
            in->told = in->highest;
            in->received = 0;
        }
        if (p->up)
            buf_printf(&each, " %u:%d", p->id, streams);
    }
    printf("stats %lu %lu %ld%s\n", process->sent, received, lost, each.len ? each.data : "");
    process->sent = 0;
    buf_free(&each);
}

/* ---- DTLS ---- */

static void flush_tls(const struct peer *p)
{
    unsigned char bytes[4096];
    int n;
    while ((n = BIO_read(SSL_get_wbio(p->ssl), bytes, sizeof bytes)) > 0)
        (void)!send(p->io.fd, bytes, (size_t)n, 0);
}

static void shake_hands(struct peer *p)
{
    int done = SSL_do_handshake(p->ssl);
    flush_tls(p);
    if (done != 1 || p->up)
        return;
    make_keys(p);
    p->up = true;
    p->sound.next_s = ev_now(p->process->loop) + drand48() / SOUNDS_S;
    p->pictures.next_s = ev_now(p->process->loop) + drand48() / FRAMES_S;
    printf("up %u\n", p->id);
}

static void take_tls(struct peer *p, const unsigned char *bytes, size_t len)
{
    BIO_write(SSL_get_rbio(p->ssl), bytes, (int)len);
    shake_hands(p);
}

static void on_packet(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)loop, (void)revents;
    struct peer *p = watcher->data;
    unsigned char bytes[PACKET_BYTES];
    ssize_t n;
    while ((n = recv(watcher->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        if (bytes[0] < 4)
            take_stun(p, bytes, (size_t)n);
        else if (bytes[0] >= 20 && bytes[0] < 64)
            take_tls(p, bytes, (size_t)n);
        else if (bytes[0] >= 128 && bytes[0] < 192)
            take_rtp(p, bytes, (size_t)n);
    }
}

static int take_anyone(int ok, X509_STORE_CTX *certificate)
{
    (void)ok, (void)certificate;
    return 1;
}

static void print_fingerprint(X509 *certificate)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len;
    X509_digest(certificate, EVP_sha256(), hash, &len);
    printf("fingerprint ");
    for (unsigned i = 0; i < len; i++)
        printf("%s%02X", i ? ":" : "", hash[i]);
    printf("\n");
}

static SSL_CTX *make_tls(void)
{
    SSL_CTX *tls = SSL_CTX_new(DTLS_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    if (!tls || !key || !certificate)
        abort();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(tls, certificate);
    SSL_CTX_use_PrivateKey(tls, key);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, take_anyone);
    SSL_CTX_set_tlsext_use_srtp(tls, "SRTP_AES128_CM_SHA1_80");
    SSL_CTX_set_options(tls, SSL_OP_NO_QUERY_MTU);
    print_fingerprint(certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

static SSL *new_tls(SSL_CTX *tls, bool server)
{
    SSL *ssl = SSL_new(tls);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out)
        abort();
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(ssl, in, out);
    DTLS_set_link_mtu(ssl, 1200);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

/* ---- what is asked ---- */

static struct peer *find(const struct process *process, unsigned id)
{
    struct peer *p;
    LIST_FOREACH(p, &process->peers, link)
    if (p->id == id)
        return p;
    return NULL;
}

static void close_peer(struct peer *p)
{
    if (!p)
        return;
    ev_io_stop(p->process->loop, &p->io);
    ev_timer_stop(p->process->loop, &p->check);
    close(p->io.fd);
    SSL_free(p->ssl);
    LIST_REMOVE(p, link);
    free(p);
}

static int connect_to(unsigned port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), bytes = 1 << 20;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        abort();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return fd;
}

static void open_peer(struct process *process, const struct peer *like, unsigned port)
{
    struct peer *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    close_peer(find(process, like->id));
    *p = *like;
    p->process = process;
    p->sound = (struct outgoing){.ssrc = 2 * p->id, .type = 111};
    p->pictures = (struct outgoing){.ssrc = 2 * p->id + 1, .type = 96};
    p->ssl = new_tls(process->tls, p->offered);
    ev_io_init(&p->io, on_packet, connect_to(port), EV_READ);
    ev_timer_init(&p->check, on_check, 0, CHECK_MS / 1000.0);
    p->io.data = p->check.data = p;
    ev_io_start(process->loop, &p->io);
    ev_timer_start(process->loop, &p->check);
    LIST_INSERT_HEAD(&process->peers, p, link);
}

static void run_line(struct process *process, const char *line)
{
    struct peer like = {0}, *p;
    unsigned id, port, role, sound;
    long kbits;
    if (sscanf(line, "open %u %u %63s %63s %63s %63s %u", &like.id, &role, like.ufrag, like.password, like.their_ufrag,
               like.their_password, &port) == 7) {
        like.offered = role;
        open_peer(process, &like, port);
    } else if (sscanf(line, "send %u %u %ld", &id, &sound, &kbits) == 3 && (p = find(process, id))) {
        p->sound_on = sound;
        p->kbits = kbits;
    } else if (sscanf(line, "close %u", &id) == 1) {
        close_peer(find(process, id));
    } else if (strcmp(line, "stats") == 0) {
        print_stats(process);
    }
}

static void on_input(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)revents;
    struct process *process = watcher->data;
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    buf_append(&process->input, bytes, (size_t)n);
    for (char *nl; process->input.len && (nl = memchr(process->input.data, '\n', process->input.len));) {
        *nl = '\0';
        run_line(process, process->input.data);
        buf_consume(&process->input, (size_t)(nl + 1 - process->input.data));
    }
}

int main(void)
{
    struct process process = {.loop = ev_default_loop(0)};
    ev_io input;
    setvbuf(stdout, NULL, _IOLBF, 0);
    LIST_INIT(&process.peers);
    process.tls = make_tls();
    ev_io_init(&input, on_input, STDIN_FILENO, EV_READ);
    ev_timer_init(&process.tick, on_tick, TICK_MS / 1000.0, TICK_MS / 1000.0);
    input.data = process.tick.data = &process;
    ev_io_start(process.loop, &input);
    ev_timer_start(process.loop, &process.tick);
    ev_run(process.loop, 0);
    while (LIST_FIRST(&process.peers))
        close_peer(LIST_FIRST(&process.peers));
    SSL_CTX_free(process.tls);
    buf_free(&process.input);
    return EXIT_SUCCESS;
}
