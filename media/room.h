/* A meeting's media on this node, for one epoch: who is in it and may be heard and seen (as the room's log says), what
 * they send and what they receive (as their pages ask). It knows no rule: it does what the log says, and refuses what
 * cannot be. */
#ifndef MEDIA_ROOM_H
#define MEDIA_ROOM_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/random.h"
#include "media/janus.h"

struct room;

/* What somebody's flags in the meeting are. Gates follow them. */
struct room_flags {
    bool audio, video, screen;
};

/* `failed` is never called from within a function of this module. */
struct room_hooks {
    /* a signal for the page of this user (0: for all), as a JSON object; it must not call this module */
    void (*say)(void *data, int64_t user_id, const char *json, size_t len);
    /* Janus refused the room: it is to be freed */
    void (*failed)(void *data);
};

struct room_options {
    const char *admin_key; /* of the VideoRoom plugin */
    struct rates *rates;
    int64_t max_kbits; /* in a second, of a camera with its microphone; a shared screen may send a quarter more */
};

/* Makes the room at Janus, which must be up. options and hooks must outlive it. NULL when memory runs out. */
struct room *room_new(struct ev_loop *loop, struct janus *janus, const struct room_options *options,
                      struct random *random, int64_t meeting_id, int64_t epoch, const struct room_hooks *hooks,
                      void *data);

/* Ends the room and all that is in it. */
void room_free(struct room **room);

/* Somebody is in the meeting with these flags, or has others now. */
void room_set_member(struct room *room, int64_t user_id, struct room_flags flags);

/* They are out: what they sent and received ends. */
void room_remove_member(struct room *room, int64_t user_id);

struct room_seat {
    int64_t user_id;
    struct room_flags flags;
};

/* These are in the meeting and nobody else. */
void room_set_members(struct room *room, const struct room_seat *seats, size_t count);

/* Every microphone is off. */
void room_mute(struct room *room);

/* What they sent and received ends; their page is told, and may make it anew. */
void room_drop_connections(struct room *room, int64_t user_id);

/* The connection by which they are in the meeting broke. Media go on, for they are likely to come back. */
void room_set_away(struct room *room, int64_t user_id);

/* Another connection has their seat. Where the former one had broken that is most likely the same page, and its media
 * go on; else it is another page, and those of the former one end. */
void room_seat_taken(struct room *room, int64_t user_id);

/* About how many packets a second Janus sends for it. */
int64_t room_load_pps(const struct room *room);

/* A media_signal of a member's page (docs/protocol.md): a JSON object that skim_check has passed. What cannot be is
 * answered with kind "refused". Signals of who is no member are ignored. */
void room_signal(struct room *room, int64_t user_id, const char *json, size_t len);

#endif
