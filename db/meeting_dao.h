/* Meetings. */
#ifndef DB_MEETING_DAO_H
#define DB_MEETING_DAO_H

#include <stdbool.h>

#include "db/column.h"
#include "db/db.h"

#define NUMBER_MEETING_SCHEDULED 1
#define NUMBER_MEETING_ONGOING 2
#define NUMBER_MEETING_ENDED 3
#define NUMBER_MEETING_CANCELLED 4
enum meeting_status {
    MEETING_SCHEDULED = NUMBER_MEETING_SCHEDULED,
    MEETING_ONGOING = NUMBER_MEETING_ONGOING,
    MEETING_ENDED = NUMBER_MEETING_ENDED,
    MEETING_CANCELLED = NUMBER_MEETING_CANCELLED
};

/* What becomes of a meeting whose host is gone. */
#define NUMBER_HOST_LOSS_HAND_OVER 1
#define NUMBER_HOST_LOSS_LOCK 2
#define NUMBER_HOST_LOSS_END 3
enum host_loss_policy {
    HOST_LOSS_HAND_OVER = NUMBER_HOST_LOSS_HAND_OVER,
    HOST_LOSS_LOCK = NUMBER_HOST_LOSS_LOCK,
    HOST_LOSS_END = NUMBER_HOST_LOSS_END
};

/* How the media of a meeting go. */
#define NUMBER_MEDIA_MESH 0
#define NUMBER_MEDIA_SFU 1
enum media_mode {
    MEDIA_MESH = NUMBER_MEDIA_MESH, /* everybody is connected with everybody */
    MEDIA_SFU = NUMBER_MEDIA_SFU    /* everybody is connected with a media node, which passes them on */
};

/* What rules look at, and change, while a meeting's row is locked. */
struct meeting_state {
    int64_t id;
#define STATE(kind, member, column) TYPE_##kind member;
#include "db/meeting.def"
    bool look_again; /* not stored: housekeeping is to look at it at once */
};

/* A meeting as it is shown; names are those of the accounts. Its state is in it twice over: each member by its own name
 * (m.status), and the whole of it (m.state). Times are ms since 1970, 0 where there is none. */
struct meeting {
    union {
        struct meeting_state state;
        struct {
            int64_t id;
#define STATE(kind, member, column) TYPE_##kind member;
#include "db/meeting.def"
        };
    };
#define COLUMN(kind, member, column) TYPE_##kind member;
#define STATE(kind, member, column)
#include "db/meeting.def"
};

/* All columns of a struct meeting but the id, for whoever stores it elsewhere. */
extern const struct column meeting_columns[];
extern const int meeting_column_count;

/* The names of enum host_loss_policy, in its order. */
#define HOST_LOSS_POLICIES "hand_over|lock|end"

/* A meeting's place in the order of a list: its value there, a time or the title, and its id, by which equal ones
 * stand. */
struct meeting_place {
    int64_t time_ms;
    const char *title; /* NULL: the order is one of times */
    int64_t id;
};

/* The ways to ask for meetings; what is 0, negative or NULL is not asked for. */
struct meeting_filter {
    int64_t viewer_id; /* who asks: sees public meetings and those that they created or took part in */
    int64_t status;    /* enum meeting_status */
    int64_t creator_id;
    const char *keyword;               /* in title or description, literally */
    int64_t start_from_ms;             /* inclusive */
    int64_t start_to_ms;               /* exclusive */
    int is_private;                    /* has a password: 1 or 0; -1: either */
    int is_recorded;                   /* 1 or 0; -1: either */
    bool only_joined;                  /* the viewer is or was in it */
    bool only_created;                 /* the viewer created it */
    bool everything;                   /* also what the viewer does not see otherwise */
    const char *sort;                  /* one of MEETING_SORTS */
    const struct meeting_place *after; /* the list goes on behind it; NULL: from the beginning */
    int64_t limit;
    int64_t offset; /* 0 with after */
};

