/* The one table of routes. */
#ifndef HANDLERS_ROUTES_H
#define HANDLERS_ROUTES_H

#include "http/router.h"

extern const struct route routes[];
extern const int route_count;

/* The handlers, by resource: auth.c, users.c, meetings.c, participants.c, messages.c, media.c,
 * moderation.c (and the lobby), invites.c (and guests), records.c, rooms.c (joining by WebSocket), relay.c (what relays
 * ask), media_node.c (what media nodes ask), relay_stats.c, admin.c, jobs.c, health.c, metrics.c.
 *
 * A name ends with the method where REST calls it. One that serves a client message alone is ws_ and the message's
 * type. */
enum err auth_register_post(struct exchange *x);
enum err auth_login_post(struct exchange *x);
enum err auth_refresh_post(struct exchange *x);
enum err auth_logout_post(struct exchange *x);
enum err users_me_get(struct exchange *x);
enum err users_me_patch(struct exchange *x);
enum err users_me_delete(struct exchange *x);
enum err users_me_keep_post(struct exchange *x);
enum err users_me_password_post(struct exchange *x);
enum err users_me_sessions_get(struct exchange *x);
enum err users_me_session_delete(struct exchange *x);
enum err meetings_post(struct exchange *x);
enum err meetings_get(struct exchange *x);
enum err meeting_get(struct exchange *x);
enum err meeting_patch(struct exchange *x);
enum err meeting_delete(struct exchange *x);
enum err meeting_join_post(struct exchange *x);
enum err meeting_leave_post(struct exchange *x);
enum err meeting_end_post(struct exchange *x);
enum err meeting_host_post(struct exchange *x);
enum err participants_get(struct exchange *x);
enum err participant_get(struct exchange *x);
enum err participant_patch(struct exchange *x);
enum err participant_delete(struct exchange *x);
enum err participant_ask_unmute_post(struct exchange *x);
enum err mute_all_post(struct exchange *x);
enum err hands_lower_post(struct exchange *x);
enum err removed_get(struct exchange *x);
enum err removed_delete(struct exchange *x);
enum err lobby_get(struct exchange *x);
enum err lobby_admit_post(struct exchange *x);
enum err lobby_refuse_post(struct exchange *x);
enum err lobby_return_post(struct exchange *x);
enum err guests_get(struct exchange *x);
enum err guests_post(struct exchange *x);
enum err invites_get(struct exchange *x);
enum err invites_post(struct exchange *x);
enum err invite_delete(struct exchange *x);
enum err attendance_get(struct exchange *x);
enum err statistics_get(struct exchange *x);
enum err audit_get(struct exchange *x);
enum err transcript_get(struct exchange *x);
enum err messages_read_post(struct exchange *x);
enum err messages_get(struct exchange *x);
enum err messages_post(struct exchange *x);
enum err message_patch(struct exchange *x);
enum err message_delete(struct exchange *x);
enum err ws_message_edit(struct exchange *x);
enum err ws_message_delete(struct exchange *x);
enum err media_get(struct exchange *x);
enum err meeting_media_get(struct exchange *x);
enum err events_get(struct exchange *x);
enum err ws_join_room(struct exchange *x);
enum err ws_leave_room(struct exchange *x);
enum err ws_media_control(struct exchange *x);
enum err ws_raise_hand(struct exchange *x);
enum err ws_lower_hand(struct exchange *x);
enum err ws_rename(struct exchange *x);
enum err ws_set_role(struct exchange *x);
enum err ws_ask_unmute(struct exchange *x);
enum err ws_remove_participant(struct exchange *x);
enum err ws_lift_ban(struct exchange *x);
enum err ws_unknown_type(struct exchange *x);
enum err relay_events_get(struct exchange *x);
enum err relay_connections_post(struct exchange *x);
enum err relay_sync_post(struct exchange *x);
enum err node_sync_post(struct exchange *x);
enum err node_members_get(struct exchange *x);
enum err healthz_get(struct exchange *x);
enum err readyz_get(struct exchange *x);
enum err metrics_get(struct exchange *x);
enum err relay_stats_get(struct exchange *x);
enum err admin_users_get(struct exchange *x);
enum err admin_user_patch(struct exchange *x);
enum err admin_user_delete(struct exchange *x);
enum err admin_hold_get(struct exchange *x);
enum err admin_hold_put(struct exchange *x);
enum err admin_hold_delete(struct exchange *x);
enum err admin_user_keep_post(struct exchange *x);
enum err admin_meetings_get(struct exchange *x);
enum err admin_jobs_get(struct exchange *x);
enum err admin_job_repeat_post(struct exchange *x);
enum err admin_job_delete(struct exchange *x);

#endif
