/* One connection of a client: socket, handshake, frames in and out, deadlines. What a message means is message.c's
 * matter, who gets which event hub.c's: they stand above this file, which reaches them through its hooks only.
 *
 * A connection is freed at the end of a turn of the loop, never while something walks over connections, and not before
 * the calls made in its name are answered: whoever holds a struct conn in a callback may go on using it. */
#ifndef RELAY_CONN_H
#define RELAY_CONN_H

#include <sys/socket.h>

#include "core/map.h"
#include "core/network.h"
#include "core/token.h"
#include "core/ws.h"
#include "relay/call_queue.h"
#include "relay/flow.h"
#include "relay/frame.h"
#include "relay/relay.h"
#include "relay/wheel.h"
#include "roomlog/follower.h"

enum conn_state {
    CONN_HANDSHAKE, /* the HTTP request has not come whole */
    CONN_OPEN,      /* frames go both ways; signed in when user_id is set */
    CONN_CLOSING,   /* nothing is taken or sent any more but what ends the connection */
    CONN_CLOSED     /* the socket is gone */
};

struct conn {
    struct relay *relay;
    struct conn *prev, *next; /* in relay->conns */
    struct conn *next_dirty;
    struct conn *next_finished;
    ev_io io;
    struct wheel_item deadline; /* the nearest one of this state */
    double ping_at;
    double token_at; /* when the token will have been over for relay_token_grace_ms */
    uint64_t number;
    int64_t user_id;    /* 0: not signed in yet */
    int64_t session_id; /* of the last token; 0: a guest's has none */
    enum conn_state state;
    uint8_t pings_unanswered;
    uint8_t bad_messages;
    bool deaf;           /* input is thrown away: a close frame came, or nonsense */
    bool shut_when_sent; /* CONN_CLOSING: nothing is awaited from the client */
    bool writable_wanted;
    bool dirty;
    bool finished;
    bool counted;     /* opening.c: among its network's sockets that have not signed in */
    int64_t admitted; /* opening.c: among the sockets of this account and of its network */
    bool settled;     /* the end of this connection was reported, or need not be */
    struct flow flow;
    struct ws_parser ws;
    struct buf in; /* what was received and not looked at yet */
    struct outq out;
    /* hub.c */
    bool waiting;      /* in the room's lobby: gets only what names its user, and says nothing */
    uint16_t due_code; /* its room is over: it is closed with this once the call in flight is answered; 0: it is not */
    struct reader reader; /* reader.room is NULL: not in a room, or not open any more */
    int64_t shown;        /* events up to this one were in the join's reply */
    struct map_node by_user;
    /* request.c */
    struct call_queue calls;
    int64_t seat;     /* the meeting in which workers say that this connection has a seat, 0: none */
    int64_t grace_ms; /* once not open: how long its seat is kept */
    double ended_at;
    struct address address; /* the client's, as far as it can be known */
};

/* What those who use connections want to know of them. There is one set for all (struct relay). Each may close the
 * connection; none may free it. */
struct conn_hooks {
    /* a socket was accepted */
    void (*accepted)(struct conn *c);
    /* CONN_HANDSHAKE: more of the HTTP request has come, all of it is in c->in; conn_answer ends this state */
    void (*handshake)(struct conn *c);
    /* CONN_OPEN: a text message, not NUL-terminated; good while this runs */
    void (*message)(struct conn *c, const char *text, size_t len);
    /* the connection takes no part any more: c->state is CONN_CLOSING, nothing but a close frame will be sent */
    void (*detached)(struct conn *c);
    /* its descriptor is closed */
    void (*closed)(struct conn *c);
};

#define CONN_OF(item) MAP_ITEM(item, struct conn, deadline)
#define CONN_OF_READER(item) MAP_ITEM(item, struct conn, reader)

/* Takes over a socket that was accepted; closes it when memory runs out. */
void conn_accept(struct relay *relay, int fd, const struct sockaddr *peer);

/* Answers the HTTP request that opened the connection, and frees the text. open: frames follow from now on; otherwise
 * the connection ends when the text is sent. */
void conn_answer(struct conn *c, struct buf *text, bool open);

/* The deadline of a connection has come; for the wheel. */
void conn_deadline(struct wheel_item *item);

/* Gives the connection another name: a seat that was perhaps taken under the old one is no longer its own. */
void conn_rename(struct conn *c);

/* Writes the connection's name, "<relayId>.<number>". */
void conn_name(const struct conn *c, char out[static RELAY_CONN_NAME_SIZE]);

bool conn_has_name(const struct conn *c, const char *name);

/* Puts a frame into the queue; it is written at the end of the turn. An event for a client that does not read closes
 * the connection (4408). Does nothing where the connection is not open. */
void conn_send(struct conn *c, struct frame *frame);

/* The same for what nobody keeps. Where much waits for the client already it is dropped: no sender can fill the queue
 * so that the connection is closed. False where the client does not get it. */
bool conn_send_signal(struct conn *c, struct frame *frame);

/* The same as conn_send for a text that is made for this connection only; takes what is in the buffer and frees it. A
 * buffer that failed for want of memory closes the connection. */
void conn_send_text(struct conn *c, struct buf *text);

/* Signed in from now on, until the token has been over for a while. */
void conn_signed_in(struct conn *c, const struct token_claims *claims);

/* Whether a message, or so many bytes, of this class may be worked on. Where it may not it is to be refused, then
 * conn_refused called. */
bool conn_may(struct conn *c, enum flow_class class, int64_t amount);

/* A message was refused, since it came too fast: closes with 4429 when that goes on. */
void conn_refused(struct conn *c);

/* Closes with a code; the seat, if there is one, is kept for the grace period. */
void conn_close(struct conn *c, int code);

/* The same once the call in flight is answered: whoever asked for the end learns that it worked. */
void conn_close_answered(struct conn *c, int code);

/* Goes on with input that waits, if there is room for it now. */
void conn_resume(struct conn *c);

/* To be called when something that kept the connection has ended. */
void conn_maybe_finish(struct conn *c);

/* Writes what is due and frees what is finished. */
void conn_end_turn(struct relay *relay);

/* Frees every connection at once; for the end of the process. */
void conn_free_all(struct relay *relay);

#endif
