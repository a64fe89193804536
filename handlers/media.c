/* The media seat of a meeting, in a join's reply and by GET /api/v1/meetings/{meetingId}/media: a running call asks
 * again before its TURN credentials run out. And /api/v1/media: how media get through firewalls, whatever the meeting.
 */
#include <string.h>

#include "handlers/media_view.h"
#include "handlers/routes.h"

/* The next of "a,b,c"; empty ones are passed over. NULL: there is no further one. */
static const char *next_url(struct arena *arena, const char **list)
{
    *list += strspn(*list, ", ");
    size_t len = strcspn(*list, ", ");
    const char *url = len ? arena_strndup(arena, *list, len) : NULL;
    *list += len;
    return url;
}

static void write_stun(struct json *j, struct arena *arena, const char *list)
{
    for (const char *url; (url = next_url(arena, &list));) {
        json_object(j, NULL);
        json_str(j, "urls", url);
        json_object_end(j);
    }
}

static void write_turn(struct json *j, struct arena *arena, const struct media_access *access)
{
    const char *list = access->turn_urls;
    json_object(j, NULL);
    json_array(j, "urls");
    for (const char *url; (url = next_url(arena, &list));)
        json_str(j, NULL, url);
    json_array_end(j);
    json_str(j, "username", access->turn.username);
    json_str(j, "credential", access->turn.credential);
    json_object_end(j);
}

static void write_ways(struct exchange *x, struct json *j, const struct media_access *access)
{
    json_array(j, "iceServers");
    write_stun(j, x->ctx.arena, access->stun_urls);
    if (*access->turn_urls)
        write_turn(j, x->ctx.arena, access);
    json_array_end(j);
    if (*access->turn_urls) {
        json_int(j, "ttl", access->ttl_s);
        json_time(j, "expiresAt", access->expires_at_ms);
    }
}

void media_view_write(struct exchange *x, struct json *j, const char *key, const struct media_access *access)
{
    json_object(j, key);
    json_str(j, "mode", media_mode_name(access->mode));
    if (access->epoch != NO_EPOCH)
        json_int(j, "epoch", access->epoch);
    write_ways(x, j, access);
    json_object_end(j);
}

static enum err reply(struct exchange *x, const struct media_access *access)
{
    struct json j = response_json(x->res, 200);
    media_view_write(x, &j, NULL, access);
    return ERR_OK;
}

enum err meeting_media_get(struct exchange *x)
{
    int64_t id;
    struct media_access access;
    enum err e = exchange_meeting(x, &id);
    if (!e)
        e = media_access_in(&x->ctx, id, &access);
    return e ? e : reply(x, &access);
}

struct media_query {
    struct in_text purpose;
};

static const struct field media_fields[] = {
    {"for", FIELD_TEXT, offsetof(struct media_query, purpose), OPTIONAL, false, 1, 4, "call|test"},
};

enum err media_get(struct exchange *x)
{
    struct media_access access;
    struct media_query in = {.purpose = {.value = "call"}};
    enum err e = exchange_query(x, media_fields, FIELD_COUNT(media_fields), &in);
    if (!e)
        e = media_access_anywhere(&x->ctx, strcmp(in.purpose.value, "test") == 0, &access);
    return e ? e : reply(x, &access);
}
