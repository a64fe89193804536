#include "service/deletion.h"

#include <string.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/skim.h"
#include "db/deletion_dao.h"
#include "db/session_dao.h"
#include "service/anonymise.h"
#include "service/auth.h"
#include "service/hold.h"
#include "service/leave.h"
#include "service/meeting_cache.h"
#include "service/participant_find.h"
#include "service/sign_out.h"

/* ---- asking for it, and taking it back ---- */

struct wish {
    struct context *ctx;
    int64_t user_id;
    int64_t delete_at_ms;       /* 0: it is taken back */
    const struct user *checked; /* whose password was checked; NULL: an administrator asks */
    const char *password;
    struct user user;
    bool partly_kept;
};

enum err deletion_add_job(struct context *ctx, int64_t user_id, int64_t at_ms)
{
    const char *key = arena_printf(ctx->arena, "deletion %lld", (long long)user_id);
    return job_add(ctx, JOB_DELETION, key, arena_printf(ctx->arena, "{\"userId\":%lld}", (long long)user_id), at_ms);
}

/* Without an administrator nobody could make another one but on the server itself. */
static enum err check_last_admin(const struct wish *w)
{
    int64_t others;
    enum err e = w->user.is_admin ? deletion_dao_other_admins(w->ctx->app->db, w->user_id, &others) : ERR_OK;
    if (e || !w->user.is_admin || others)
        return e;
    return fault_set(&w->ctx->fault, ERR_CONFLICT, NULL,
                     "You are the only administrator. Make somebody else one first.");
}

static enum err wish_body(void *arg)
{
    struct wish *w = arg;
    struct context *ctx = w->ctx;
    struct db *db = ctx->app->db;
    int64_t now = context_now_ms(ctx);
    enum err e = w->checked ? auth_lock_account(ctx, w->checked, w->password) : ERR_OK;
    if (!e)
        e = context_no_row(user_dao_lock(db, ctx->arena, w->user_id, &w->user), ERR_NOT_FOUND);
    if (!e && w->user.deleted_at_ms)
        e = ERR_NOT_FOUND;
    if (!e && w->delete_at_ms)
        e = check_last_admin(w);
    if (!e)
        e = deletion_dao_set_due(db, w->user_id, w->delete_at_ms, now);
    if (e || !w->delete_at_ms)
        return e;
    e = session_dao_end_others(db, w->user_id, 0, now);
    if (!e)
        e = hold_dao_concerns(db, w->user_id, &w->partly_kept);
    return e ? e : deletion_add_job(ctx, w->user_id, w->delete_at_ms);
}

/* The wish is stored: what does not work out now, the job does. */
static void sign_out(struct context *ctx, int64_t user_id)
{
    sign_out_close(ctx, user_id);
    enum err e = leave_all_meetings(ctx, user_id);
    if (e)
        log_event(LOG_WARN, "not_left", "user", LOG_INT(user_id), "code", err_code(e), NULL);
}

static enum err store_wish(struct wish *w)
{
    enum err e = db_transaction(w->ctx->app->db, wish_body, w);
    if (e)
        return e;
    w->user.delete_at_ms = w->delete_at_ms;
    log_event(LOG_INFO, w->delete_at_ms ? "account_deletion" : "account_kept", "user", LOG_INT(w->user_id), NULL);
    if (w->delete_at_ms)
        sign_out(w->ctx, w->user_id);
    return ERR_OK;
}

static int64_t after_grace_ms(const struct context *ctx)
{
    return context_now_ms(ctx) + ctx->app->config->deletion_grace_days * INT64_C(24) * 3600 * 1000;
}

enum err deletion_ask(struct context *ctx, const char *password, struct deletion *out)
{
    struct user user;
    struct wish w = {.ctx = ctx, .user_id = ctx->user_id, .checked = &user, .password = password};
    enum err e = auth_check_password(ctx, password, &user);
    w.delete_at_ms = after_grace_ms(ctx);
    if (!e)
        e = store_wish(&w);
    if (!e)
        *out = (struct deletion){w.delete_at_ms, w.partly_kept};
    return e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e;
}

enum err deletion_take_back(struct context *ctx, struct user *out)
{
    struct wish w = {.ctx = ctx, .user_id = ctx->user_id};
    enum err e = store_wish(&w);
    if (!e)
        *out = w.user;
    return e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e;
}

