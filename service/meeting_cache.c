#include "service/meeting_cache.h"

#include <stddef.h>
#include <string.h>

#include "core/buf.h"

enum {
    FORMAT = 3,               /* grows with every change of what is written below */
    CACHED_BYTES = 256 * 1024 /* a meeting that takes more is not cached */
};

static const char *key_of(struct context *ctx, int64_t meeting_id)
{
    return arena_printf(ctx->arena, "echomeet:meeting:%lld", (long long)meeting_id);
}

/* --- writing: numbers as eight bytes, bytes with their length before them, -1 for NULL --- */

static void put_int(struct buf *b, int64_t value) { buf_append(b, &value, sizeof value); }

static void put_bytes(struct buf *b, const void *bytes, size_t len)
{
    put_int(b, bytes ? (int64_t)len : -1);
    if (bytes)
        buf_append(b, bytes, len);
}

static void put_text(struct buf *b, const char *text) { put_bytes(b, text, text ? strlen(text) : 0); }

/* --- reading --- */

struct reader {
    struct arena *arena;
    const char *at, *end;
    bool failed;
};

static int64_t get_int(struct reader *r)
{
    int64_t value = 0;
    if (r->failed || r->end - r->at < (ptrdiff_t)sizeof value) {
        r->failed = true;
        return 0;
    }
    memcpy(&value, r->at, sizeof value);
    r->at += sizeof value;
    return value;
}

static void *get_bytes(struct reader *r, size_t *len)
{
    int64_t n = get_int(r);
    if (n > r->end - r->at)
        r->failed = true;
    if (r->failed || n < 0)
        return NULL;
    char *copy = arena_strndup(r->arena, r->at, (size_t)n);
    r->at += n;
    if (len)
        *len = (size_t)n;
    return copy;
}

static char *get_text(struct reader *r) { return get_bytes(r, NULL); }

/* --- the two shapes, each written and read in one order --- */

static void put_meeting(struct buf *b, const struct meeting *m)
{
    const int64_t numbers[] = {m->id,
                               m->creator_id,
                               m->host_id,
                               m->status,
                               m->start_time_ms,
                               m->duration_minutes,
                               m->actual_start_ms,
                               m->actual_end_ms,
                               m->max_participants,
                               m->is_public,
                               m->is_recorded,
                               m->host_is_guest,
                               m->settings,
                               m->host_loss_policy,
                               m->host_loss_minutes,
                               m->empty_minutes,
                               m->host_lost_ms,
                               m->waiting_count,
                               m->participant_count,
                               m->online_count,
                               m->event_seq,
                               m->created_at_ms,
                               m->updated_at_ms};
    buf_append(b, numbers, sizeof numbers);
    const char *const texts[] = {m->code, m->title, m->description, m->creator_name, m->host_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_text(b, texts[i]);
    put_bytes(b, m->password_box, m->password_box_len);
}

static void get_meeting(struct reader *r, struct meeting *m)
{
    int64_t flags[3];
    int64_t *const numbers[] = {&m->id,
                                &m->creator_id,
                                &m->host_id,
                                &m->status,
                                &m->start_time_ms,
                                &m->duration_minutes,
                                &m->actual_start_ms,
                                &m->actual_end_ms,
                                &m->max_participants,
                                &flags[0],
                                &flags[1],
                                &flags[2],
                                &m->settings,
                                &m->host_loss_policy,
                                &m->host_loss_minutes,
                                &m->empty_minutes,
                                &m->host_lost_ms,
                                &m->waiting_count,
                                &m->participant_count,
                                &m->online_count,
                                &m->event_seq,
                                &m->created_at_ms,
                                &m->updated_at_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = get_int(r);
    m->is_public = flags[0] != 0;
    m->is_recorded = flags[1] != 0;
    m->host_is_guest = flags[2] != 0;
    const char **const texts[] = {&m->code, &m->title, &m->description, &m->creator_name, &m->host_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = get_text(r);
    m->password_box = get_bytes(r, &m->password_box_len);
}

static void put_participant(struct buf *b, const struct participant *p)
{
    const int64_t numbers[] = {p->meeting_id,   p->user_id,    p->role,          p->status,
                               p->audio,        p->video,      p->screen,        p->hand_raised_at_ms,
                               p->joined_at_ms, p->left_at_ms, p->offline_at_ms, p->is_guest};
    buf_append(b, numbers, sizeof numbers);
    put_text(b, p->display_name);
    put_text(b, p->connection);
}

static void get_participant(struct reader *r, struct participant *p)
{
    int64_t media[3], is_guest;
    int64_t *const numbers[] = {&p->meeting_id,   &p->user_id,    &p->role,          &p->status,
                                &media[0],        &media[1],      &media[2],         &p->hand_raised_at_ms,
                                &p->joined_at_ms, &p->left_at_ms, &p->offline_at_ms, &is_guest};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = get_int(r);
    p->audio = media[0] != 0;
    p->video = media[1] != 0;
    p->screen = media[2] != 0;
    p->is_guest = is_guest != 0;
    p->display_name = get_text(r);
    p->connection = get_text(r);
}

bool meeting_cache_get(struct context *ctx, int64_t meeting_id, struct meeting *meeting, struct participant **people,
                       int *count, struct kv_ticket *ticket)
{
    size_t len;
    const char *value = kv_cache_get(ctx->app->kv, ctx->arena, key_of(ctx, meeting_id), &len, ticket);
    if (!value)
        return false;
    struct reader r = {ctx->arena, value, value + len, false};
    struct meeting m = {0};
    if (get_int(&r) != FORMAT)
        return false;
    get_meeting(&r, &m);
    int64_t n = get_int(&r);
    if (r.failed || n < 0 || n > CACHED_BYTES / (int64_t)sizeof(int64_t))
        return false;
    struct participant *list = arena_array(ctx->arena, (size_t)n + 1, sizeof *list);
    for (int64_t i = 0; i < n; i++)
        get_participant(&r, &list[i]);
    if (r.failed || r.at != r.end)
        return false;
    *meeting = m;
    *people = list;
    *count = (int)n;
    return true;
}

void meeting_cache_put(struct context *ctx, struct kv_ticket ticket, const struct meeting *meeting,
                       const struct participant *people, int count)
{
    if (!ticket.good)
        return;
    struct buf value = {0};
    put_int(&value, FORMAT);
    put_meeting(&value, meeting);
    put_int(&value, count);
    for (int i = 0; i < count && value.len <= CACHED_BYTES; i++)
        put_participant(&value, &people[i]);
    if (!value.failed && value.len <= CACHED_BYTES)
        kv_cache_put(ctx->app->kv, key_of(ctx, meeting->id), ticket, value.data, value.len);
    buf_free(&value);
}

void meeting_cache_hold(struct context *ctx, int64_t meeting_id)
{
    kv_cache_hold(ctx->app->kv, key_of(ctx, meeting_id));
}

bool meeting_cache_publish(struct context *ctx, int64_t meeting_id, const char *channel,
                           const struct kv_message *messages, int count)
{
    return kv_cache_release(ctx->app->kv, key_of(ctx, meeting_id), channel, messages, count);
}
