#include "db/participant_dao.h"

/* A status, asked for or set. */
#define JOINED "status = " SQL_NUMBER(PARTICIPANT_JOINED)
#define LEFT "status = " SQL_NUMBER(PARTICIPANT_LEFT)
#define REMOVED "status = " SQL_NUMBER(PARTICIPANT_REMOVED)
#define NOT_REMOVED "status <> " SQL_NUMBER(PARTICIPANT_REMOVED)
#define WAITING "status = " SQL_NUMBER(PARTICIPANT_WAITING)
#define PRESENT "status IN (" SQL_NUMBER(PARTICIPANT_JOINED) ", " SQL_NUMBER(PARTICIPANT_WAITING) ")"

#define IS_COHOST "role = " SQL_NUMBER(ROLE_COHOST)
#define PARTICIPANT SQL_NUMBER(ROLE_PARTICIPANT)
#define IS_PARTICIPANT "role = " PARTICIPANT
#define ROLE_OR_HOST "IF(m.host_id = p.user_id, " SQL_NUMBER(ROLE_HOST) ", p.role)"

#define ALL_OF_IT "9223372036854775807" /* up to the last event or message there will be */
/* Those who run the meeting read all of it. */
#define UNTIL(column) "IF(p." IS_COHOST " OR p.user_id IN (m.host_id, m.creator_id), " ALL_OF_IT ", p." column ")"
#define UNTIL_SEQ UNTIL("until_seq")
#define UNTIL_MESSAGE UNTIL("until_message_id")
#define PARTICIPANT_COLUMNS \
    "SELECT p.meeting_id, p.user_id, p.display_name, " ROLE_OR_HOST \
    ", p.status, p.is_guest, p.audio, p.video, p.screen, " \
    "p.hand_raised_at, p.joined_at, p.left_at, p.connection, p.offline_at, p.invite_id, p.last_read_id, " UNTIL_SEQ \
    ", " UNTIL_MESSAGE ", p.seat_name, p.address, p.is_held, p.bans_network, p.session_id " \
    "FROM participants p JOIN meetings m ON m.id = p.meeting_id "

static const char SQL_FIND[] = PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? AND p.user_id = ?";
static const char SQL_LIST[] =
    PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? AND p." JOINED " ORDER BY p.joined_at, p.user_id";
static const char SQL_LIST_ALL[] = PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? ORDER BY p.joined_at, p.user_id";
static const char SQL_LIST_STATUS[] =
    PARTICIPANT_COLUMNS "WHERE p.meeting_id = ? AND p.status = ? ORDER BY p.joined_at, p.user_id LIMIT ?";
static const char SQL_LIST_UNHELD[] = PARTICIPANT_COLUMNS
    "WHERE p.meeting_id = ? AND p." WAITING " AND p.is_held = 0 AND (? OR p.is_guest = 0 OR p.invite_id IS NOT NULL) "
    "ORDER BY p.joined_at, p.user_id LIMIT ?";
static const char SQL_INSERT[] =
    "INSERT INTO participants (meeting_id, user_id, display_name, role, status, is_guest, address, invite_id, joined_at, "
    "relay, connection, seat_name, session_id, is_held) SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM users "
    "WHERE id = ? AND disabled_at IS NULL LOCK IN SHARE MODE";
#define READS_ALL "until_seq = " ALL_OF_IT ", until_message_id = " ALL_OF_IT
#define READS_UNTIL_NOW \
    "until_seq = ?, until_message_id = (SELECT COALESCE(MAX(id), 0) FROM messages WHERE meeting_id = ?)"
#define NO_MEDIA "audio = 0, video = 0, screen = 0, hand_raised_at = NULL"
static const char SQL_REJOIN[] =
    "UPDATE participants SET display_name = ?, role = ?, status = ?, " NO_MEDIA ", address = ?, invite_id = ?, "
    "joined_at = ?, left_at = IF(" JOINED ", NULL, left_at), until_seq = IF(" JOINED ", " ALL_OF_IT ", until_seq), "
    "until_message_id = IF(" JOINED ", " ALL_OF_IT
    ", until_message_id), relay = ?, connection = ?, seat_name = ?, session_id = ?, is_held = ?, "
    "offline_at = NULL WHERE meeting_id = ? AND user_id = ? AND " LEFT " AND (? IS NULL OR seat_name = ?)";
static const char SQL_ADMIT[] =
    "UPDATE participants SET " JOINED ", is_held = 0, joined_at = ?, left_at = NULL, " READS_ALL
    " WHERE meeting_id = ? AND user_id = ? AND " WAITING;
