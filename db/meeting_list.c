/* Lists of meetings, at the cost of a page however many meetings there are.
 *
 * What somebody sees is put together of ranges that have nothing in common. Each is a stretch of one index that ends
 * with the column of the wanted order, so the server reads it from where the page begins and stops when the page is
 * full:
 *
 *   all that is public, or not          (is_public, …)
 *   all of one kind                     (kind, …): status, password, recording and publicity are one number, so that
 * any choice among them is a few of these ranges what one person made                (creator_id, is_public, …) what
 * the viewer took part in        found by their rows of participants, and sorted
 *
 * What no index tells (a keyword; a date in an order that is not that of the start; the kind of what one person made)
 * is looked for along the same ranges, in LIMIT_LIST_SCANNED meetings at most. Where such a look ends before the page
 * is full, its end is where the next page goes on, and the total is only what was found so far. */
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "db/meeting_dao.h"
#include "db/participant_dao.h"

static const char SQL_COLUMNS[] = "SELECT m.id"
#define COLUMN(kind, member, column) ", m." column
#define READ(kind, member, column) ", " column
#include "db/meeting.def"
    ;

/* ---- the order ---- */

struct order {
    const char *name, *column, *index; /* index: how the names of all that end with the column end */
    bool descending;
};

static const struct order orders[] = {
    {"-startTime", "m.start_time", "start", true},
    {"startTime", "m.start_time", "start", false},
    {"-createdAt", "m.created_at", "created", true},
    {"createdAt", "m.created_at", "created", false},
    {"-title", "m.title", "title", true},
    {"title", "m.title", "title", false},
};

static const struct order *order_of(const struct meeting_filter *f)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].name, f->sort) == 0)
            return &orders[i];
    return &orders[0];
}

static struct meeting_place place_of(const struct order *order, const struct meeting *m)
{
    struct meeting_place p = {.id = m->id};
    if (order->index[0] == 't')
        p.title = m->title;
    else
        p.time_ms = order->index[0] == 's' ? m->start_time_ms : m->created_at_ms;
    return p;
}

/* ---- the ranges ---- */

enum family { OF_PUBLICITY, OF_KIND, OF_CREATOR, TOOK_PART };

struct range {
    enum family family;
    int64_t value;     /* is_public, the kind, or the creator; of what the viewer took part in a creator, or 0 */
    int64_t is_public; /* of OF_CREATOR */
    bool only_private; /* of TOOK_PART: and made by others, since the rest is in other ranges */
};

enum {
    RANGES = 20,      /* 16 kinds, and what one made and took part in */
    RANGE_PARAMS = 14 /* values of one range at most */
};

struct list {
    const struct meeting_filter *filter;
    const struct order *order;
    const char *pattern; /* of the keyword */
    struct range ranges[RANGES];
    int count;
    bool together; /* who counts needs no order: all kinds are one range, the first one */
    bool has_end;  /* the look ended here */
    struct meeting_place end;
};

/* As the generated column meetings.kind. */
static int64_t kind_of(int64_t status, bool is_private, bool is_recorded, bool is_public)
{
    return status * 8 + is_private * 4 + is_recorded * 2 + is_public;
}

static bool asks_for_kind(const struct meeting_filter *f)
{
    return f->status || f->is_private >= 0 || f->is_recorded >= 0;
}

static void add_range(struct list *l, struct range range) { l->ranges[l->count++] = range; }

static void add_kinds(struct list *l, bool is_public)
{
    const struct meeting_filter *f = l->filter;
    if (!asks_for_kind(f)) {
        add_range(l, (struct range){OF_PUBLICITY, .value = is_public});
        return;
    }
    for (int64_t status = MEETING_SCHEDULED; status <= MEETING_CANCELLED; status++)
        for (int bits = 0; bits < 4; bits++)
            if ((!f->status || f->status == status) && (f->is_private < 0 || f->is_private == bits >> 1) &&
                (f->is_recorded < 0 || f->is_recorded == (bits & 1)))
                add_range(l, (struct range){OF_KIND, .value = kind_of(status, bits >> 1, bits & 1, is_public)});
}

