#include "service/serialize.h"

#include "core/limits.h"
#include "core/text.h"
#include "service/deletion.h"
#include "service/job.h"
#include "service/retention.h"
#include "service/schedule.h"
#include "service/secretbox.h"
#include "service/setting.h"

static void serialize_user_members(struct json *j, const struct user *u)
{
    json_int(j, "id", u->id);
    json_str(j, "email", u->email);
    json_str(j, "displayName", u->display_name);
    json_str(j, "locale", u->locale);
    json_bool(j, "isAdmin", u->is_admin);
    json_time(j, "lastSignInAt", u->last_sign_in_at_ms);
    json_time(j, "deletesAt", u->delete_at_ms);
}

void serialize_user(struct json *j, const char *key, const struct user *u)
{
    json_object(j, key);
    serialize_user_members(j, u);
    json_object_end(j);
}

void serialize_account(struct json *j, const char *key, const struct user *u)
{
    json_object(j, key);
    serialize_user_members(j, u);
    json_time(j, "createdAt", u->created_at_ms);
    json_time(j, "disabledAt", u->disabled_at_ms);
    json_object_end(j);
}

void serialize_deletion(struct json *j, const char *key, const struct deletion *deletion)
{
    json_object(j, key);
    json_time(j, "deletesAt", deletion->delete_at_ms);
    json_bool(j, "partlyKept", deletion->partly_kept);
    json_object_end(j);
}

void serialize_session(struct json *j, const char *key, const struct session *s, int64_t current_id)
{
    json_object(j, key);
    json_int(j, "id", s->id);
    json_bool(j, "current", s->id == current_id);
    json_str(j, "userAgent", s->user_agent);
    json_str(j, "address", s->address);
    json_time(j, "createdAt", s->created_at_ms);
    json_time(j, "lastUsedAt", s->last_used_at_ms);
    json_object_end(j);
}

static const char *role_name(int64_t role)
{
    return role == ROLE_HOST ? "host" : role == ROLE_COHOST ? "cohost" : "participant";
}

static const char *participant_status_name(int64_t status)
{
    static const char *const names[] = {[PARTICIPANT_JOINED] = "joined",
                                        [PARTICIPANT_LEFT] = "left",
                                        [PARTICIPANT_REMOVED] = "removed",
                                        [PARTICIPANT_WAITING] = "waiting"};
    return names[status];
}

static void participant_members(struct json *j, const struct participant *p)
{
    json_int(j, "userId", p->user_id);
    json_str(j, "displayName", p->display_name);
    json_str(j, "role", role_name(p->role));
    json_bool(j, "isGuest", p->is_guest);
    json_str(j, "status", participant_status_name(p->status));
    json_bool(j, "online", participant_is_online(p));
    json_bool(j, "audio", p->audio);
    json_bool(j, "video", p->video);
    json_bool(j, "screen", p->screen);
    json_time(j, "handRaisedAt", p->hand_raised_at_ms);
    json_time(j, "joinedAt", p->joined_at_ms);
    json_time(j, "leftAt", p->left_at_ms);
}

void serialize_participant(struct json *j, const char *key, const struct participant *p)
{
    json_object(j, key);
    participant_members(j, p);
    json_object_end(j);
}

void serialize_removed(struct json *j, const char *key, const struct participant *items, int count)
{
    json_array(j, key);
    for (int i = 0; i < count; i++) {
        json_object(j, NULL);
        participant_members(j, &items[i]);
        json_bool(j, "banNetwork", items[i].bans_network);
        json_object_end(j);
    }
    json_array_end(j);
}

void serialize_participants(struct json *j, const char *key, const struct participant *items, int count)
{
    json_array(j, key);
    for (int i = 0; i < count; i++)
        serialize_participant(j, NULL, &items[i]);
    json_array_end(j);
}

static void person(struct json *j, const char *key, int64_t id, const char *name)
{
    json_object(j, key);
    json_int(j, "id", id);
    json_str(j, "displayName", name);
    json_object_end(j);
}

/* The message that this one answers, without its text: that may be deleted later, and this here stays in the log. */
static void serialize_reply(struct json *j, const struct message *m)
{
    if (!m->reply_to_id) {
        json_null(j, "replyTo");
        return;
    }
    json_object(j, "replyTo");
    json_int(j, "id", m->reply_to_id);
    person(j, "sender", m->reply_sender_id, m->reply_sender_name);
    json_object_end(j);
}

void serialize_message(struct json *j, const char *key, const struct message *m)
{
    json_object(j, key);
    json_int(j, "id", m->id);
    person(j, "sender", m->sender_id, m->sender_name);
    if (m->to_id)
        person(j, "to", m->to_id, m->to_name);
    else
        json_null(j, "to");
    json_str(j, "text", m->text);
    serialize_reply(j, m);
    json_str(j, "clientId", m->client_id);
    json_time(j, "createdAt", m->created_at_ms);
    json_time(j, "editedAt", m->edited_at_ms);
    json_time(j, "deletedAt", m->deleted_at_ms);
    json_object_end(j);
}

void serialize_messages(struct json *j, const char *key, const struct message *items, int count)
{
    json_array(j, key);
    for (int i = 0; i < count; i++)
        serialize_message(j, NULL, &items[i]);
    json_array_end(j);
}

