#include "db/media_node_dao.h"

#include "core/limits.h"
#include "db/meeting_dao.h"
#include "db/participant_dao.h"

#define COLUMNS \
    "SELECT n.id, n.name, n.alive_since, n.lease_until, n.is_draining, n.is_drained, n.capacity_pps, n.load_pps, n.version"
#define TAKES_ROOMS "lease_until >= ? AND is_draining = 0 AND is_drained = 0"
/* What a node has left with so many packets a second more, in hundredths of one. */
#define ROOM_LEFT "(" SQL_NUMBER(MEDIA_FULL_PERCENT) " * capacity_pps - 100 * (load_pps + ?))"

static const char SQL_BY_NAME[] = COLUMNS " FROM media_nodes n WHERE n.name = ?";
static const char SQL_INSERT[] =
    "INSERT IGNORE INTO media_nodes (name, alive_since, lease_until, is_draining, capacity_pps, load_pps, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
/* Assignments run from left to right. */
static const char SQL_REPORT[] =
    "UPDATE media_nodes SET alive_since = IF(? OR lease_until < ? OR alive_since > ?, ?, alive_since), "
    "lease_until = ?, is_draining = ?, capacity_pps = ?, load_pps = ?, version = ? WHERE name = ?";
static const char SQL_HAS_LEASE[] = "SELECT COUNT(*) FROM media_nodes WHERE id = ? AND lease_until >= ?";
static const char SQL_HAS_ROOM[] =
    "SELECT EXISTS (SELECT 1 FROM media_nodes WHERE " TAKES_ROOMS " AND " ROOM_LEFT " >= 0)";
static const char SQL_CHOOSE[] =
    "SELECT id FROM media_nodes WHERE " TAKES_ROOMS " AND " ROOM_LEFT " >= 0 ORDER BY " ROOM_LEFT " DESC, id LIMIT 1";
static const char SQL_ADD_LOAD[] = "UPDATE media_nodes SET load_pps = load_pps + ? WHERE id = ? AND " TAKES_ROOMS;
static const char SQL_ROOMS[] = "SELECT id, media_epoch FROM meetings WHERE media_node = ? ORDER BY id LIMIT ?";
static const char SQL_ORPHANS[] =
    "SELECT m.id, n.id FROM media_nodes n JOIN meetings m ON m.media_node = n.id WHERE n.lease_until < ? LIMIT ?";
/* By the index that begins with the status: as many rows as there are people in meetings, not meetings. */
static const char SQL_CROWDED[] =
    "SELECT m.id FROM (SELECT DISTINCT meeting_id FROM participants WHERE status = " SQL_NUMBER(PARTICIPANT_JOINED) ") p JOIN meetings m ON m.id = p.meeting_id WHERE m.media_mode = " SQL_NUMBER(
        MEDIA_MESH) " AND m.status = " SQL_NUMBER(MEETING_ONGOING) " AND (m.participant_count > ? OR m.settings & ? <> 0) ORDER BY m.participant_count DESC LIMIT ?";
static const char SQL_LIST[] =
    COLUMNS ", (SELECT COUNT(*) FROM meetings m WHERE m.media_node = n.id) FROM media_nodes n ORDER BY n.name";
static const char SQL_SET_DRAINED[] = "UPDATE media_nodes SET is_drained = ? WHERE name = ?";
static const char SQL_FORGET[] = "DELETE FROM media_nodes WHERE lease_until < ? AND is_drained = 0 "
                                 "AND NOT EXISTS (SELECT 1 FROM meetings m WHERE m.media_node = media_nodes.id)";

static void read_node(struct db_rows *rows, void *out)
{
    struct media_node *n = out;
    n->id = db_get_int(rows);
    n->name = db_get_text(rows);
    n->alive_since_ms = db_get_time(rows);
    n->lease_until_ms = db_get_time(rows);
    n->is_draining = db_get_int(rows) != 0;
    n->is_drained = db_get_int(rows) != 0;
    n->capacity_pps = db_get_int(rows);
    n->load_pps = db_get_int(rows);
    n->version = db_get_text(rows);
}

/* Looked for first: an INSERT that finds the row there uses up a number each time. */
static enum err insert_missing(struct db *db, struct arena *arena, const struct media_node_report *r, int64_t now_ms,
                               int64_t lease_until_ms)
{
    struct media_node node;
    enum err e = db_select_one(db, arena, SQL_BY_NAME, DB_PARAMS(db_text(r->name)), read_node, &node);
    if (e != ERR_DB_NO_ROW)
        return e;
    return db_execute(db, SQL_INSERT,
                      DB_PARAMS(db_text(r->name), db_time(now_ms), db_time(lease_until_ms), db_int(r->is_draining),
                                db_int(r->capacity_pps), db_int(r->load_pps), db_text(r->version)),
                      NULL);
}

