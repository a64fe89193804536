#include "handlers/room_view.h"

#include <string.h>

#include "service/shape.h"

/* "stun:a:3478,stun:b:3478" as RTCIceServer objects */
static void write_ice_servers(struct json *j, struct arena *arena, const char *list)
{
    json_array(j, "iceServers");
    for (size_t len; *list; list += len, list += *list == ',') {
        len = strcspn(list, ",");
        if (len == 0)
            continue;
        json_object(j, NULL);
        json_str(j, "urls", arena_strndup(arena, list, len));
        json_object_end(j);
    }
    json_array_end(j);
}

enum err room_view_write(struct exchange *x, const struct room_view *v)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    shape_meeting(&j, "meeting", &x->call, &v->meeting);
    shape_participant(&j, "me", &v->me);
    if (v->resumed) {
        json_bool(&j, "resumed", true);
        json_array(&j, "events");
        for (int i = 0; i < v->event_count; i++)
            shape_event(&j, NULL, &v->events[i]);
        json_array_end(&j);
    } else {
        shape_participants(&j, "participants", v->participants, v->participant_count);
        shape_messages(&j, "messages", v->messages, v->message_count);
    }
    json_object(&j, "media");
    json_str(&j, "mode", "mesh");
    write_ice_servers(&j, x->call.arena, x->call.app->config->ice_servers);
    json_object_end(&j);
    json_int(&j, "seq", v->seq);
    json_object_end(&j);
    return ERR_OK;
}