enum err deletion_ask_for(struct context *ctx, int64_t user_id, struct deletion *out)
{
    struct user user;
    struct wish w = {.ctx = ctx, .user_id = user_id, .delete_at_ms = after_grace_ms(ctx)};
    if (user_id == ctx->user_id)
        return fault_set(&ctx->fault, ERR_CONFLICT, NULL, "Another administrator must do this.");
    enum err e = user_dao_by_id(ctx->app->db, ctx->arena, user_id, &user);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    if (user.guest_of) /* nobody could take it back */
        w.delete_at_ms = context_now_ms(ctx);
    e = store_wish(&w);
    if (!e)
        *out = (struct deletion){w.delete_at_ms, w.partly_kept};
    return e;
}

enum err deletion_take_back_for(struct context *ctx, int64_t user_id, struct user *out)
{
    struct wish w = {.ctx = ctx, .user_id = user_id};
    enum err e = store_wish(&w);
    if (!e && w.user.guest_of)
        e = ERR_NOT_FOUND;
    if (!e)
        *out = w.user;
    return e;
}

/* ---- the job ----
 *
 * One meeting after the other, then the account. In each meeting the messages come first, then the events so far, then
 * the seat: from then on nothing new names the person, and the few events that came meanwhile are looked at. The seat
 * is cleared under the lock of the meeting's row, so that no event can be on its way with the old name. */

enum stage { STAGE_CHOOSE, STAGE_MESSAGES, STAGE_EVENTS, STAGE_SEAT, STAGE_LATE_EVENTS, STAGE_REMOVE };

struct run {
    struct context *ctx; /* its arena lasts for one step */
    struct user user;
    bool wanted;
    bool over;
    /* how far it is */
    int64_t after;   /* meetings up to this one are done */
    int64_t meeting; /* 0: the next one is to be found */
    int64_t stage;
    int64_t seq; /* events up to this one are done */
};

static bool read_members(const char *text, const char *const names[], int64_t *const out[], int count)
{
    enum { MOST = 4 };
    struct slice values[MOST];
    if (!skim_members((struct slice){text, strlen(text)}, names, values, count))
        return false;
    for (int i = 0; i < count; i++)
        if (!skim_int(values[i], out[i]))
            return false;
    return true;
}

static void read_progress(struct run *r, const char *progress)
{
    static const char *const names[] = {"after", "meeting", "stage", "seq"};
    int64_t *const out[] = {&r->after, &r->meeting, &r->stage, &r->seq};
    if (progress && !read_members(progress, names, out, 4))
        r->after = r->meeting = r->stage = r->seq = 0; /* it begins anew */
}

static const char *write_progress(const struct run *r, struct arena *arena)
{
    return arena_printf(arena, "{\"after\":%lld,\"meeting\":%lld,\"stage\":%lld,\"seq\":%lld}", (long long)r->after,
                        (long long)r->meeting, (long long)r->stage, (long long)r->seq);
}

/* Whether it is wanted still, and due: then it cannot be taken back any more. */
static enum err begin_body(void *arg)
{
    struct run *r = arg;
    struct db *db = r->ctx->app->db;
    int64_t now = context_now_ms(r->ctx), id = r->user.id;
    enum err e = user_dao_lock(db, r->ctx->arena, id, &r->user);
    r->user.id = id;
    r->wanted = !e && (r->user.deleted_at_ms || r->user.delete_at_ms);
    if (e || !r->wanted || r->user.deleted_at_ms || r->user.delete_at_ms > now)
        return context_no_row(e, ERR_OK);
    e = deletion_dao_begin(db, id, now);
    r->user.deleted_at_ms = now;
    return e ? e : session_dao_end_others(db, id, 0, now);
}

static enum err next_meeting(struct run *r)
{
    enum err e = deletion_dao_next_meeting(r->ctx->app->db, r->user.id, r->after, &r->meeting);
    r->stage = STAGE_CHOOSE;
    r->seq = 0;
    return e;
}

static void meeting_done(struct run *r)
{
    r->after = r->meeting;
    r->meeting = 0;
}

/* A meeting that only they were in is theirs alone. It ends, so that nobody comes to it any more. */
static enum err choose_change(struct room_change *room, void *arg)
{
    struct run *r = arg;
    struct db *db = room->ctx->app->db;
    struct meeting m;
    bool others;
    enum err e = deletion_dao_others_were_in(db, r->meeting, r->user.id, &others);
    if (!e)
        e = meeting_dao_by_id(db, room->ctx->arena, r->meeting, &m);
    r->stage = others || m.creator_id != r->user.id ? STAGE_MESSAGES : STAGE_REMOVE;
    if (e || r->stage == STAGE_MESSAGES || room_check_open(room->state.status))
        return e;
    return room_finish(room, MEETING_CANCELLED, "cancelled", 0);
}