static void add_ranges(struct list *l)
{
    const struct meeting_filter *f = l->filter;
    int64_t creator = f->only_created ? f->viewer_id : f->creator_id;
    if (f->only_created && f->creator_id && f->creator_id != f->viewer_id)
        return; /* nobody's */
    if (f->only_joined) {
        add_range(l, (struct range){TOOK_PART, .value = creator});
        return;
    }
    if (!creator) {
        add_kinds(l, true);
        if (f->everything) {
            add_kinds(l, false);
            return;
        }
        add_range(l, (struct range){OF_CREATOR, .value = f->viewer_id});
    } else {
        add_range(l, (struct range){OF_CREATOR, .value = creator, .is_public = 1});
        if (f->everything || creator == f->viewer_id) {
            add_range(l, (struct range){OF_CREATOR, .value = creator});
            return;
        }
    }
    add_range(l, (struct range){TOOK_PART, .value = creator, .only_private = true});
}

/* Whether the index alone does not tell which meetings of the range are wanted. */
static bool is_scanned(const struct list *l, const struct range *r)
{
    const struct meeting_filter *f = l->filter;
    bool by_start = strcmp(l->order->index, "start") == 0;
    if (r->family == TOOK_PART)
        return false;
    return f->keyword || (!by_start && (f->start_from_ms || f->start_to_ms)) ||
           (r->family == OF_CREATOR && asks_for_kind(f));
}

/* ---- their SQL: constant pieces and values, grown together ---- */

struct query {
    struct buf sql;
    struct db_param params[DB_MAX_PARAMS];
    int count;
};

static void value(struct query *q, struct db_param param) { q->params[q->count++] = param; }

static void condition(struct query *q, const char *piece, struct db_param param)
{
    buf_printf(&q->sql, " AND %s", piece);
    value(q, param);
}

#define IS_IN "v.status = " SQL_NUMBER(PARTICIPANT_JOINED)
#define HAS_LEFT "v.status = " SQL_NUMBER(PARTICIPANT_LEFT)

static void add_kind_values(struct query *q, const struct list *l, const struct range *first)
{
    for (const struct range *r = first + 1; l->together && r < l->ranges + l->count && r->family == OF_KIND; r++) {
        buf_puts(&q->sql, ", ?");
        value(q, db_int(r->value));
    }
    buf_putc(&q->sql, ')');
}

static void add_source(struct query *q, const struct list *l, const struct range *r)
{
    static const struct {
        const char *index, *where;
    } families[] = {[OF_PUBLICITY] = {"", "m.is_public = ?"},
                    [OF_KIND] = {"kind_", "m.kind IN (?"},
                    [OF_CREATOR] = {"creator_", "m.creator_id = ? AND m.is_public = ?"}};
    if (r->family != TOOK_PART) {
        buf_printf(&q->sql, "meetings m FORCE INDEX (meetings_%s%s) WHERE %s", families[r->family].index,
                   l->order->index, families[r->family].where);
        value(q, db_int(r->value));
        if (r->family == OF_CREATOR)
            value(q, db_int(r->is_public));
        if (r->family == OF_KIND)
            add_kind_values(q, l, r);
        return;
    }
    buf_puts(&q->sql, "participants v FORCE INDEX (participants_user) STRAIGHT_JOIN meetings m ON m.id = v.meeting_id "
                      "WHERE v.user_id = ? AND (" IS_IN " OR (" HAS_LEFT " AND v.left_at IS NOT NULL))");
    value(q, db_int(l->filter->viewer_id));
    if (r->value)
        condition(q, "m.creator_id = ?", db_int(r->value));
    if (r->only_private)
        condition(q, "m.is_public = 0 AND m.creator_id <> ?", db_int(l->filter->viewer_id));
}

