#include "handlers/room_view.h"

#include "handlers/media_view.h"
#include "service/permission.h"
#include "service/serialize.h"

static enum err write_waiting(struct exchange *x, const struct room_view *v)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_bool(&j, "waiting", true);
    serialize_meeting_brief(&j, "meeting", &x->ctx, &v->meeting);
    serialize_participant(&j, "me", &v->me);
    json_object_end(&j);
    return ERR_OK;
}

enum err room_view_write(struct exchange *x, const struct room_view *v)
{
    if (v->waiting)
        return write_waiting(x, v);
    struct media_access access;
    enum err e = media_access(&x->ctx, &v->meeting, &v->me, &access);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    serialize_meeting(&j, "meeting", &x->ctx, &v->meeting);
    serialize_participant(&j, "me", &v->me);
    permission_serialize(&j, "permissions", v->meeting.settings);
    if (v->resumed) {
        json_bool(&j, "resumed", true);
        json_array(&j, "events");
        for (int i = 0; i < v->event_count; i++)
            serialize_event(&j, NULL, &v->events[i]);
        json_array_end(&j);
    } else {
        serialize_participants(&j, "participants", v->participants, v->participant_count);
        serialize_messages(&j, "messages", v->messages, v->message_count);
        json_int(&j, "lastReadMessageId", v->me.last_read_id);
        json_int(&j, "unreadCount", v->unread_count);
    }
    media_view_write(x, &j, "media", &access);
    json_int(&j, "seq", v->seq);
    json_object_end(&j);
    return ERR_OK;
}

enum err room_view_write_people(struct exchange *x, const struct participant *items, int count, int64_t seq)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    serialize_participants(&j, "items", items, count);
    if (seq >= 0)
        json_int(&j, "seq", seq);
    json_object_end(&j);
    return ERR_OK;
}
