/* A room's stream puts events in order; frames are shared and queued; the map finds what was put in. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/frame.h"
#include "core/map.h"
#include "roomlog/stream.h"
#include "tests/check_main.h"

static int payloads; /* made and not dropped yet */

static void *make(const char *frame, size_t len)
{
    payloads++;
    return strndup(frame, len);
}

static void drop(void *payload)
{
    payloads--;
    free(payload);
}

static const struct payload_type text_type = {make, drop};

static struct event *event(int64_t seq)
{
    char line[64];
    struct envelope envelope;
    snprintf(line, sizeof line, "7 %lld * - {}", (long long)seq);
    ck_assert(envelope_read(line, strlen(line), &envelope));
    return event_new(&envelope, &text_type);
}

static void offer(struct stream *s, int64_t seq)
{
    struct event *e = event(seq);
    stream_push(s, e);
    event_unref(&e);
}

/* Takes out what has its turn; answers how many, each being the next number. */
static int take(struct stream *s)
{
    int n = 0;
    for (struct event *e; (e = stream_next(s)); n++) {
        ck_assert_int_eq(e->seq, s->seq);
        event_unref(&e);
    }
    return n;
}

START_TEST(test_stream_puts_events_in_order)
{
    struct stream s;
    stream_init(&s, 10);
    offer(&s, 13);
    offer(&s, 12);
    offer(&s, 13);
    ck_assert_int_eq(take(&s), 0);
    ck_assert(stream_gap(&s));
    offer(&s, 11);
    ck_assert_int_eq(take(&s), 3);
    ck_assert(!stream_gap(&s));
    offer(&s, 12);
    offer(&s, 13);
    ck_assert_int_eq(take(&s), 0);
    ck_assert_int_eq(s.seq, 13);
    ck_assert_str_eq(stream_kept(&s, 12)->payload, "{}");
    ck_assert_int_eq(payloads, 3);
    stream_free(&s);
    ck_assert_int_eq(payloads, 0);
}
END_TEST

START_TEST(test_stream_keeps_the_last_events)
{
    struct stream s;
    stream_init(&s, 0);
    for (int64_t seq = 1; seq <= 1000; seq++) {
        offer(&s, seq);
        ck_assert_int_eq(take(&s), 1);
        if (seq == 20)
            for (int64_t kept = 1; kept <= 20; kept++)
                ck_assert_ptr_nonnull(stream_kept(&s, kept));
    }
    for (int64_t seq = 1; seq <= 1000; seq++) {
        struct event *e = stream_kept(&s, seq);
        ck_assert((e != NULL) == (seq > 1000 - LIMIT_ROOM_RING_EVENTS));
        ck_assert(!e || e->seq == seq);
    }
    ck_assert_ptr_null(stream_kept(&s, 1001));
    stream_free(&s);
}
END_TEST

START_TEST(test_stream_always_has_room_for_what_closes_the_gap)
{
    struct stream s;
    stream_init(&s, 0);
    for (int64_t seq = 1000; seq > 1; seq--)
        offer(&s, seq);
    ck_assert_int_eq(take(&s), 0);
    offer(&s, 1);
    ck_assert_int_eq(take(&s), LIMIT_ROOM_RING_EVENTS);
    ck_assert(stream_gap(&s)); /* the others have to be fetched */
    ck_assert_int_eq(s.known, 1000);
    stream_free(&s);
}
END_TEST

START_TEST(test_stream_forgets_what_is_recent_no_more)
{
    struct stream s;
    stream_init(&s, 0);
    for (int64_t seq = 1; seq <= 5; seq++)
        offer(&s, seq);
    ck_assert_int_eq(take(&s), 5);
    ck_assert_uint_eq(stream_age(&s), 0);
    offer(&s, 6);
    ck_assert_int_eq(take(&s), 1);
    ck_assert_uint_eq(stream_age(&s), 5);
    ck_assert_ptr_null(stream_kept(&s, 5));
    ck_assert_ptr_nonnull(stream_kept(&s, 6));
    ck_assert_uint_eq(stream_age(&s), 1);
    ck_assert_ptr_null(s.ring);
    ck_assert_ptr_null(stream_kept(&s, 6));
    offer(&s, 7);
    ck_assert_int_eq(take(&s), 1);
    ck_assert_ptr_nonnull(stream_kept(&s, 7));
    stream_free(&s);
}
END_TEST

