/* Media nodes: their heartbeats, which meetings they carry, and which of them takes a further one. */
#ifndef DB_MEDIA_NODE_DAO_H
#define DB_MEDIA_NODE_DAO_H

#include <stdbool.h>

#include "db/db.h"

/* A node gets no meeting that would take it above that part of its capacity: what it carries grows as people come. */
#define NUMBER_MEDIA_FULL_PERCENT 80

/* What a node says of itself. Packets a second are at most LIMIT_MEDIA_PPS. */
struct media_node_report {
    const char *name;
    bool starts; /* its process is new */
    bool is_draining;
    int64_t capacity_pps;
    int64_t load_pps;
    const char *version;
};

struct media_node {
    int64_t id;
    const char *name;
    int64_t alive_since_ms; /* since when its process runs and its lease was renewed without a break */
    int64_t lease_until_ms;
    bool is_draining; /* as it says itself */
    bool is_drained;  /* as an administrator said */
    int64_t capacity_pps;
    int64_t load_pps;
    const char *version;
    int64_t meetings; /* that it carries; by media_node_dao_list alone */
};

/* Notes a report and renews the node's lease. *out is the node after it, in the arena. */
MUST_CHECK enum err media_node_dao_report(struct db *db, struct arena *arena, const struct media_node_report *report,
                                          int64_t now_ms, int64_t lease_until_ms, struct media_node *out);

/* Whether the node's lease had not ended at a time. */
MUST_CHECK enum err media_node_dao_has_lease(struct db *db, int64_t id, int64_t at_ms, bool *has);

/* Whether there is a node that would take a meeting of so many packets a second. */
MUST_CHECK enum err media_node_dao_has_room(struct db *db, int64_t now_ms, int64_t pps, bool *has);

/* The node with the most room for one; its load is greater by that from then on. ERR_DB_NO_ROW: none has room. */
MUST_CHECK enum err media_node_dao_choose(struct db *db, int64_t now_ms, int64_t pps, int64_t *id);

/* The same for one node, full or not. ERR_DB_NO_ROW: it is dead or takes none. */
MUST_CHECK enum err media_node_dao_stay(struct db *db, int64_t id, int64_t now_ms, int64_t pps);

/* A meeting and the epoch of its media. */
struct media_room {
    int64_t meeting_id;
    int64_t epoch;
};

/* The meetings that a node carries, at most limit, by their ids. */
MUST_CHECK enum err media_node_dao_rooms(struct db *db, struct arena *arena, int64_t id, int64_t limit,
                                         struct media_room **items, int *count);

/* A meeting and the node that carries it. */
struct media_orphan {
    int64_t meeting_id;
    int64_t node_id;
};

/* Meetings of nodes whose lease ended before a time, at most limit. */
MUST_CHECK enum err media_node_dao_orphans(struct db *db, struct arena *arena, int64_t before_ms, int64_t limit,
                                           struct media_orphan **items, int *count);

/* Ongoing meetings in mesh that more than mesh_max people are in, or anybody where one of these settings is on, at most
 * limit. */
MUST_CHECK enum err media_node_dao_crowded(struct db *db, struct arena *arena, int64_t mesh_max, int64_t settings,
                                           int64_t limit, int64_t **meeting_ids, int *count);

/* All nodes, by their name. */
MUST_CHECK enum err media_node_dao_list(struct db *db, struct arena *arena, struct media_node **items, int *count);

/* ERR_DB_NO_ROW: there is no such node, or it is so already. */
MUST_CHECK enum err media_node_dao_set_drained(struct db *db, const char *name, bool drained);

/* Forgets nodes whose lease ended before a time, but those that carry a meeting and those that were drained. */
MUST_CHECK enum err media_node_dao_forget(struct db *db, int64_t before_ms);

#endif
