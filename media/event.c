#include "media/event.h"

#include "core/limits.h"
#include "core/skim.h"

static bool members(struct slice object, const char *const names[], struct slice values[], int count)
{
    return object.at && skim_members(object, names, values, count);
}

static bool read_flag(struct slice value, bool *flag)
{
    *flag = value.len == 4 && value.at[0] == 't';
    return value.at && (value.at[0] == 't' || value.at[0] == 'f');
}

/* "userId", "audio", "video" and "screen" of an object. */
static bool read_member(struct slice object, struct media_event *e)
{
    static const char *const names[] = {"userId", "audio", "video", "screen"};
    struct slice value[4];
    e->kind = MEDIA_EVENT_MEMBER;
    return members(object, names, value, 4) && skim_int(value[0], &e->user_id) &&
           read_flag(value[1], &e->flags.audio) && read_flag(value[2], &e->flags.video) &&
           read_flag(value[3], &e->flags.screen);
}

static bool read_joined(struct slice data, struct media_event *e)
{
    static const char *const names[] = {"participant"};
    struct slice participant;
    return members(data, names, &participant, 1) && read_member(participant, e);
}

static bool read_user(struct slice data, struct media_event *e)
{
    static const char *const names[] = {"userId"};
    struct slice user;
    return members(data, names, &user, 1) && skim_int(user, &e->user_id);
}

static bool read_left(struct slice data, struct media_event *e)
{
    e->kind = MEDIA_EVENT_LEFT;
    return read_user(data, e);
}

/* Who comes back by the same connection, or comes to a seat that had none, changes nothing. */
static bool read_presence(struct slice data, struct media_event *e)
{
    static const char *const names[] = {"online"};
    struct slice value;
    bool online;
    if (!members(data, names, &value, 1) || !read_flag(value, &online))
        return false;
    e->kind = online ? MEDIA_EVENT_TAKEN : MEDIA_EVENT_AWAY;
    return read_user(data, e);
}

static bool read_muted(struct slice data, struct media_event *e)
{
    (void)data;
    e->kind = MEDIA_EVENT_MUTED;
    return true;
}

static bool read_moved(struct slice data, struct media_event *e)
{
    static const char *const names[] = {"mode", "epoch"};
    struct slice value[2];
    e->kind = MEDIA_EVENT_MOVED;
    if (!members(data, names, value, 2) || !skim_int(value[1], &e->epoch))
        return false;
    e->over_server = skim_is(value[0], "sfu");
    return true;
}

static bool read_ended(struct slice data, struct media_event *e)
{
    (void)data;
    e->kind = MEDIA_EVENT_ENDED;
    return true;
}

static const struct {
    const char *type;
    bool (*read)(struct slice data, struct media_event *e);
} events[] = {
    {"user_joined", read_joined},   {"user_left", read_left},  {"presence_changed", read_presence},
    {"media_changed", read_member}, {"all_muted", read_muted}, {"media_moved", read_moved},
    {"meeting_ended", read_ended},
};

enum { EVENTS = sizeof events / sizeof *events };

struct media_event media_event_read(const char *frame, size_t len)
{
    static const char *const names[] = {"type", "data"};
    const struct media_event unreadable = {.kind = MEDIA_EVENT_LOOK};
    struct media_event e = {0};
    struct slice value[2];
    if (!skim_check(frame, len, LIMIT_JSON_DEPTH + 4) || !members((struct slice){frame, len}, names, value, 2))
        return unreadable;
    for (int i = 0; i < EVENTS; i++)
        if (skim_is(value[0], events[i].type))
            return events[i].read(value[1], &e) ? e : unreadable;
    return e;
}

enum media_event_kind media_event_of(const struct media_event *e, const struct effect *effect)
{
    bool by_name = effect->kind == EFFECT_CONNECTION;
    if (e->kind == MEDIA_EVENT_AWAY && by_name)
        return MEDIA_EVENT_CLOSED;
    if (e->kind == MEDIA_EVENT_TAKEN && !by_name)
        return MEDIA_EVENT_NONE;
    return e->kind;
}