static void add_filter(struct query *q, const struct list *l, const struct range *r)
{
    const struct meeting_filter *f = l->filter;
    if (f->start_from_ms)
        condition(q, "m.start_time >= ?", db_time(f->start_from_ms));
    if (f->start_to_ms)
        condition(q, "m.start_time < ?", db_time(f->start_to_ms));
    if (f->keyword) {
        condition(q, "(m.title LIKE ? ESCAPE '!'", db_text(l->pattern));
        buf_puts(&q->sql, " OR m.description LIKE ? ESCAPE '!')");
        value(q, db_text(l->pattern));
    }
    if (r->family == OF_KIND)
        return;
    if (f->status)
        condition(q, "m.status = ?", db_int(f->status));
    if (f->is_private >= 0)
        buf_puts(&q->sql, f->is_private ? " AND m.password_box IS NOT NULL" : " AND m.password_box IS NULL");
    if (f->is_recorded >= 0)
        condition(q, "m.is_recorded = ?", db_int(f->is_recorded));
}

static struct db_param key_of(const struct meeting_place *p)
{
    return p->title ? db_text(p->title) : db_time(p->time_ms);
}

/* Behind a place in the order, or up to it. Two alternatives, since the server finds their ends in the index; it does
 * not where pairs are compared. */
static void add_bound(struct query *q, const struct list *l, const struct meeting_place *p, bool behind)
{
    const char *than = behind == l->order->descending ? "<" : ">", *column = l->order->column;
    buf_printf(&q->sql, " AND (%s %s ? OR (%s = ? AND m.id %s%s ?))", column, than, column, than, behind ? "" : "=");
    value(q, key_of(p));
    value(q, key_of(p));
    value(q, db_int(p->id));
}

static void add_range_sql(struct query *q, const struct list *l, const struct range *r, const char *columns)
{
    buf_printf(&q->sql, "(SELECT %s FROM ", columns);
    add_source(q, l, r);
    add_filter(q, l, r);
    if (l->has_end)
        add_bound(q, l, &l->end, false);
}

static void add_order(struct query *q, const struct list *l)
{
    const char *down = l->order->descending ? " DESC" : "";
    buf_printf(&q->sql, " ORDER BY %s%s, m.id%s", l->order->column, down, down);
}

static const char *between(int i) { return i ? " UNION ALL " : ""; }

/* ---- the statements ---- */

static void read_place(struct db_rows *rows, void *out)
{
    struct meeting_place *p = out;
    p->time_ms = db_get_time(rows);
    p->title = db_get_text(rows);
    p->id = db_get_int(rows);
}

/* Where the look at what no index tells ends: of the ranges' last meetings that may be looked at the first one. */
static enum err find_end(struct db *db, struct arena *arena, struct list *l)
{
    struct query q = {0};
    bool by_title = strcmp(l->order->index, "title") == 0;
    int scanned = 0, done = 0;
    for (int i = 0; i < l->count; i++)
        scanned += is_scanned(l, &l->ranges[i]);
    if (!scanned)
        return ERR_OK;
    buf_puts(&q.sql, by_title ? "SELECT CAST(NULL AS DATETIME), k, id FROM (" : "SELECT k, NULL, id FROM (");
    for (int i = 0; i < l->count; i++) {
        if (!is_scanned(l, &l->ranges[i]))
            continue;
        buf_printf(&q.sql, "%s(SELECT %s AS k, m.id FROM ", between(done++), l->order->column);
        add_source(&q, l, &l->ranges[i]);
        if (l->filter->after)
            add_bound(&q, l, l->filter->after, true);
        add_order(&q, l);
        buf_puts(&q.sql, " LIMIT 1 OFFSET ?)");
        value(&q, db_int(LIMIT_LIST_SCANNED / scanned));
    }
    const char *down = l->order->descending ? " DESC" : "";
    buf_printf(&q.sql, ") ends ORDER BY k%s, id%s LIMIT 1", down, down);
    enum err e =
        q.sql.failed ? ERR_INTERNAL : db_select_one(db, arena, q.sql.data, q.params, q.count, read_place, &l->end);
    buf_free(&q.sql);
    l->has_end = !e;
    return e == ERR_DB_NO_ROW ? ERR_OK : e;
}