static const char SQL_SEND_BACK[] =
    "UPDATE participants SET " WAITING ", " NO_MEDIA ", joined_at = ?, left_at = ?, " READS_UNTIL_NOW
    " WHERE meeting_id = ? AND user_id = ? AND " JOINED;
static const char SQL_TAKE_OVER[] =
    "UPDATE participants SET relay = ?, connection = ?, seat_name = ?, session_id = ?, address = ?, offline_at = NULL "
    "WHERE meeting_id = ? AND user_id = ? AND " PRESENT;
static const char SQL_OFFLINE[] =
    "UPDATE participants SET offline_at = ? "
    "WHERE meeting_id = ? AND user_id = ? AND connection = ? AND " PRESENT " AND offline_at IS NULL";
/* Assignments are made from left to right: left_at looks at the status before, role at the one after. */
#define END_STAY \
    "left_at = IF(" JOINED ", ?, left_at), " NO_MEDIA \
    ", relay = NULL, connection = NULL, session_id = NULL, offline_at = NULL, "
static const char SQL_END_STAY[] =
    "UPDATE participants SET until_seq = IF(" JOINED ", ?, until_seq), until_message_id = IF(" JOINED ", "
    "(SELECT COALESCE(MAX(id), 0) FROM messages WHERE meeting_id = ?), until_message_id), seat_name = IF(?, seat_name, NULL), " END_STAY
    "status = ?, role = IF(" REMOVED ", " PARTICIPANT ", role) "
    "WHERE meeting_id = ? AND user_id = ? AND " PRESENT;
static const char SQL_BAN[] = "UPDATE participants SET " REMOVED ", " IS_PARTICIPANT
                              ", seat_name = NULL WHERE meeting_id = ? AND user_id = ? AND " LEFT;
static const char SQL_LIFT_BAN[] =
    "UPDATE participants SET " LEFT ", bans_network = 0 WHERE meeting_id = ? AND user_id = ? AND " REMOVED;
static const char SQL_BAN_NETWORK[] =
    "UPDATE participants SET bans_network = 1 WHERE meeting_id = ? AND user_id = ? AND " REMOVED
    " AND bans_network = 0";
static const char SQL_NETWORK_BANNED[] = "SELECT COUNT(*) FROM participants WHERE meeting_id = ? AND " REMOVED
                                         " AND bans_network = 1 AND address = ? AND address <> ''";
static const char SQL_HOLD[] = "UPDATE participants SET is_held = 1 WHERE meeting_id = ? AND user_id = ? AND " WAITING;
/* who was let in before has their word */
static const char SQL_HOLD_NETWORK[] =
    "UPDATE participants SET is_held = 1 WHERE meeting_id = ? AND address = ? AND " WAITING " AND left_at IS NULL";
static const char SQL_RELEASE_NETWORK[] =
    "UPDATE participants SET is_held = 0 WHERE meeting_id = ? AND address = ? AND " WAITING " AND is_held = 1";
static const char SQL_END_ALL[] = "UPDATE participants SET " END_STAY LEFT " WHERE meeting_id = ? AND " PRESENT;
static const char SQL_MEETINGS_OF[] =
    "SELECT meeting_id FROM participants WHERE user_id = ? AND meeting_id > ? AND " PRESENT
    " ORDER BY meeting_id LIMIT ?";
static const char SQL_MEETINGS_OF_SESSION[] =
    "SELECT meeting_id FROM participants WHERE user_id = ? AND session_id = ? AND " PRESENT
    " AND connection IS NOT NULL AND offline_at IS NULL ORDER BY meeting_id LIMIT ?";
static const char SQL_IS_SEATED[] = "SELECT EXISTS (SELECT 1 FROM participants WHERE user_id = ? AND " JOINED ")";
static const char SQL_HEIR[] = "SELECT user_id FROM participants WHERE meeting_id = ? AND " JOINED
                               " AND is_guest = 0 ORDER BY role, joined_at, user_id LIMIT 1";
static const char SQL_ROW_ROLE[] = "SELECT role FROM participants WHERE meeting_id = ? AND user_id = ?";
static const char SQL_ROLE[] = "UPDATE participants SET role = ? WHERE meeting_id = ? AND user_id = ?";
static const char SQL_MEDIA[] =
    "UPDATE participants SET audio = ?, video = ?, screen = ? WHERE meeting_id = ? AND user_id = ? AND " JOINED;
static const char SQL_HAND[] =
    "UPDATE participants SET hand_raised_at = ? WHERE meeting_id = ? AND user_id = ? AND " JOINED;
static const char SQL_MUTE_ALL[] =
    "UPDATE participants SET audio = 0 WHERE meeting_id = ? AND " JOINED " AND " IS_PARTICIPANT " AND user_id <> ?";
