/* The product's things as JSON, one function a kind. Replies and room events are written by the same
 * functions, so that they cannot differ. What else an event has stands in service/event.h. */
#ifndef SERVICE_SERIALIZE_H
#define SERVICE_SERIALIZE_H

#include "core/json.h"
#include "db/event_dao.h"
#include "db/job_dao.h"
#include "db/meeting_dao.h"
#include "db/message_dao.h"
#include "db/participant_dao.h"
#include "db/session_dao.h"
#include "db/user_dao.h"
#include "service/context.h"

void serialize_user(struct json *j, const char *key, const struct user *user);
/* An account as administrators see it. */
void serialize_account(struct json *j, const char *key, const struct user *user);
struct deletion; /* service/deletion.h */
void serialize_deletion(struct json *j, const char *key, const struct deletion *deletion);
void serialize_session(struct json *j, const char *key, const struct session *session, int64_t current_id);
void serialize_participant(struct json *j, const char *key, const struct participant *participant);
void serialize_participants(struct json *j, const char *key, const struct participant *items, int count);
/* Those who were removed, and whether their network is kept out. */
void serialize_removed(struct json *j, const char *key, const struct participant *items, int count);
void serialize_message(struct json *j, const char *key, const struct message *message);
void serialize_messages(struct json *j, const char *key, const struct message *items, int count);

/* The members of a meeting, inside an object that the caller opens. The password is shown to the host only. */
void serialize_meeting_members(struct json *j, const struct context *ctx, const struct meeting *meeting);
void serialize_meeting(struct json *j, const char *key, const struct context *ctx, const struct meeting *meeting);

/* What whoever knows its code may see of a meeting. */
void serialize_meeting_brief(struct json *j, const char *key, const struct context *ctx, const struct meeting *meeting);

/* A job as administrators see it: without what it is to do, which may be about people. */
void serialize_job(struct json *j, const char *key, const struct job *job);

/* A room event as clients receive it. */
void serialize_event(struct json *j, const char *key, const struct room_event *event);

#endif
