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
    {"POST", API "/users/me/password", ACCESS_USER, RATE_WRITE, users_me_password_post},
    {"GET", API "/users/me/sessions", ACCESS_USER, RATE_READ, users_me_sessions_get},
    {"DELETE", API "/users/me/sessions/:sessionId", ACCESS_USER, RATE_WRITE, users_me_session_delete},

    {"POST", API "/meetings", ACCESS_USER, RATE_WRITE, meetings_post},
    {"GET", API "/meetings", ACCESS_USER, RATE_READ, meetings_get},
    {"GET", API "/meetings/:meetingId", ACCESS_USER, RATE_READ, meeting_get},
    {"PATCH", API "/meetings/:meetingId", ACCESS_USER, RATE_WRITE, meeting_patch},
    {"DELETE", API "/meetings/:meetingId", ACCESS_USER, RATE_WRITE, meeting_delete},
    {"POST", API "/meetings/:meetingId/join", ACCESS_USER, RATE_WRITE, meeting_join_post},
    {"POST", API "/meetings/:meetingId/leave", ACCESS_USER, RATE_NONE, meeting_leave_post},
    {"POST", API "/meetings/:meetingId/end", ACCESS_USER, RATE_WRITE, meeting_end_post},
    {"POST", API "/meetings/:meetingId/host", ACCESS_USER, RATE_WRITE, meeting_host_post},
    {"GET", API "/meetings/:meetingId/participants", ACCESS_USER, RATE_READ, participants_get},
    {"PATCH", API "/meetings/:meetingId/participants/:userId", ACCESS_USER, RATE_WRITE, participant_patch},
    {"DELETE", API "/meetings/:meetingId/participants/:userId", ACCESS_USER, RATE_WRITE, participant_delete},
    {"GET", API "/meetings/:meetingId/messages", ACCESS_USER, RATE_READ, messages_get},
    {"POST", API "/meetings/:meetingId/messages", ACCESS_USER, RATE_WRITE, messages_post},
    {"PATCH", API "/meetings/:meetingId/messages/:messageId", ACCESS_USER, RATE_WRITE, message_patch},
    {"DELETE", API "/meetings/:meetingId/messages/:messageId", ACCESS_USER, RATE_WRITE, message_delete},
    {"GET", API "/meetings/:meetingId/events", ACCESS_USER, RATE_READ, events_get},

    {"GET", API "/media", ACCESS_USER, RATE_READ, media_get},
    {"GET", API "/ws/stats", ACCESS_USER, RATE_READ, ws_stats_get},

    {"GET", "/healthz", ACCESS_ANYBODY, RATE_NONE, healthz_get},
    {"GET", "/readyz", ACCESS_ANYBODY, RATE_NONE, readyz_get},
    {"GET", "/metrics", ACCESS_ANYBODY, RATE_NONE, metrics_get},

    /* for relays: client messages by their type, then what relays ask for themselves */
    {"POST", ROOM "join_room", ACCESS_RELAY_USER, RATE_WRITE, room_join},
    {"POST", ROOM "leave_room", ACCESS_RELAY_USER, RATE_NONE, room_leave},
    {"POST", ROOM "chat_message", ACCESS_RELAY_USER, RATE_WRITE, messages_post},
    {"POST", ROOM "message_edit", ACCESS_RELAY_USER, RATE_WRITE, room_message_edit},
    {"POST", ROOM "message_delete", ACCESS_RELAY_USER, RATE_WRITE, room_message_delete},
    {"POST", ROOM "media_control", ACCESS_RELAY_USER, RATE_WRITE, room_media_control},
    {"POST", ROOM "raise_hand", ACCESS_RELAY_USER, RATE_WRITE, room_raise_hand},
    {"POST", ROOM "lower_hand", ACCESS_RELAY_USER, RATE_WRITE, room_lower_hand},
    {"GET", ROOM "events", ACCESS_RELAY, RATE_NONE, room_events_get},
    {"POST", ROOM ":type", ACCESS_RELAY_USER, RATE_WRITE, room_unknown_type},
    {"POST", "/internal/connections", ACCESS_RELAY, RATE_NONE, relay_connections_post},
    {"POST", "/internal/sync", ACCESS_RELAY, RATE_NONE, relay_sync_post},
};
/* clang-format on */

const int route_count = sizeof routes / sizeof *routes;

_Static_assert(sizeof routes / sizeof *routes < SCORE_ROUTES, "the scoreboard has a row for each route");