static const char SQL_LOWER_HANDS[] =
    "UPDATE participants SET hand_raised_at = NULL WHERE meeting_id = ? AND " JOINED " AND hand_raised_at IS NOT NULL";
static const char SQL_RENAME[] = "UPDATE participants SET display_name = ? WHERE meeting_id = ? AND user_id = ?";
static const char SQL_INVITE[] = "UPDATE participants SET invite_id = ? WHERE meeting_id = ? AND user_id = ?";
static const char SQL_READ[] =
    "UPDATE participants SET last_read_id = GREATEST(last_read_id, ?) WHERE meeting_id = ? AND user_id = ?";
static const char SQL_COHOSTS[] = "SELECT user_id FROM participants WHERE meeting_id = ? AND " IS_COHOST
                                  " AND " NOT_REMOVED " ORDER BY " JOINED " DESC, user_id";
static const char SQL_UNCONNECTED[] =
    "SELECT p.meeting_id, p.user_id, p.connection, p.relay, 0 FROM participants p JOIN meetings m ON m.id = p.meeting_id "
    "WHERE p." PRESENT " AND p.relay IS NULL AND p.joined_at <= ? ORDER BY RAND() LIMIT ? FOR UPDATE SKIP LOCKED";
static const char SQL_ORPHANS[] =
    "SELECT p.meeting_id, p.user_id, p.connection, p.relay, dead.known FROM participants p "
    "JOIN (SELECT d.relay, r.id IS NOT NULL AS known FROM (SELECT DISTINCT relay FROM participants WHERE relay IS NOT NULL) d "
    "LEFT JOIN relays r ON r.id = d.relay WHERE r.id IS NULL OR r.lease_until < ?) dead ON dead.relay = p.relay "
    "WHERE p." PRESENT " LIMIT ?";

static void read_row(struct db_rows *rows, void *out)
{
    struct participant *p = out;
    p->meeting_id = db_get_int(rows);
    p->user_id = db_get_int(rows);
    p->display_name = db_get_text(rows);
    p->role = db_get_int(rows);
    p->status = db_get_int(rows);
    p->is_guest = db_get_int(rows) != 0;
    p->audio = db_get_int(rows) != 0;
    p->video = db_get_int(rows) != 0;
    p->screen = db_get_int(rows) != 0;
    p->hand_raised_at_ms = db_get_time(rows);
    p->joined_at_ms = db_get_time(rows);
    p->left_at_ms = db_get_time(rows);
    p->connection = db_get_text(rows);
    p->offline_at_ms = db_get_time(rows);
    p->invite_id = db_get_int(rows);
    p->last_read_id = db_get_int(rows);
    p->until_seq = db_get_int(rows);
    p->until_message = db_get_int(rows);
    p->seat_name = db_get_text(rows);
    p->address = db_get_text(rows);
    p->is_held = db_get_int(rows) != 0;
    p->bans_network = db_get_int(rows) != 0;
    p->session_id = db_get_int(rows);
}

enum err participant_dao_find(struct db *db, struct arena *arena, int64_t meeting_id, int64_t user_id,
                              struct participant *out)
{
    return db_select_one(db, arena, SQL_FIND, DB_PARAMS(db_int(meeting_id), db_int(user_id)), read_row, out);
}

enum err participant_dao_list(struct db *db, struct arena *arena, int64_t meeting_id, bool all,
                              struct participant **items, int *count)
{
    return db_select_all(db, arena, all ? SQL_LIST_ALL : SQL_LIST, DB_PARAMS(db_int(meeting_id)), read_row,
                         sizeof **items, items, count);
}

enum err participant_dao_list_status(struct db *db, struct arena *arena, int64_t meeting_id,
                                     enum participant_status status, int64_t limit, struct participant **items,
                                     int *count)
{
    return db_select_all(db, arena, SQL_LIST_STATUS, DB_PARAMS(db_int(meeting_id), db_int(status), db_int(limit)),
                         read_row, sizeof **items, items, count);
}

enum err participant_dao_list_unheld(struct db *db, struct arena *arena, int64_t meeting_id, bool guests_too,
                                     int64_t limit, struct participant **items, int *count)
{
    return db_select_all(db, arena, SQL_LIST_UNHELD, DB_PARAMS(db_int(meeting_id), db_int(guests_too), db_int(limit)),
                         read_row, sizeof **items, items, count);
}

static struct db_param id_param(int64_t id) { return id ? db_int(id) : db_null(); }

