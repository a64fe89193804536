#include "service/meeting.h"

#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "db/user_dao.h"
#include "service/host.h"
#include "service/invite.h"
#include "service/list_cursor.h"
#include "service/lobby.h"
#include "service/media_node.h"
#include "service/meeting_cache.h"
#include "service/participant.h"
#include "service/permission.h"
#include "service/rate.h"
#include "service/schedule.h"
#include "service/secretbox.h"
#include "service/serialize.h"

static enum err check_start(struct context *ctx, int64_t start_time_ms)
{
    const int64_t now = context_now_ms(ctx), day_ms = 24 * 60 * 60 * 1000;
    if (start_time_ms < now - LIMIT_START_PAST_MS)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "startTime", "startTime must not be in the past.");
    if (start_time_ms > now + LIMIT_START_AHEAD_DAYS * day_ms)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "startTime",
                         "startTime must not be more than 10 years ahead.");
    return ERR_OK;
}

static void apply_input(const struct context *ctx, const struct meeting_input *in, struct meeting *m)
{
#define ATTRIBUTE(kind, member, ...) \
    if (in->member.given) \
        m->member = in->member.value;
#include "service/attribute.def"
#undef ATTRIBUTE
    m->settings = setting_apply(m->settings, in->settings);
    if (in->password.given || in->password.null)
        m->password_box = (struct blob){0};
    if (in->password.given)
        m->password_box.bytes = secretbox_seal(ctx, in->password.value, &m->password_box.len);
}

struct creation {
    struct context *ctx;
    struct meeting meeting; /* as wished */
    struct meeting stored;
};

/* Under the lock of the account, so that two at once are not both the last one. */
static enum err check_quota(struct context *ctx)
{
    struct user creator;
    int64_t open, most = ctx->app->config->meetings_per_person;
    if (most == 0)
        return ERR_OK;
    enum err e = context_no_row(user_dao_lock(ctx->app->db, ctx->arena, ctx->user_id, &creator), ERR_UNAUTHORIZED);
    if (!e)
        e = meeting_dao_count_open(ctx->app->db, ctx->user_id, &open);
    if (e || open < most)
        return e;
    return fault_set(&ctx->fault, ERR_TOO_MANY_MEETINGS, NULL,
                     "You have %lld open or scheduled meetings. End or cancel one first.", (long long)open);
}

static enum err create_body(void *arg)
{
    struct creation *c = arg;
    struct context *ctx = c->ctx;
    int64_t id;
    enum err e = check_quota(ctx);
    if (!e)
        e = meeting_dao_insert(ctx->app->db, &c->meeting, &id);
    if (e)
        return e;
    e = meeting_dao_by_id(ctx->app->db, ctx->arena, id, &c->stored);
    return context_no_row(e, ERR_UNAUTHORIZED); /* it comes with its creator's name: the account is gone */
}

enum err meeting_create(struct context *ctx, const struct meeting_input *input, struct meeting *out)
{
    char code[LIMIT_CODE_CHARS + 1];
    struct creation c = {.ctx = ctx,
                         .meeting = {
                             .code = code,
                             .creator_id = ctx->user_id,
                             .host_id = ctx->user_id,
                             .status = MEETING_SCHEDULED,
                             .settings = SETTINGS_DEFAULT,
                             .created_at_ms = context_now_ms(ctx),
#define ATTRIBUTE(kind, member, json, min, max, choices, needed, fallback) .member = (fallback),
#include "service/attribute.def"
#undef ATTRIBUTE
                         }};
    apply_input(ctx, input, &c.meeting);
    if (!input->start_time_ms.given)
        c.meeting.start_time_ms = context_now_ms(ctx);
    c.meeting.due_ms = schedule_due_ms(&c.meeting.state);
    enum err e = check_start(ctx, c.meeting.start_time_ms);
    if (e)
        return e;
    for (int i = 0; i < LIMIT_CODE_TRIES; i++) {
        ids_meeting_code(&ctx->app->random, code);
        e = db_transaction(ctx->app->db, create_body, &c);
        if (e != ERR_DB_DUPLICATE)
            break;
        log_event(LOG_INFO, "meeting_code_taken", "try", LOG_INT(i + 1), NULL);
    }
    if (!e)
        *out = c.stored;
    return e == ERR_DB_DUPLICATE ? ERR_UNAVAILABLE : e;
}

/* A name of no meeting, which is counted. */
static enum err unknown_meeting(struct context *ctx)
{
    enum err e = rate_check_code(ctx, true);
    return e ? e : ERR_NOT_FOUND;
}

/* Numbers are given one after the other, so that anybody can count through them: for a stranger one is as good as none,
 * unless it comes with an invitation to that very meeting. Codes are short, so whoever tried many wrong ones does not
 * learn which is right either; nor is a stranger's right one counted. */