static enum err messages_body(void *arg)
{
    struct run *r = arg;
    int64_t count;
    enum err e = deletion_dao_clear_messages(r->ctx->app->db, r->meeting, r->user.id, r->user.deleted_at_ms, &count);
    if (!e && count == 0)
        r->stage = STAGE_EVENTS;
    return e;
}

/* Their names: of the account, and in this meeting as long as it stands there. */
static enum err find_names(const struct run *r, struct former *out)
{
    struct context *ctx = r->ctx;
    struct participant seat = {0};
    enum err e = participant_dao_find(ctx->app->db, ctx->arena, r->meeting, r->user.id, &seat);
    *out = (struct former){r->user.id, {r->user.display_name, r->user.email, seat.display_name}, r->user.deleted_at_ms};
    for (int i = 0; i < FORMER_NAMES; i++)
        if (out->names[i] && strcmp(out->names[i], FORMER_MEMBER) == 0)
            out->names[i] = NULL;
    return context_no_row(e, ERR_OK);
}

struct event_page {
    struct run *run;
    const struct former *former;
    struct room_event *items;
    int count;
};

static enum err events_body(void *arg)
{
    const struct event_page *page = arg;
    struct context *ctx = page->run->ctx;
    for (int i = 0; i < page->count; i++) {
        const struct room_event *event = &page->items[i];
        const char *data;
        enum err e = anonymise_event(ctx->arena, page->former, event->data, &data);
        if (!e && data)
            e = event_dao_replace(ctx->app->db, event->meeting_id, event->seq, data);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err clear_events(struct run *r)
{
    struct context *ctx = r->ctx;
    struct former former;
    struct event_page page = {.run = r, .former = &former};
    bool more;
    enum err e = find_names(r, &former);
    if (!e)
        e = event_dao_list(ctx->app->db, ctx->arena, r->meeting, r->seq, 0, LIMIT_DELETION_EVENTS, LIMIT_PAGE_BYTES,
                           &page.items, &page.count, &more);
    if (!e && page.count)
        e = db_transaction(ctx->app->db, events_body, &page);
    if (!e && page.count)
        r->seq = page.items[page.count - 1].seq;
    else if (!e)
        r->stage++;
    return e;
}

static enum err clear_meeting(const struct run *r, const struct former *former)
{
    struct db *db = r->ctx->app->db;
    struct meeting m;
    enum err e = meeting_dao_by_id(db, r->ctx->arena, r->meeting, &m);
    if (e)
        return e;
    bool title = anonymise_names(former, m.title), description = anonymise_names(former, m.description);
    if (title)
        m.title = ANONYMOUS_TITLE;
    if (description)
        m.description = "";
    return title || description ? meeting_dao_update(db, &m, context_now_ms(r->ctx)) : ERR_OK;
}

/* A guest may have come back with a token of before. */
static enum err seat_change(struct room_change *room, void *arg)
{
    struct run *r = arg;
    struct participant p;
    struct former former;
    enum err e = participant_find_present(room->ctx, r->meeting, r->user.id, &p);
    if (!e)
        e = leave_vacate(room, &p, PARTICIPANT_LEFT, "removed", CLOSE_SIGNED_OUT);
    if (!e || e == ERR_NOT_JOINED)
        e = find_names(r, &former);
    if (!e)
        e = clear_meeting(r, &former);
    return e ? e : deletion_dao_clear_seat(room->ctx->app->db, r->meeting, r->user.id);
}

static enum err clear_seat(struct run *r)
{
    enum err e = room_change(r->ctx, r->meeting, seat_change, r);
    if (!e)
        r->stage = STAGE_LATE_EVENTS;
    return e;
}

static enum err done_body(void *arg)
{
    const struct run *r = arg;
    return deletion_dao_meeting_done(r->ctx->app->db, r->meeting, r->user.id);
}

static enum err late_events(struct run *r)
{
    enum err e = clear_events(r);
    if (e || r->stage == STAGE_LATE_EVENTS)
        return e;
    e = db_transaction(r->ctx->app->db, done_body, r);
    if (e)
        r->stage = STAGE_LATE_EVENTS;
    else
        meeting_done(r);
    return e;
}

struct removal {
    struct run *run;
    bool more;
};

static enum err remove_body(void *arg)
{
    struct removal *removal = arg;
    return deletion_dao_remove_meeting(removal->run->ctx->app->db, removal->run->meeting, &removal->more);
}

static enum err remove_meeting(struct run *r)
{
    struct removal removal = {.run = r};
    meeting_cache_hold(r->ctx, r->meeting);
    enum err e = db_transaction(r->ctx->app->db, remove_body, &removal);
    meeting_cache_publish(r->ctx, r->meeting, "", NULL, 0);
    if (!e && !removal.more)
        meeting_done(r);
    return e;
}

static enum err meeting_step(struct run *r)
{
    switch ((enum stage)r->stage) {
    case STAGE_CHOOSE: return room_change(r->ctx, r->meeting, choose_change, r);
    case STAGE_MESSAGES: return db_transaction(r->ctx->app->db, messages_body, r);
    case STAGE_EVENTS: return clear_events(r);
    case STAGE_SEAT: return clear_seat(r);
    case STAGE_LATE_EVENTS: return late_events(r);
    case STAGE_REMOVE: return remove_meeting(r);
    }
    return ERR_INTERNAL;
}

static enum err account_body(void *arg)
{
    struct run *r = arg;
    struct db *db = r->ctx->app->db;
    bool more;
    enum err e = deletion_dao_forget_sign_ins(db, r->ctx->arena, r->user.id, &more);
    r->over = !e && !more;
    return e || more ? e : deletion_dao_clear_account(db, r->user.id, context_now_ms(r->ctx));
}

/* Meetings that show the name of the account. */
static enum err account_step(struct run *r)
{
    enum { MEETINGS = 1000 }; /* the cache of older ones runs out in some seconds */
    int64_t *meetings;
    int count;
    enum err e = meeting_dao_showing(r->ctx->app->db, r->ctx->arena, r->user.id, MEETINGS, &meetings, &count);
    if (e)
        return e;
    for (int i = 0; i < count; i++)
        meeting_cache_hold(r->ctx, meetings[i]);
    e = db_transaction(r->ctx->app->db, account_body, r);
    for (int i = 0; i < count; i++)
        meeting_cache_publish(r->ctx, meetings[i], "", NULL, 0);
    return e;
}

static enum err step(struct run *r)
{
    enum err e = r->meeting ? ERR_OK : next_meeting(r);
    if (e)
        return e == ERR_DB_NO_ROW ? account_step(r) : e;
    bool held;
    e = hold_is_placed(r->ctx, r->meeting, &held);
    if (!e && !held)
        e = meeting_step(r);
    if ((!e && held) || e == ERR_NOT_FOUND) { /* held or removed meanwhile: whoever lifts a hold adds a job */
        meeting_done(r);
        return ERR_OK;
    }
    return e;
}

/* As much as is to be done at once. */
static enum err steps(struct context *ctx, struct run *r)
{
    struct context own = *ctx;
    int64_t until_ms = context_now_ms(ctx) + LIMIT_DELETION_PART_MS;
    enum err e = ERR_OK;
    own.arena = arena_new();
    r->ctx = &own;
    while (!e && !r->over && !job_should_stop() && context_now_ms(ctx) < until_ms) {
        e = step(r);
        arena_reset(own.arena);
    }
    arena_free(&own.arena);
    r->ctx = ctx;
    return e;
}

struct job_result deletion_run(struct context *ctx, const struct job *job)
{
    static const char *const names[] = {"userId"};
    struct run r = {.ctx = ctx};
    int64_t *const out[] = {&r.user.id};
    if (!read_members(job->payload, names, out, 1))
        return job_failed("payload");
    read_progress(&r, job->progress);
    enum err e = db_transaction(ctx->app->db, begin_body, &r);
    if (e)
        return job_failed(err_code(e));
    if (!r.wanted)
        return job_done();
    if (!r.user.deleted_at_ms)
        return job_again(r.user.delete_at_ms, NULL);
    if (!job->progress) {
        sign_out_close(ctx, r.user.id);
        e = leave_all_meetings(ctx, r.user.id);
    }
    if (!e)
        e = steps(ctx, &r);
    if (e)
        return job_failed(err_code(e));
    if (r.over)
        log_event(LOG_INFO, "account_deleted", "user", LOG_INT(r.user.id), NULL);
    return r.over ? job_done() : job_again(0, write_progress(&r, ctx->arena));
}