enum err media_node_dao_report(struct db *db, struct arena *arena, const struct media_node_report *r, int64_t now_ms,
                               int64_t lease_until_ms, struct media_node *out)
{
    struct db_param now = db_time(now_ms);
    enum err e = insert_missing(db, arena, r, now_ms, lease_until_ms);
    if (!e)
        e = db_execute(db, SQL_REPORT,
                       DB_PARAMS(db_int(r->starts), now, now, now, db_time(lease_until_ms), db_int(r->is_draining),
                                 db_int(r->capacity_pps), db_int(r->load_pps), db_text(r->version), db_text(r->name)),
                       NULL);
    return e ? e : db_select_one(db, arena, SQL_BY_NAME, DB_PARAMS(db_text(r->name)), read_node, out);
}

enum err media_node_dao_has_lease(struct db *db, int64_t id, int64_t at_ms, bool *has)
{
    int64_t count;
    enum err e = db_select_int(db, SQL_HAS_LEASE, DB_PARAMS(db_int(id), db_time(at_ms)), &count);
    if (!e)
        *has = count > 0;
    return e;
}

enum err media_node_dao_has_room(struct db *db, int64_t now_ms, int64_t pps, bool *has)
{
    int64_t found;
    enum err e = db_select_int(db, SQL_HAS_ROOM, DB_PARAMS(db_time(now_ms), db_int(pps)), &found);
    if (!e)
        *has = found != 0;
    return e;
}

enum err media_node_dao_choose(struct db *db, int64_t now_ms, int64_t pps, int64_t *id)
{
    int64_t best;
    enum err e = db_select_int(db, SQL_CHOOSE, DB_PARAMS(db_time(now_ms), db_int(pps), db_int(pps)), &best);
    if (!e)
        e = media_node_dao_stay(db, best, now_ms, pps);
    if (!e)
        *id = best;
    return e;
}

enum err media_node_dao_stay(struct db *db, int64_t id, int64_t now_ms, int64_t pps)
{
    return db_change_one(db, SQL_ADD_LOAD, DB_PARAMS(db_int(pps), db_int(id), db_time(now_ms)));
}

static void read_room(struct db_rows *rows, void *out)
{
    struct media_room *room = out;
    room->meeting_id = db_get_int(rows);
    room->epoch = db_get_int(rows);
}

enum err media_node_dao_rooms(struct db *db, struct arena *arena, int64_t id, int64_t limit, struct media_room **items,
                              int *count)
{
    return db_select_all(db, arena, SQL_ROOMS, DB_PARAMS(db_int(id), db_int(limit)), read_room, sizeof **items, items,
                         count);
}

static void read_orphan(struct db_rows *rows, void *out)
{
    struct media_orphan *orphan = out;
    orphan->meeting_id = db_get_int(rows);
    orphan->node_id = db_get_int(rows);
}

enum err media_node_dao_orphans(struct db *db, struct arena *arena, int64_t before_ms, int64_t limit,
                                struct media_orphan **items, int *count)
{
    return db_select_all(db, arena, SQL_ORPHANS, DB_PARAMS(db_time(before_ms), db_int(limit)), read_orphan,
                         sizeof **items, items, count);
}

enum err media_node_dao_crowded(struct db *db, struct arena *arena, int64_t mesh_max, int64_t settings, int64_t limit,
                                int64_t **meeting_ids, int *count)
{
    return db_select_all(db, arena, SQL_CROWDED, DB_PARAMS(db_int(mesh_max), db_int(settings), db_int(limit)),
                         db_read_int, sizeof **meeting_ids, meeting_ids, count);
}

static void read_listed(struct db_rows *rows, void *out)
{
    struct media_node *n = out;
    read_node(rows, n);
    n->meetings = db_get_int(rows);
}

enum err media_node_dao_list(struct db *db, struct arena *arena, struct media_node **items, int *count)
{
    return db_select_all(db, arena, SQL_LIST, DB_NO_PARAMS, read_listed, sizeof **items, items, count);
}

enum err media_node_dao_set_drained(struct db *db, const char *name, bool drained)
{
    return db_change_one(db, SQL_SET_DRAINED, DB_PARAMS(db_int(drained), db_text(name)));
}

enum err media_node_dao_forget(struct db *db, int64_t before_ms)
{
    return db_execute(db, SQL_FORGET, DB_PARAMS(db_time(before_ms)), NULL);
}