START_TEST(test_stream_hears_of_events_and_skips_lost_ones)
{
    struct stream s;
    stream_init(&s, 5);
    stream_note_latest(&s, 4);
    ck_assert(!stream_gap(&s));
    stream_note_latest(&s, 8);
    ck_assert(stream_gap(&s));
    offer(&s, 7);
    offer(&s, 9);
    stream_skip(&s, 8);
    ck_assert_int_eq(take(&s), 1);
    ck_assert_int_eq(s.seq, 9);
    ck_assert(!stream_gap(&s));
    stream_free(&s);
}
END_TEST

START_TEST(test_frame_queue_writes_in_order_what_the_socket_takes)
{
    int fd[2], size = 4096;
    struct outq q = {0};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    size_t total = 0;
    for (int i = 0; i < 500; i++) {
        char text[300];
        memset(text, 'a' + i % 26, sizeof text);
        struct frame *f = frame_new(WS_OP_TEXT, text, sizeof text);
        f->event = i % 2;
        ck_assert(outq_push(&q, f));
        total += f->len;
        frame_unref(&f);
    }
    ck_assert_uint_eq(q.bytes, total);
    ck_assert_uint_eq(q.event_bytes, total / 2);
    size_t got = 0;
    char last = 'z';
    for (enum outq_result r = OUTQ_WAIT; r != OUTQ_EMPTY || got < total;) {
        r = outq_write(&q, fd[0]);
        ck_assert_int_ne(r, OUTQ_BROKEN);
        char data[777];
        for (ssize_t n; (n = read(fd[1], data, sizeof data)) > 0;)
            for (ssize_t i = 0; i < n; i++, got++) {
                size_t at = got % 304;
                ck_assert(at != 0 || (unsigned char)data[i] == 0x81);
                if (at == 4)
                    last = last == 'z' ? 'a' : (char)(last + 1);
                ck_assert(at < 4 || data[i] == last);
            }
    }
    ck_assert_uint_eq(q.bytes, 0);
    ck_assert_ptr_null(q.items);
    close(fd[0]);
    close(fd[1]);
}
END_TEST

START_TEST(test_frame_queue_cuts_behind_a_frame_that_is_begun)
{
    int fd[2], size = 4096;
    struct outq q = {0};
    static char text[100000];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct frame *f = frame_new(WS_OP_TEXT, text, sizeof text);
    for (int i = 0; i < 3; i++)
        ck_assert(outq_push(&q, f));
    ck_assert_uint_eq(f->refs, 4);
    ck_assert_int_eq(outq_write(&q, fd[0]), OUTQ_WAIT);
    outq_cut(&q);
    ck_assert_uint_eq(q.count, 1);
    ck_assert_uint_eq(f->refs, 2);
    outq_free(&q);
    ck_assert_uint_eq(f->refs, 1);
    frame_unref(&f);
    close(fd[0]);
    close(fd[1]);
}
END_TEST

struct thing {
    int64_t id;
    struct map_node node;
};

START_TEST(test_map_finds_the_last_one_put_in)
{
    enum { THINGS = 1000 };
    static struct thing things[2 * THINGS];
    struct map map = {0};
    ck_assert_ptr_null(map_find(&map, 1, 0));
    for (int64_t i = 0; i < 2 * THINGS; i++) {
        things[i].id = i;
        ck_assert(map_add(&map, &things[i].node, i % THINGS, 5));
    }
    for (int64_t i = 0; i < THINGS; i++) {
        struct map_node *found = map_find(&map, i, 5);
        ck_assert_ptr_nonnull(found);
        ck_assert_int_eq(MAP_ITEM(found, struct thing, node)->id, THINGS + i);
        ck_assert_ptr_null(map_find(&map, i, 6));
        map_remove(&map, found);
        found = map_find(&map, i, 5);
        ck_assert_int_eq(MAP_ITEM(found, struct thing, node)->id, i);
        map_remove(&map, found);
        ck_assert_ptr_null(map_find(&map, i, 5));
    }
    ck_assert_uint_eq(map.count, 0);
    map_free(&map);
}
END_TEST

CHECK_MAIN("stream", test_stream_puts_events_in_order, test_stream_keeps_the_last_events,
           test_stream_always_has_room_for_what_closes_the_gap, test_stream_forgets_what_is_recent_no_more,
           test_stream_hears_of_events_and_skips_lost_ones, test_frame_queue_writes_in_order_what_the_socket_takes,
           test_frame_queue_cuts_behind_a_frame_that_is_begun, test_map_finds_the_last_one_put_in)