enum err participant_dao_insert(struct db *db, const struct join_row *a, int64_t now_ms)
{
    return db_change_one(db, SQL_INSERT,
                         DB_PARAMS(db_int(a->meeting_id), db_text(a->display_name), db_int(a->role), db_int(a->status),
                                   db_int(a->is_guest), db_text(a->address), id_param(a->invite_id), db_time(now_ms),
                                   db_text(a->seat.relay), db_text(a->seat.connection), db_text(a->seat.name),
                                   id_param(a->seat.session_id), db_int(a->is_held), db_int(a->user_id)));
}

enum err participant_dao_rejoin(struct db *db, const struct join_row *a, int64_t now_ms)
{
    return db_change_one(db, SQL_REJOIN,
                         DB_PARAMS(db_text(a->display_name), db_int(a->role), db_int(a->status), db_text(a->address),
                                   id_param(a->invite_id), db_time(now_ms), db_text(a->seat.relay),
                                   db_text(a->seat.connection), db_text(a->seat.name), id_param(a->seat.session_id),
                                   db_int(a->is_held), db_int(a->meeting_id), db_int(a->user_id), db_text(a->resumed),
                                   db_text(a->resumed)));
}

enum err participant_dao_admit(struct db *db, int64_t meeting_id, int64_t user_id, int64_t now_ms)
{
    return db_change_one(db, SQL_ADMIT, DB_PARAMS(db_time(now_ms), db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_send_back(struct db *db, int64_t meeting_id, int64_t user_id, int64_t seq, int64_t now_ms)
{
    return db_change_one(db, SQL_SEND_BACK,
                         DB_PARAMS(db_time(now_ms), db_time(now_ms), db_int(seq), db_int(meeting_id),
                                   db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_take_over(struct db *db, int64_t meeting_id, int64_t user_id, struct conn_ref seat,
                                   const char *address)
{
    return db_execute(db, SQL_TAKE_OVER,
                      DB_PARAMS(db_text(seat.relay), db_text(seat.connection), db_text(seat.name),
                                id_param(seat.session_id), db_text(address), db_int(meeting_id), db_int(user_id)),
                      NULL);
}

enum err participant_dao_set_offline(struct db *db, int64_t meeting_id, int64_t user_id, const char *connection,
                                     int64_t now_ms)
{
    return db_change_one(db, SQL_OFFLINE,
                         DB_PARAMS(db_time(now_ms), db_int(meeting_id), db_int(user_id), db_text(connection)));
}

enum err participant_dao_end_stay(struct db *db, const struct departure *d, int64_t now_ms)
{
    return db_change_one(db, SQL_END_STAY,
                         DB_PARAMS(db_int(d->seq), db_int(d->meeting_id), db_int(d->keep_name), db_time(now_ms),
                                   db_int(d->status), db_int(d->meeting_id), db_int(d->user_id)));
}

enum err participant_dao_ban(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_change_one(db, SQL_BAN, DB_PARAMS(db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_lift_ban(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_change_one(db, SQL_LIFT_BAN, DB_PARAMS(db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_ban_network(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_change_one(db, SQL_BAN_NETWORK, DB_PARAMS(db_int(meeting_id), db_int(user_id)));
}

enum err participant_dao_network_banned(struct db *db, int64_t meeting_id, const char *address, bool *banned)
{
    int64_t n;
    enum err e = db_select_int(db, SQL_NETWORK_BANNED, DB_PARAMS(db_int(meeting_id), db_text(address)), &n);
    if (!e)
        *banned = n > 0;
    return e;
}

enum err participant_dao_hold(struct db *db, int64_t meeting_id, int64_t user_id)
{
    return db_execute(db, SQL_HOLD, DB_PARAMS(db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_hold_network(struct db *db, int64_t meeting_id, const char *address)
{
    return db_execute(db, SQL_HOLD_NETWORK, DB_PARAMS(db_int(meeting_id), db_text(address)), NULL);
}

enum err participant_dao_release_network(struct db *db, int64_t meeting_id, const char *address)
{
    return db_execute(db, SQL_RELEASE_NETWORK, DB_PARAMS(db_int(meeting_id), db_text(address)), NULL);
}

enum err participant_dao_end_all(struct db *db, int64_t meeting_id, int64_t now_ms)
{
    return db_execute(db, SQL_END_ALL, DB_PARAMS(db_time(now_ms), db_int(meeting_id)), NULL);
}

enum err participant_dao_meetings_of(struct db *db, struct arena *arena, int64_t user_id, int64_t after_id,
                                     int64_t limit, int64_t **meeting_ids, int *count)
{
    return db_select_all(db, arena, SQL_MEETINGS_OF, DB_PARAMS(db_int(user_id), db_int(after_id), db_int(limit)),
                         db_read_int, sizeof **meeting_ids, meeting_ids, count);
}

enum err participant_dao_meetings_of_session(struct db *db, struct arena *arena, int64_t user_id, int64_t session_id,
                                             int64_t limit, int64_t **meeting_ids, int *count)
{
    return db_select_all(db, arena, SQL_MEETINGS_OF_SESSION,
                         DB_PARAMS(db_int(user_id), db_int(session_id), db_int(limit)), db_read_int,
                         sizeof **meeting_ids, meeting_ids, count);
}

enum err participant_dao_is_seated(struct db *db, int64_t user_id, bool *seated)
{
    int64_t n;
    enum err e = db_select_int(db, SQL_IS_SEATED, DB_PARAMS(db_int(user_id)), &n);
    if (!e)
        *seated = n != 0;
    return e;
}

enum err participant_dao_heir(struct db *db, int64_t meeting_id, int64_t *user_id)
{
    return db_select_int(db, SQL_HEIR, DB_PARAMS(db_int(meeting_id)), user_id);
}

enum err participant_dao_row_role(struct db *db, int64_t meeting_id, int64_t user_id, int64_t *role)
{
    return db_select_int(db, SQL_ROW_ROLE, DB_PARAMS(db_int(meeting_id), db_int(user_id)), role);
}

enum err participant_dao_set_role(struct db *db, int64_t meeting_id, int64_t user_id, enum participant_role role)
{
    return db_execute(db, SQL_ROLE, DB_PARAMS(db_int(role), db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_set_media(struct db *db, int64_t meeting_id, int64_t user_id, bool audio, bool video,
                                   bool screen)
{
    return db_execute(db, SQL_MEDIA,
                      DB_PARAMS(db_int(audio), db_int(video), db_int(screen), db_int(meeting_id), db_int(user_id)),
                      NULL);
}

enum err participant_dao_mute_all(struct db *db, int64_t meeting_id, int64_t host_id)
{
    return db_execute(db, SQL_MUTE_ALL, DB_PARAMS(db_int(meeting_id), db_int(host_id)), NULL);
}

enum err participant_dao_lower_hands(struct db *db, int64_t meeting_id, int64_t *count)
{
    struct db_result result;
    enum err e = db_execute(db, SQL_LOWER_HANDS, DB_PARAMS(db_int(meeting_id)), &result);
    if (!e)
        *count = result.affected;
    return e;
}

enum err participant_dao_rename(struct db *db, int64_t meeting_id, int64_t user_id, const char *display_name)
{
    return db_execute(db, SQL_RENAME, DB_PARAMS(db_text(display_name), db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_set_invite(struct db *db, int64_t meeting_id, int64_t user_id, int64_t invite_id)
{
    return db_execute(db, SQL_INVITE, DB_PARAMS(db_int(invite_id), db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_set_read(struct db *db, int64_t meeting_id, int64_t user_id, int64_t message_id)
{
    return db_execute(db, SQL_READ, DB_PARAMS(db_int(message_id), db_int(meeting_id), db_int(user_id)), NULL);
}

enum err participant_dao_cohosts(struct db *db, struct arena *arena, int64_t meeting_id, int64_t **user_ids, int *count)
{
    return db_select_all(db, arena, SQL_COHOSTS, DB_PARAMS(db_int(meeting_id)), db_read_int, sizeof **user_ids,
                         user_ids, count);
}

enum err participant_dao_set_hand(struct db *db, int64_t meeting_id, int64_t user_id, int64_t raised_at_ms)
{
    return db_execute(db, SQL_HAND, DB_PARAMS(db_time(raised_at_ms), db_int(meeting_id), db_int(user_id)), NULL);
}

static void read_orphan(struct db_rows *rows, void *out)
{
    struct orphan *o = out;
    o->meeting_id = db_get_int(rows);
    o->user_id = db_get_int(rows);
    o->connection = db_get_text(rows);
    o->relay = db_get_text(rows);
    o->known = db_get_int(rows) != 0;
}

enum err participant_dao_orphans(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit,
                                 struct orphan **items, int *count)
{
    return db_select_all(db, arena, SQL_ORPHANS, DB_PARAMS(db_time(now_ms), db_int(limit)), read_orphan, sizeof **items,
                         items, count);
}

enum err participant_dao_unconnected(struct db *db, struct arena *arena, int64_t before_ms, int64_t limit,
                                     struct orphan **items, int *count)
{
    return db_select_all(db, arena, SQL_UNCONNECTED, DB_PARAMS(db_time(before_ms), db_int(limit)), read_orphan,
                         sizeof **items, items, count);
}
