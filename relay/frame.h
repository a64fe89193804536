/* One WebSocket frame, encoded once and shared by everybody that it goes to; and the queue of frames that wait for
 * one socket. A frame is freed with its last reference. */
#ifndef RELAY_FRAME_H
#define RELAY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ws.h"

struct frame {
    uint32_t refs;
    uint32_t len;
    bool event; /* a room's event or signal: counts against the limit of what may wait for a slow client */
    char bytes[];
};

/* Encodes; the caller owns one reference. NULL when memory runs out. */
struct frame *frame_new(enum ws_opcode opcode, const char *data, size_t len);

/* A close frame; WS_CODE_NONE makes one without a code. */
struct frame *frame_close(int code);

/* Bytes as they are (an HTTP answer). */
struct frame *frame_raw(const char *data, size_t len);

struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame **frame);

enum { OUTQ_INLINE = 2 };

/* Frames that wait for one socket, in order. Start with all zero. Memory is taken only for more than OUTQ_INLINE. */
struct outq {
    struct frame **items; /* NULL: they are in few */
    struct frame *few[OUTQ_INLINE];
    uint32_t count;
    uint32_t cap;       /* of items */
    uint32_t offset;    /* bytes of the first frame that are sent already */
    size_t bytes;       /* of all frames that wait */
    size_t event_bytes; /* of those that are events */
};

/* Takes a reference of its own. False when memory runs out. */
bool outq_push(struct outq *q, struct frame *frame);

enum outq_result { OUTQ_EMPTY, OUTQ_WAIT, OUTQ_BROKEN };

/* Writes what the socket takes, many frames in one system call. */
enum outq_result outq_write(struct outq *q, int fd);

/* Drops every frame of which nothing was sent yet. */
void outq_cut(struct outq *q);

void outq_free(struct outq *q);

#endif
