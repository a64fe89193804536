#include "service/records.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "db/participant_dao.h"
#include "service/permission.h"
#include "service/room.h"

/* ---- who was there when ---- */

struct reading {
    struct context *ctx;
    int64_t meeting_id;
    struct meeting meeting;
    struct participant *people; /* sorted by user id */
    int people_count;
    struct room_event *events;
    int event_count;
    int64_t messages;
};

static int by_user_id(const void *a, const void *b)
{
    const struct participant *p = a, *q = b;
    return (p->user_id > q->user_id) - (p->user_id < q->user_id);
}

static enum err read_body(void *arg)
{
    struct reading *r = arg;
    struct db *db = r->ctx->app->db;
    struct arena *arena = r->ctx->arena;
    enum err e = meeting_dao_by_id(db, arena, r->meeting_id, &r->meeting);
    if (!e)
        e = participant_dao_list(db, arena, r->meeting_id, true, &r->people, &r->people_count);
    if (!e)
        e = event_dao_stays(db, arena, r->meeting_id, &r->events, &r->event_count);
    return e ? e : message_dao_count_public(db, r->meeting_id, &r->messages);
}

/* One state of the database. */
static enum err read_all(struct reading *r)
{
    enum err e = permission_check_reader(r->ctx, r->meeting_id, PERMISSION_READ_RECORDS);
    if (!e)
        e = db_snapshot(r->ctx->app->db, read_body, r);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    if (r->people_count > 0) /* a list of nobody has no address, which qsort must not be given */
        qsort(r->people, (size_t)r->people_count, sizeof *r->people, by_user_id);
    return ERR_OK;
}

static struct stay begin_stay(const struct reading *r, const struct room_event *e)
{
    const struct participant key = {.user_id = e->subject_id};
    const struct participant *p = bsearch(&key, r->people, (size_t)r->people_count, sizeof *r->people, by_user_id);
    return (struct stay){.user_id = e->subject_id,
                         .display_name = p ? p->display_name : "",
                         .is_guest = p && p->is_guest,
                         .joined_at_ms = e->at_ms,
                         .left_at_ms = r->meeting.actual_end_ms};
}

/* The events come by person and then by time: a stay goes from somebody's coming to their next going. */
static int make_stays(const struct reading *r, struct stay *out)
{
    int n = 0;
    bool open = false;
    for (int i = 0; i < r->event_count; i++) {
        const struct room_event *e = &r->events[i];
        bool same = n > 0 && out[n - 1].user_id == e->subject_id;
        if (strcmp(e->type, event_name(EVENT_USER_JOINED)) == 0) {
            out[n++] = begin_stay(r, e);
            open = true;
        } else if (same && open) {
            out[n - 1].left_at_ms = e->at_ms;
            open = false;
        }
    }
    return n;
}

static enum err read_stays(struct reading *r, struct stay **stays, int *count)
{
    enum err e = read_all(r);
    if (e)
        return e;
    *stays = arena_array(r->ctx->arena, (size_t)r->event_count + 1, sizeof **stays);
    *count = make_stays(r, *stays);
    return ERR_OK;
}

enum err records_attendance(struct context *ctx, int64_t meeting_id, struct attendance *out)
{
    struct reading r = {.ctx = ctx, .meeting_id = meeting_id};
    struct stay *stays;
    int count;
    enum err e = read_stays(&r, &stays, &count);
    if (!e)
        *out = (struct attendance){r.meeting, stays, count};
    return e;
}

/* ---- figures ---- */

struct step {
    int64_t at_ms;
    int change;
};

/* Who leaves at the moment in which another one comes makes room first. */
static int by_time(const void *a, const void *b)
{
    const struct step *p = a, *q = b;
    return p->at_ms != q->at_ms ? (p->at_ms > q->at_ms) - (p->at_ms < q->at_ms) : p->change - q->change;
}

static int64_t peak_of(struct context *ctx, const struct stay *stays, int count, int64_t now)
{
    struct step *steps = arena_array(ctx->arena, 2 * (size_t)count + 1, sizeof *steps);
    for (int i = 0; i < count; i++) {
        steps[2 * i] = (struct step){stays[i].joined_at_ms, 1};
        steps[2 * i + 1] = (struct step){stays[i].left_at_ms ? stays[i].left_at_ms : now + 1, -1};
    }
    qsort(steps, 2 * (size_t)count, sizeof *steps, by_time);
    int64_t in = 0, peak = 0;
    for (int i = 0; i < 2 * count; i++) {
        in += steps[i].change;
        peak = in > peak ? in : peak;
    }
    return peak;
}

enum err records_statistics(struct context *ctx, int64_t meeting_id, struct statistics *out)
{
    struct reading r = {.ctx = ctx, .meeting_id = meeting_id};
    struct stay *stays;
    int count;
    enum err e = read_stays(&r, &stays, &count);
    if (e)
        return e;
    int64_t now = context_now_ms(ctx), end = r.meeting.actual_end_ms ? r.meeting.actual_end_ms : now;
    struct statistics s = {.messages = r.messages, .peak = peak_of(ctx, stays, count, now)};
    s.meeting_ms = r.meeting.actual_start_ms ? end - r.meeting.actual_start_ms : 0;
    for (int i = 0; i < count; i++) {
        s.people += i == 0 || stays[i].user_id != stays[i - 1].user_id;
        s.person_ms += (stays[i].left_at_ms ? stays[i].left_at_ms : now) - stays[i].joined_at_ms;
    }
    *out = s;
    return ERR_OK;
}

/* ---- audit and transcript ---- */

enum err records_audit(struct context *ctx, int64_t meeting_id, int64_t after_seq, struct room_event **items,
                       int *count)
{
    enum err e = permission_check_reader(ctx, meeting_id, PERMISSION_READ_RECORDS);
    return e ? e
             : event_dao_audit(ctx->app->db, ctx->arena, meeting_id, after_seq, ctx->user_id, EVENTS_UNAUDITED,
                               LIMIT_EVENTS_PAGE, items, count);
}

enum err records_transcript(struct context *ctx, int64_t meeting_id, int64_t after_id, struct message **items,
                            int *count, bool *more)
{
    enum err e = permission_check_reader(ctx, meeting_id, PERMISSION_READ_RECORDS);
    return e ? e
             : message_dao_public(ctx->app->db, ctx->arena, meeting_id, after_id, LIMIT_TRANSCRIPT_PAGE, items, count,
                                  more);
}