/* The text of a status (1 scheduled …) in a language. */
static const char *meeting_status_text(int64_t status, enum locale locale)
{
    static const char *const texts[][LOCALE_COUNT] = {
        [MEETING_SCHEDULED] = {"Scheduled", "未开始", "Geplant", "Planifiée"},
        [MEETING_ONGOING] = {"Ongoing", "进行中", "Läuft", "En cours"},
        [MEETING_ENDED] = {"Ended", "已结束", "Beendet", "Terminée"},
        [MEETING_CANCELLED] = {"Cancelled", "已取消", "Abgesagt", "Annulée"},
    };
    return texts[status][locale];
}

static void serialize_settings(struct json *j, int64_t settings)
{
#define SETTING(name, bit, key, on) json_bool(j, key, setting_is(settings, SETTING_##name));
#include "service/setting.def"
#undef SETTING
}

#define SHOW_NAME(json, value, choices) json_str(j, json, value);
#define SHOW_LINES(json, value, choices) json_str(j, json, value);
#define SHOW_INT(json, value, choices) json_int(j, json, value);
#define SHOW_TIME(json, value, choices) json_time(j, json, value);
#define SHOW_BOOL(json, value, choices) json_bool(j, json, value);
#define SHOW_CHOICE(json, value, choices) json_str(j, json, text_choice(ctx->arena, choices, value));

static void serialize_attributes(struct json *j, const struct context *ctx, const struct meeting *m)
{
#define ATTRIBUTE(kind, member, json, min, max, choices, needed, fallback) SHOW_##kind(json, m->member, choices)
#include "service/attribute.def"
#undef ATTRIBUTE
}

void serialize_meeting_brief(struct json *j, const char *key, const struct context *ctx, const struct meeting *m)
{
    json_object(j, key);
    json_int(j, "id", m->id);
    json_str(j, "code", m->code);
    json_str(j, "title", m->title);
    person(j, "host", m->host_id, m->host_name);
    json_int(j, "status", m->status);
    json_str(j, "statusText", meeting_status_text(m->status, ctx->locale));
    json_time(j, "startTime", m->start_time_ms);
    json_int(j, "duration", m->duration_minutes);
    json_bool(j, "hasPassword", m->password_box.bytes != NULL);
    json_bool(j, "allowGuests", setting_is(m->settings, SETTING_ALLOW_GUESTS));
    json_object_end(j);
}

/* When it will end by itself: at the end of its time, told as early as `meeting_ending` is, and for want of its host.
 */
static void serialize_ends(struct json *j, const struct context *ctx, const struct meeting *m)
{
    bool ongoing = m->status == MEETING_ONGOING;
    bool told = ongoing && context_now_ms(ctx) >= schedule_notice_ms(&m->state);
    json_time(j, "endsAt", told ? schedule_time_over_ms(&m->state) : 0);
    json_time(j, "hostAwayEndsAt", ongoing ? schedule_host_lost_ms(&m->state) : 0);
}

/* Somebody without an account may be made host, but is not told what opens the meeting to others. */
static bool may_see_password(const struct context *ctx, const struct meeting *m)
{
    return m->creator_id == ctx->user_id || (m->host_id == ctx->user_id && !m->host_is_guest);
}

void serialize_meeting_members(struct json *j, const struct context *ctx, const struct meeting *m)
{
    json_int(j, "id", m->id);
    json_str(j, "code", m->code);
    serialize_attributes(j, ctx, m);
    person(j, "creator", m->creator_id, m->creator_name);
    person(j, "host", m->host_id, m->host_name);
    json_int(j, "status", m->status);
    json_str(j, "statusText", meeting_status_text(m->status, ctx->locale));
    json_time(j, "actualStartTime", m->actual_start_ms);
    json_time(j, "actualEndTime", m->actual_end_ms);
    json_bool(j, "hasPassword", m->password_box.bytes != NULL);
    if (may_see_password(ctx, m))
        json_str(j, "password",
                 m->password_box.bytes ? secretbox_open(ctx, m->password_box.bytes, m->password_box.len) : NULL);
    serialize_settings(j, m->settings);
    json_bool(j, "hostAway", m->host_lost_ms != 0);
    serialize_ends(j, ctx, m);
    json_int(j, "chatKeptDays", retention_chat_days(ctx->app->config, m->keep_days));
    json_int(j, "participantCount", m->participant_count);
    json_int(j, "onlineCount", m->online_count);
    json_time(j, "createdAt", m->created_at_ms);
    json_time(j, "updatedAt", m->updated_at_ms);
}

void serialize_meeting(struct json *j, const char *key, const struct context *ctx, const struct meeting *m)
{
    json_object(j, key);
    serialize_meeting_members(j, ctx, m);
    json_object_end(j);
}

void serialize_job(struct json *j, const char *key, const struct job *job)
{
    json_object(j, key);
    json_int(j, "id", job->id);
    json_str(j, "kind", job->kind);
    json_str(j, "key", job->key);
    json_str(j, "state", job_state_name((enum job_state)job->state));
    json_int(j, "tries", job->tries);
    json_str(j, "error", job->error);
    json_str(j, "requestId", job->request_id);
    json_time(j, "createdAt", job->created_ms);
    json_time(j, "dueAt", job->due_ms);
    json_time(j, "doneAt", job->done_ms);
    json_object_end(j);
}

void serialize_event(struct json *j, const char *key, const struct room_event *e)
{
    json_object(j, key);
    json_str(j, "type", e->type);
    json_int(j, "meetingId", e->meeting_id);
    json_int(j, "seq", e->seq);
    json_time(j, "at", e->at_ms);
    json_raw(j, "data", e->data);
    json_object_end(j);
}