static bool counts_with_another(const struct list *l, int i)
{
    return i > 0 && l->ranges[i].family == OF_KIND && l->ranges[i - 1].family == OF_KIND;
}

static enum err count_list(struct db *db, struct list *l, struct meeting_page *out)
{
    struct query q = {0};
    l->together = true;
    int64_t n = 0;
    buf_puts(&q.sql, "SELECT CAST(SUM(n) AS SIGNED) FROM (");
    for (int i = 0; i < l->count; i++) {
        if (counts_with_another(l, i))
            continue;
        buf_printf(&q.sql, "%sSELECT COUNT(*) AS n FROM ", between(i));
        add_range_sql(&q, l, &l->ranges[i], "1");
        buf_puts(&q.sql, " LIMIT ?) c");
        value(&q, db_int(LIMIT_LIST_TOTAL + 1));
    }
    buf_puts(&q.sql, ") counted");
    l->together = false;
    enum err e = q.sql.failed ? ERR_INTERNAL : db_select_int(db, q.sql.data, q.params, q.count, &n);
    buf_free(&q.sql);
    if (e)
        return e;
    out->total = n > LIMIT_LIST_TOTAL ? LIMIT_LIST_TOTAL : n;
    out->total_is_lower_bound = n > LIMIT_LIST_TOTAL || l->has_end;
    return ERR_OK;
}

/* Ids first: of each range as many as the page could take from it alone, and one more, which tells that there are more.
 */
static enum err read_page(struct db *db, struct arena *arena, const struct list *l, struct meeting_page *out)
{
    struct query q = {0};
    const struct meeting_filter *f = l->filter;
    char columns[40];
    const char *down = l->order->descending ? " DESC" : "";
    snprintf(columns, sizeof columns, "m.id, %s AS k", l->order->column);
    buf_printf(&q.sql, "%s FROM (", SQL_COLUMNS);
    for (int i = 0; i < l->count; i++) {
        buf_puts(&q.sql, between(i));
        add_range_sql(&q, l, &l->ranges[i], columns);
        if (f->after)
            add_bound(&q, l, f->after, true);
        add_order(&q, l);
        buf_puts(&q.sql, " LIMIT ?)");
        value(&q, db_int(f->offset + f->limit + 1));
    }
    buf_printf(&q.sql,
               " ORDER BY k%s, id%s LIMIT ? OFFSET ?) page STRAIGHT_JOIN meetings m ON m.id = page.id " MEETING_NAMES,
               down, down);
    value(&q, db_int(f->limit + 1));
    value(&q, db_int(f->offset));
    add_order(&q, l);
    enum err e = q.sql.failed ? ERR_INTERNAL
                              : db_select_all(db, arena, q.sql.data, q.params, q.count, meeting_read_row,
                                              sizeof *out->items, &out->items, &out->count);
    buf_free(&q.sql);
    return e;
}

static void find_next(const struct list *l, struct meeting_page *out)
{
    int64_t limit = l->filter->limit;
    out->has_next = out->count > limit || l->has_end;
    if (out->count > limit) {
        out->count = (int)limit;
        out->next = place_of(l->order, &out->items[limit - 1]);
    } else if (l->has_end) {
        out->next = l->end;
    }
}

enum err meeting_dao_list(struct db *db, struct arena *arena, const struct meeting_filter *f, struct meeting_page *out)
{
    struct list l = {.filter = f, .order = order_of(f)};
    struct meeting_page page = {0};
    if (f->keyword)
        l.pattern = db_like_pattern(arena, f->keyword);
    add_ranges(&l);
    enum err e = l.count ? find_end(db, arena, &l) : ERR_OK;
    if (!e && l.count && !f->after)
        e = count_list(db, &l, &page);
    bool beyond = !f->after && f->offset >= page.total && !page.total_is_lower_bound;
    if (!e && l.count && !beyond) {
        e = f->offset > LIMIT_LIST_OFFSET ? ERR_PAGE_TOO_DEEP : read_page(db, arena, &l, &page);
        if (!e)
            find_next(&l, &page);
    }
    if (!e)
        *out = page;
    return e;
}
