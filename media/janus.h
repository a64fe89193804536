/* Janus as its node sees it: one session over one WebSocket on a unix socket (ws_unix of janus.transport.websockets),
 * with handles of the VideoRoom plugin in it. Requests and events are those of Janus's documentation ("Janus API",
 * "VideoRoom").
 *
 * Two rules keep Janus alive, and no caller can break them: one request of a handle is in flight at a time, the next
 * one is sent after its answer; and a handle is detached only after that. (Janus 1.1.2 dies where a handle is detached
 * while it works on a join, and may work on two requests of one handle in the wrong order.)
 *
 * A Janus that does not answer in time is hung. Its connection is given up like that of one that died. */
#ifndef MEDIA_JANUS_H
#define MEDIA_JANUS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/random.h"
#include "core/skim.h"

struct janus;
struct janus_handle;

enum janus_loss {
    JANUS_ENDED,  /* the connection ended, or none could be made */
    JANUS_HUNG,   /* an answer did not come in time: the process had better be killed */
    JANUS_STRANGE /* what came makes no sense, or memory ran out */
};

/* None is called from within a function of this module.
 */
struct janus_hooks {
    /* a new session stands: there are no handles and no rooms in it. version is Janus's number, 1.1.2 as 1001002 */
    void (*up)(void *data, int version);
    /* the session is lost; before this every request that waited was answered with ERR_UNAVAILABLE. A new connection is
     * tried for ever. Handles of the lost session answer nothing any more and are still to be given back with
     * janus_detach */
    void (*down)(void *data, enum janus_loss why);
};

struct janus_options {
    const char *socket_path;
    const char *api_secret;
    int64_t answer_ms; /* an answer that takes longer means a hung Janus */
    int64_t retry_ms;  /* between two tries to connect */
};

/* Connects at once and for ever. options, hooks and random must outlive it. NULL when memory runs out. */
struct janus *janus_new(struct ev_loop *loop, const struct janus_options *options, struct random *random,
                        const struct janus_hooks *hooks, void *data);

/* Closes the connection. All handles must have been given back before; no hook and no answer comes any more. */
void janus_free(struct janus **janus);

/* What Janus answered. Valid while the callback runs. */
struct janus_reply {
    enum err err;      /* ERR_OK; ERR_UNAVAILABLE: the session is lost; ERR_BAD_REQUEST: Janus refused, see code */
    int code;          /* of Janus or of the plugin, where it refused */
    struct slice data; /* the plugin's data, an object; .at is NULL where there is none */
    const char *sdp;   /* jsep.sdp; NULL where there is none */
};

typedef void janus_fn(void *data, const struct janus_reply *reply);

/* What comes by itself on a handle: "event" (of the plugin, in data), "webrtcup", "media", "slowlink", "hangup",
 * "detached". */
struct janus_event {
    const char *name;
    struct slice body; /* the whole message */
    struct slice data; /* the plugin's data, an object; .at is NULL where there is none */
    const char *sdp;   /* jsep.sdp; NULL where there is none */
};

typedef void janus_event_fn(void *data, const struct janus_event *event);

/* A new VideoRoom handle. opaque_id (letters, digits, '.', '-') stands in Janus's own lists. Requests may be sent at
 * once: they wait until Janus has it. NULL when there is no session or no memory. */
struct janus_handle *janus_attach(struct janus *janus, const char *opaque_id, janus_event_fn *fn, void *data);

/* Sends a request to the plugin when its turn comes. body is JSON; all is copied. jsep_type ("offer", "answer") and sdp
 * may be NULL. The callback runs exactly once, never from within this function, unless the handle is detached before;
 * NULL: nobody waits for the answer. False, and no callback, when there is no session or no memory. */
bool janus_send(struct janus_handle *handle, const char *body, const char *jsep_type, const char *sdp, janus_fn *fn,
                void *data);

/* The numbers by which Janus's admin API knows the handle. False where Janus does not have it. */
bool janus_handle_ids(const struct janus_handle *handle, int64_t *session, int64_t *id);

/* Gives a handle back: nothing is called for it any more. Requests that were not sent are dropped, except those whose
 * answer nobody waits for. Janus hears of the end after the answer to the last one. Clears the pointer; NULL is fine.
 */
void janus_detach(struct janus_handle **handle);

#endif