enum err meeting_resolve(struct context *ctx, const char *reference, const char *invite, int64_t *id)
{
    char code[LIMIT_CODE_CHARS + 1];
    int64_t number = 0;
    bool by_number = text_to_int(reference, &number);
    struct named_meeting named;
    if (!by_number && !ids_read_code(reference, code))
        return ERR_NOT_FOUND;
    enum err e = meeting_dao_named(ctx->app->db, number, by_number ? NULL : code, ctx->user_id, &named);
    if (e)
        return e == ERR_DB_NO_ROW ? unknown_meeting(ctx) : e;
    if (!named.is_known && !(invite && invite_is_for(ctx, named.id, invite)))
        e = by_number ? unknown_meeting(ctx) : rate_check_code(ctx, false);
    if (!e)
        *id = named.id;
    return e;
}

enum err meeting_find(struct context *ctx, const char *code, int64_t *id)
{
    char known[LIMIT_CODE_CHARS + 1];
    struct named_meeting named;
    if (!ids_read_code(code, known))
        return ERR_NOT_FOUND;
    enum err e = meeting_dao_named(ctx->app->db, 0, known, 0, &named);
    if (!e)
        *id = named.id;
    return context_no_row(e, ERR_NOT_FOUND);
}

/* What somebody has to do with a meeting. */
enum standing { STRANGER, KNOWN, REMOVED, TOOK_PART };

static enum standing standing_of(const struct context *ctx, const struct meeting *m, const struct participant *items,
                                 int count)
{
    if (m->creator_id == ctx->user_id || m->host_id == ctx->user_id)
        return TOOK_PART;
    for (int i = 0; i < count; i++) {
        if (items[i].user_id != ctx->user_id)
            continue;
        bool may_stay = items[i].status == PARTICIPANT_JOINED || items[i].status == PARTICIPANT_LEFT;
        if (may_stay && participant_was_in(&items[i]))
            return TOOK_PART;
        return items[i].status == PARTICIPANT_REMOVED ? REMOVED : KNOWN;
    }
    return ctx->guest_of == m->id ? KNOWN : STRANGER;
}

/* The people who are in, of all who ever were. */
static int keep_joined(struct participant *items, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if (items[i].status == PARTICIPANT_JOINED)
            items[n++] = items[i];
    return n;
}

static enum err read_detail(struct context *ctx, int64_t id, struct meeting *m, struct participant **items, int *count)
{
    struct kv_ticket ticket;
    if (meeting_cache_get(ctx, id, m, items, count, &ticket))
        return ERR_OK;
    enum err e = meeting_dao_by_id(ctx->app->db, ctx->arena, id, m);
    if (!e)
        e = participant_dao_list(ctx->app->db, ctx->arena, id, true, items, count);
    if (!e)
        meeting_cache_put(ctx, ticket, m, *items, *count);
    return e;
}

/* What a door shows to whoever was sent the code. */
static void look_from_outside(struct meeting_view *v)
{
    v->from_outside = true;
    v->meeting.description = "";
    v->count = 0;
}

/* A number is looked at with the meeting itself, which is cached: this is the call that is made most. */
enum err meeting_detail(struct context *ctx, const char *reference, struct meeting_view *out)
{
    struct meeting_view v = {0};
    int64_t id;
    bool by_number = text_to_int(reference, &id);
    enum err e = by_number ? ERR_OK : meeting_resolve(ctx, reference, NULL, &id);
    if (!e)
        e = read_detail(ctx, id, &v.meeting, &v.people, &v.count);
    if (e)
        return e == ERR_DB_NO_ROW ? unknown_meeting(ctx) : e;
    enum standing standing = standing_of(ctx, &v.meeting, v.people, v.count);
    if (by_number && !v.meeting.is_public && standing == STRANGER)
        return unknown_meeting(ctx);
    bool elsewhere = ctx->guest_of && ctx->guest_of != id;
    if (elsewhere || (!v.meeting.is_public && standing == REMOVED))
        return ERR_FORBIDDEN;
    v.count = keep_joined(v.people, v.count);
    if (!v.meeting.is_public && standing != TOOK_PART)
        look_from_outside(&v);
    *out = v;
    return ERR_OK;
}

enum err meeting_list(struct context *ctx, struct meeting_filter *filter, const char *cursor, struct meeting_page *page,
                      const char **next)
{
    struct meeting_place after;
    filter->viewer_id = ctx->user_id;
    enum err e = cursor ? list_cursor_read(ctx, filter, cursor, &after) : ERR_OK;
    if (e)
        return fault_set(&ctx->fault, e, "cursor", "The cursor belongs to another list. Begin again without one.");
    filter->after = cursor ? &after : NULL;
    e = meeting_dao_list(ctx->app->db, ctx->arena, filter, page);
    filter->after = NULL;
    if (e == ERR_PAGE_TOO_DEEP)
        return fault_set(&ctx->fault, e, "page", "Pages end after %d meetings. Go on with the cursor of a page before.",
                         LIMIT_LIST_OFFSET);
    if (!e)
        *next = page->has_next ? list_cursor_write(ctx, filter, &page->next) : NULL;
    return e;
}

