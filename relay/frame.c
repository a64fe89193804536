#include "relay/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { WRITE_FRAMES = 64 /* in one system call */ };

static struct frame *allocate(const unsigned char *header, size_t header_len, const char *data, size_t len)
{
    struct frame *f = malloc(sizeof *f + header_len + len);
    if (!f)
        return NULL;
    f->refs = 1;
    f->len = (uint32_t)(header_len + len);
    f->event = false;
    memcpy(f->bytes, header, header_len);
    if (len)
        memcpy(f->bytes + header_len, data, len);
    return f;
}

struct frame *frame_new(enum ws_opcode opcode, const char *data, size_t len)
{
    unsigned char header[WS_HEADER_MAX];
    return allocate(header, ws_header(header, opcode, len), data, len);
}

struct frame *frame_close(int code)
{
    const char payload[2] = {(char)(code >> 8), (char)code};
    return frame_new(WS_OP_CLOSE, payload, code == WS_CODE_NONE ? 0 : sizeof payload);
}

struct frame *frame_raw(const char *data, size_t len) { return allocate((const unsigned char *)"", 0, data, len); }

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_unref(struct frame **frame)
{
    if (*frame && --(*frame)->refs == 0)
        free(*frame);
    *frame = NULL;
}

static struct frame **slots(struct outq *q) { return q->items ? q->items : q->few; }

static bool grow(struct outq *q)
{
    uint32_t cap = q->items ? q->cap * 2 : OUTQ_INLINE * 8;
    struct frame **items = realloc(q->items, cap * sizeof(*items));
    if (!items)
        return false;
    if (!q->items)
        memcpy(items, q->few, q->count * sizeof(*items));
    q->items = items;
    q->cap = cap;
    return true;
}

bool outq_push(struct outq *q, struct frame *frame)
{
    uint32_t cap = q->items ? q->cap : OUTQ_INLINE;
    if (q->count == cap && !grow(q))
        return false;
    slots(q)[q->count++] = frame_ref(frame);
    q->bytes += frame->len;
    if (frame->event)
        q->event_bytes += frame->len;
    return true;
}

/* Lets go of the frames from `from` up to `to`, and closes the hole. */
static void drop(struct outq *q, uint32_t from, uint32_t to)
{
    struct frame **items = slots(q);
    for (uint32_t i = from; i < to; i++) {
        q->bytes -= items[i]->len;
        if (items[i]->event)
            q->event_bytes -= items[i]->len;
        frame_unref(&items[i]);
    }
    memmove(items + from, items + to, (q->count - to) * sizeof(*items));
    q->count -= to - from;
    if (q->count == 0) {
        free(q->items);
        q->items = NULL;
    }
}

static int gather(struct outq *q, struct iovec *iov)
{
    struct frame **items = slots(q);
    int n = 0;
    for (; (uint32_t)n < q->count && n < WRITE_FRAMES; n++)
        iov[n] = (struct iovec){items[n]->bytes, items[n]->len};
    iov[0].iov_base = (char *)iov[0].iov_base + q->offset;
    iov[0].iov_len -= q->offset;
    return n;
}

/* Takes `sent` bytes off the front. */
static void advance(struct outq *q, size_t sent)
{
    struct frame **items = slots(q);
    uint32_t whole = 0;
    sent += q->offset;
    while (whole < q->count && sent >= items[whole]->len)
        sent -= items[whole++]->len;
    q->offset = (uint32_t)sent;
    drop(q, 0, whole);
}

enum outq_result outq_write(struct outq *q, int fd)
{
    while (q->count) {
        struct iovec iov[WRITE_FRAMES];
        struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)gather(q, iov)};
        ssize_t n = message.msg_iovlen == 1 ? send(fd, iov[0].iov_base, iov[0].iov_len, MSG_NOSIGNAL)
                                            : sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? OUTQ_WAIT : OUTQ_BROKEN;
        advance(q, (size_t)n);
    }
    return OUTQ_EMPTY;
}

void outq_cut(struct outq *q)
{
    if (q->count)
        drop(q, q->offset ? 1 : 0, q->count);
}

void outq_free(struct outq *q)
{
    if (q->count)
        drop(q, 0, q->count);
    *q = (struct outq){0};
}