struct meeting_page {
    struct meeting *items;
    int count;
    int64_t total;             /* of the whole list, LIMIT_LIST_TOTAL at most; 0 with after */
    bool total_is_lower_bound; /* there are more, or there may be */
    bool has_next;
    struct meeting_place next; /* what the page ends with */
};

/* The accepted orders, separated by "|"; "-" is descending. */
#define MEETING_SORTS "startTime|-startTime|createdAt|-createdAt|title|-title"

/* Inserts all that db/meeting.def does not call READ. ERR_DB_DUPLICATE: the code is taken. */
MUST_CHECK enum err meeting_dao_insert(struct db *db, const struct meeting *meeting, int64_t *id);

/* The meetings that somebody made and that are open or planned. */
MUST_CHECK enum err meeting_dao_count_open(struct db *db, int64_t creator_id, int64_t *count);

/* ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err meeting_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct meeting *out);

/* A meeting as somebody names it. */
struct named_meeting {
    int64_t id;
    bool is_known; /* it is public, or the viewer is its creator, its host, a guest of it, or has a row in it */
};

/* By its code, or where that is NULL by its id. viewer_id 0: nobody who is signed in. ERR_DB_NO_ROW. */
MUST_CHECK enum err meeting_dao_named(struct db *db, int64_t id, const char *code, int64_t viewer_id,
                                      struct named_meeting *out);

/* The newest meetings that show the user's name as their creator's or host's, at most limit. */
MUST_CHECK enum err meeting_dao_showing(struct db *db, struct arena *arena, int64_t user_id, int64_t limit,
                                        int64_t **ids, int *count);

/* One page of meetings (db/meeting_list.c). It may hold less than its limit and still have a next one.
 * ERR_PAGE_TOO_DEEP: the offset is above LIMIT_LIST_OFFSET, and there are so many. */
MUST_CHECK enum err meeting_dao_list(struct db *db, struct arena *arena, const struct meeting_filter *filter,
                                     struct meeting_page *out);

/* For the files of db/ that select meetings: where the names come from, and the row of all columns. */
#define MEETING_NAMES "JOIN users c ON c.id = m.creator_id JOIN users h ON h.id = m.host_id "
void meeting_read_row(struct db_rows *rows, void *out);

/* Writes what is edited and not in the state (EDITED in db/meeting.def). */
MUST_CHECK enum err meeting_dao_update(struct db *db, const struct meeting *meeting, int64_t now_ms);

/* Locks the row until the transaction ends. */
MUST_CHECK enum err meeting_dao_lock(struct db *db, int64_t id, struct meeting_state *out);

/* Writes the state back. */
MUST_CHECK enum err meeting_dao_save(struct db *db, const struct meeting_state *state, int64_t now_ms);

struct join_row; /* db/participant_dao.h */

/* One more participant and one more event, where there is a seat (for whom nothing bars: always) and the meeting is not
 * over: the last step of a join, so that the row is locked as briefly as can be. The first one starts the meeting.
 * barred_by: settings that keep this person out, and with any of them so does a lock for want of the host; needs:
 * settings without which they do. *seq is the event's number. ERR_DB_NO_ROW: full, over, barred (or unknown). */
MUST_CHECK enum err meeting_dao_take_seat(struct db *db, const struct join_row *row, int64_t barred_by, int64_t needs,
                                          int64_t now_ms, int64_t *seq);

/* Meetings that housekeeping should look at and that nobody holds locked, at most limit. */
MUST_CHECK enum err meeting_dao_due(struct db *db, struct arena *arena, int64_t now_ms, int64_t limit, int64_t **ids,
                                    int *count);

/* Has housekeeping look at it at due_ms instead of now_ms or before. */
MUST_CHECK enum err meeting_dao_put_off(struct db *db, int64_t id, int64_t now_ms, int64_t due_ms);

#endif