/* Two statements cannot both be right while one changes the row: `change` runs under the row's lock. */
struct update {
    const struct meeting_input *input;
    struct meeting meeting;
    bool more_wait;   /* who need not wait any more, beyond those who came in with the change */
    bool handed_over; /* the seat of a host who is gone */
};

/* What the row's state holds and what the meeting shows of it are changed together. */
static void apply_update(const struct context *ctx, struct update *u, struct meeting_state *s)
{
    struct meeting *m = &u->meeting;
    int64_t end = schedule_end_ms(s);
    m->state = *s;
    apply_input(ctx, u->input, m);
    if (schedule_end_ms(&m->state) != end)
        m->warned_ms = 0;
    m->updated_at_ms = context_now_ms(ctx);
    *s = m->state;
}

enum err meeting_add_updated(struct room_change *room, const struct meeting *m, int64_t by_user)
{
    struct context nobody = *room->ctx;
    nobody.user_id = 0; /* what only the host may see stays out */
    struct event_draft *event = event_begin(&room->log, EVENT_MEETING_UPDATED, 0);
    event->by_id = event->actor_id = by_user;
    serialize_meeting(&event->data, "meeting", &nobody, m);
    permission_serialize(&event->data, "permissions", m->settings);
    return event_end(event);
}

/* Whether more than settings is to be changed. */
static bool edits_meeting(const struct meeting_input *in)
{
    return in->password.given || in->password.null
#define ATTRIBUTE(kind, member, ...) || in->member.given
#include "service/attribute.def"
#undef ATTRIBUTE
        ;
}

static enum err update_change(struct room_change *room, void *arg)
{
    struct update *u = arg;
    const struct meeting_input *in = u->input;
    struct context *ctx = room->ctx;
    enum err e = permission_check(room, edits_meeting(in) ? PERMISSION_EDIT_MEETING : PERMISSION_CHANGE_SETTINGS);
    if (!e && in->start_time_ms.given)
        e = check_start(ctx, in->start_time_ms.value);
    if (!e)
        e = meeting_dao_by_id(ctx->app->db, ctx->arena, room->state.id, &u->meeting);
    if (e)
        return e;
    if (in->max_participants.given && in->max_participants.value < room->state.participant_count)
        return fault_set(&ctx->fault, ERR_VALIDATION_FAILED, "maxParticipants",
                         "maxParticipants must be at least %lld, the number of people in the meeting.",
                         (long long)room->state.participant_count);
    apply_update(ctx, u, &room->state);
    e = meeting_add_updated(room, &u->meeting, ctx->user_id);
    if (!e)
        e = meeting_dao_update(ctx->app->db, &u->meeting, u->meeting.updated_at_ms);
    if (!e)
        e = lobby_open_step(room);
    u->more_wait = room->state.look_again;
    if (!e)
        e = host_hand_over_kept(room);
    if (!e && media_node_is_wanted(ctx, &room->state) && media_node_has_room(ctx))
        e = media_node_move(room);
    u->handed_over = room->state.host_id != u->meeting.host_id;
    return e;
}

enum err meeting_update(struct context *ctx, int64_t id, const struct meeting_input *input, struct meeting *out)
{
    struct update u = {.input = input};
    enum err e = room_change(ctx, id, update_change, &u);
    if (e)
        return e;
    /* the change is made: what does not work out now, housekeeping does */
    enum err opened = u.more_wait ? lobby_open(ctx, id) : ERR_OK;
    if (opened)
        log_event(LOG_WARN, "lobby_not_opened", "meeting", LOG_INT(id), "code", err_code(opened), NULL);
    if (u.handed_over)
        return meeting_dao_by_id(ctx->app->db, ctx->arena, id, out);
    *out = u.meeting;
    return ERR_OK;
}

static enum err end_change(struct room_change *room, void *arg)
{
    (void)arg;
    enum err e = permission_check(room, PERMISSION_END_MEETING);
    return e ? e : room_finish(room, MEETING_ENDED, "ended", room->ctx->user_id);
}

enum err meeting_end(struct context *ctx, int64_t id, struct meeting *out)
{
    enum err e = room_change(ctx, id, end_change, NULL);
    return e ? e : meeting_dao_by_id(ctx->app->db, ctx->arena, id, out);
}

static enum err cancel_change(struct room_change *room, void *arg)
{
    (void)arg;
    enum err e = permission_check(room, PERMISSION_CANCEL_MEETING);
    return e ? e : room_finish(room, MEETING_CANCELLED, "cancelled", room->ctx->user_id);
}

enum err meeting_cancel(struct context *ctx, int64_t id) { return room_change(ctx, id, cancel_change, NULL); }
