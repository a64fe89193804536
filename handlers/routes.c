#include "handlers/routes.h"

#include "core/scoreboard.h"
#include "service/rate.h"

#define API "/api/v1"
#define ROOM "/internal/meetings/:meetingId/"

/* clang-format off */
const struct route routes[] = {
    {"POST", API "/auth/register", ACCESS_ANYBODY, RATE_NONE, auth_register_post},
    {"POST", API "/auth/login", ACCESS_ANYBODY, RATE_NONE, auth_login_post},
    {"POST", API "/auth/refresh", ACCESS_ANYBODY, RATE_NONE, auth_refresh_post},
    {"POST", API "/auth/logout", ACCESS_ANYBODY, RATE_NONE, auth_logout_post},

    {"GET", API "/users/me", ACCESS_USER, RATE_READ, users_me_get},
    {"PATCH", API "/users/me", ACCESS_USER, RATE_WRITE, users_me_patch},
    {"DELETE", API "/users/me", ACCESS_USER, RATE_WRITE, users_me_delete},
    {"POST", API "/users/me/keep", ACCESS_USER, RATE_WRITE, users_me_keep_post},
    {"POST", API "/users/me/password", ACCESS_USER, RATE_WRITE, users_me_password_post},
    {"GET", API "/users/me/sessions", ACCESS_USER, RATE_READ, users_me_sessions_get},
    {"DELETE", API "/users/me/sessions/:sessionId", ACCESS_USER, RATE_WRITE, users_me_session_delete},

    {"POST", API "/meetings", ACCESS_USER, RATE_WRITE, meetings_post},
    {"GET", API "/meetings", ACCESS_USER, RATE_READ, meetings_get},
    {"GET", API "/meetings/:meetingId", ACCESS_MEMBER, RATE_READ, meeting_get},
    {"PATCH", API "/meetings/:meetingId", ACCESS_MEMBER, RATE_WRITE, meeting_patch},
    {"DELETE", API "/meetings/:meetingId", ACCESS_MEMBER, RATE_WRITE, meeting_delete},
    {"POST", API "/meetings/:meetingId/join", ACCESS_MEMBER, RATE_WRITE, meeting_join_post},
    {"POST", API "/meetings/:meetingId/leave", ACCESS_MEMBER, RATE_NONE, meeting_leave_post},
    {"POST", API "/meetings/:meetingId/end", ACCESS_MEMBER, RATE_WRITE, meeting_end_post},
    {"POST", API "/meetings/:meetingId/host", ACCESS_MEMBER, RATE_WRITE, meeting_host_post},
    {"GET", API "/meetings/:meetingId/participants", ACCESS_MEMBER, RATE_READ, participants_get},
    {"GET", API "/meetings/:meetingId/participants/:userId", ACCESS_MEMBER, RATE_READ, participant_get},
    {"PATCH", API "/meetings/:meetingId/participants/:userId", ACCESS_MEMBER, RATE_WRITE, participant_patch},
    {"DELETE", API "/meetings/:meetingId/participants/:userId", ACCESS_MEMBER, RATE_WRITE, participant_delete},
    {"POST", API "/meetings/:meetingId/participants/:userId/ask-unmute", ACCESS_MEMBER, RATE_WRITE, participant_ask_unmute_post},
    {"POST", API "/meetings/:meetingId/mute-all", ACCESS_MEMBER, RATE_WRITE, mute_all_post},
    {"POST", API "/meetings/:meetingId/lower-hands", ACCESS_MEMBER, RATE_WRITE, hands_lower_post},
    {"GET", API "/meetings/:meetingId/removed", ACCESS_MEMBER, RATE_READ, removed_get},
    {"DELETE", API "/meetings/:meetingId/removed/:userId", ACCESS_MEMBER, RATE_WRITE, removed_delete},
    {"GET", API "/meetings/:meetingId/lobby", ACCESS_MEMBER, RATE_READ, lobby_get},
    {"POST", API "/meetings/:meetingId/lobby/admit", ACCESS_MEMBER, RATE_WRITE, lobby_admit_post},
    {"POST", API "/meetings/:meetingId/lobby/refuse", ACCESS_MEMBER, RATE_WRITE, lobby_refuse_post},
    {"POST", API "/meetings/:meetingId/lobby/return", ACCESS_MEMBER, RATE_WRITE, lobby_return_post},
    {"POST", API "/meetings/:meetingId/guests", ACCESS_ANYBODY, RATE_NONE, guests_post},
    {"GET", API "/meetings/:meetingId/invites", ACCESS_MEMBER, RATE_READ, invites_get},
    {"POST", API "/meetings/:meetingId/invites", ACCESS_MEMBER, RATE_WRITE, invites_post},
    {"DELETE", API "/meetings/:meetingId/invites/:inviteId", ACCESS_MEMBER, RATE_WRITE, invite_delete},
    {"GET", API "/meetings/:meetingId/attendance", ACCESS_MEMBER, RATE_READ, attendance_get},
    {"GET", API "/meetings/:meetingId/statistics", ACCESS_MEMBER, RATE_READ, statistics_get},
    {"GET", API "/meetings/:meetingId/audit", ACCESS_MEMBER, RATE_READ, audit_get},
    {"GET", API "/meetings/:meetingId/transcript", ACCESS_MEMBER, RATE_READ, transcript_get},
    {"GET", API "/meetings/:meetingId/messages", ACCESS_MEMBER, RATE_READ, messages_get},
    {"POST", API "/meetings/:meetingId/messages", ACCESS_MEMBER, RATE_CHAT, messages_post},
    {"POST", API "/meetings/:meetingId/read", ACCESS_MEMBER, RATE_WRITE, messages_read_post},
    {"PATCH", API "/meetings/:meetingId/messages/:messageId", ACCESS_MEMBER, RATE_CHAT, message_patch},
    {"DELETE", API "/meetings/:meetingId/messages/:messageId", ACCESS_MEMBER, RATE_WRITE, message_delete},
    {"GET", API "/meetings/:meetingId/events", ACCESS_MEMBER, RATE_READ, events_get},
    {"GET", API "/meetings/:meetingId/media", ACCESS_MEMBER, RATE_READ, meeting_media_get},

    {"GET", API "/media", ACCESS_MEMBER, RATE_READ, media_get},
    {"GET", API "/ws/stats", ACCESS_ADMIN, RATE_READ, relay_stats_get},
    {"GET", API "/admin/users", ACCESS_ADMIN, RATE_READ, admin_users_get},
    {"PATCH", API "/admin/users/:userId", ACCESS_ADMIN, RATE_WRITE, admin_user_patch},
    {"DELETE", API "/admin/users/:userId", ACCESS_ADMIN, RATE_WRITE, admin_user_delete},
    {"POST", API "/admin/users/:userId/keep", ACCESS_ADMIN, RATE_WRITE, admin_user_keep_post},
    {"GET", API "/admin/meetings", ACCESS_ADMIN, RATE_READ, admin_meetings_get},
    {"GET", API "/admin/meetings/:meetingId/hold", ACCESS_ADMIN, RATE_READ, admin_hold_get},
    {"PUT", API "/admin/meetings/:meetingId/hold", ACCESS_ADMIN, RATE_WRITE, admin_hold_put},
    {"DELETE", API "/admin/meetings/:meetingId/hold", ACCESS_ADMIN, RATE_WRITE, admin_hold_delete},
    {"GET", API "/admin/jobs", ACCESS_ADMIN, RATE_READ, admin_jobs_get},
    {"POST", API "/admin/jobs/:jobId/repeat", ACCESS_ADMIN, RATE_WRITE, admin_job_repeat_post},
    {"DELETE", API "/admin/jobs/:jobId", ACCESS_ADMIN, RATE_WRITE, admin_job_delete},

    {"GET", "/healthz", ACCESS_ANYBODY, RATE_NONE, healthz_get},
    {"GET", "/readyz", ACCESS_ANYBODY, RATE_NONE, readyz_get},
    {"GET", "/metrics", ACCESS_ANYBODY, RATE_NONE, metrics_get},

    /* for relays: client messages by their type, then what relays and media nodes ask for themselves */
    {"POST", ROOM "join_room", ACCESS_RELAY_USER, RATE_WRITE, ws_join_room},
    {"POST", ROOM "leave_room", ACCESS_RELAY_USER, RATE_NONE, ws_leave_room},
    {"POST", ROOM "chat_message", ACCESS_RELAY_USER, RATE_CHAT, messages_post},
    {"POST", ROOM "message_edit", ACCESS_RELAY_USER, RATE_CHAT, ws_message_edit},
    {"POST", ROOM "message_delete", ACCESS_RELAY_USER, RATE_WRITE, ws_message_delete},
    {"POST", ROOM "media_control", ACCESS_RELAY_USER, RATE_WRITE, ws_media_control},
    {"POST", ROOM "raise_hand", ACCESS_RELAY_USER, RATE_WRITE, ws_raise_hand},
    {"POST", ROOM "lower_hand", ACCESS_RELAY_USER, RATE_WRITE, ws_lower_hand},
    {"POST", ROOM "rename", ACCESS_RELAY_USER, RATE_WRITE, ws_rename},
    {"POST", ROOM "set_role", ACCESS_RELAY_USER, RATE_WRITE, ws_set_role},
    {"POST", ROOM "set_host", ACCESS_RELAY_USER, RATE_WRITE, meeting_host_post},
    {"POST", ROOM "mark_read", ACCESS_RELAY_USER, RATE_WRITE, messages_read_post},
    {"POST", ROOM "mute_all", ACCESS_RELAY_USER, RATE_WRITE, mute_all_post},
    {"POST", ROOM "ask_unmute", ACCESS_RELAY_USER, RATE_WRITE, ws_ask_unmute},
    {"POST", ROOM "lower_all_hands", ACCESS_RELAY_USER, RATE_WRITE, hands_lower_post},
    {"POST", ROOM "remove_participant", ACCESS_RELAY_USER, RATE_WRITE, ws_remove_participant},
    {"POST", ROOM "lift_ban", ACCESS_RELAY_USER, RATE_WRITE, ws_lift_ban},
    {"POST", ROOM "lobby_admit", ACCESS_RELAY_USER, RATE_WRITE, lobby_admit_post},
    {"POST", ROOM "lobby_refuse", ACCESS_RELAY_USER, RATE_WRITE, lobby_refuse_post},
    {"POST", ROOM "lobby_return", ACCESS_RELAY_USER, RATE_WRITE, lobby_return_post},
    {"POST", ROOM "meeting_update", ACCESS_RELAY_USER, RATE_WRITE, meeting_patch},
    {"POST", ROOM "end_meeting", ACCESS_RELAY_USER, RATE_WRITE, meeting_end_post},
    {"GET", ROOM "media", ACCESS_FOLLOWER, RATE_NONE, node_members_get},
    {"GET", ROOM "events", ACCESS_FOLLOWER, RATE_NONE, relay_events_get},
    {"POST", ROOM ":type", ACCESS_RELAY_USER, RATE_WRITE, ws_unknown_type},
    {"POST", "/internal/connections", ACCESS_RELAY, RATE_NONE, relay_connections_post},
    {"POST", "/internal/sync", ACCESS_RELAY, RATE_NONE, relay_sync_post},
    {"POST", "/internal/media/sync", ACCESS_FOLLOWER, RATE_NONE, node_sync_post},
};
/* clang-format on */

const int route_count = sizeof routes / sizeof *routes;

_Static_assert(sizeof routes / sizeof *routes < SCORE_ROUTES, "the scoreboard has a row for each route");
