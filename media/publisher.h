/* One connection over which somebody sends: microphone and camera, or a shared screen with its sound. Janus forwards
 * none of its lines whose gate is shut. The gates stand as the room's log says before the page gets the answer that
 * makes it send at all. */
#ifndef MEDIA_PUBLISHER_H
#define MEDIA_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "media/janus.h"
#include "media/rates.h"
#include "media/sdp.h"
#include "media/slots.h"

enum publisher_kind { PUBLISHER_CAMERA, PUBLISHER_SCREEN, PUBLISHER_KINDS };

/* A VideoRoom of Janus's, as publishers and viewers need it. */
struct janus_room {
    struct janus *janus;
    struct rates *rates;
    int64_t caps[PUBLISHER_KINDS]; /* bits in a second that are asked of a publisher */
    char name[48];
    char secret[33];
    char dummy[32]; /* the feed that sends nothing: it stands in the slots of nobody */
};

struct publisher;

/* None is called from within a function of this module. After `gone` and `flooding` the owner frees the publisher. */
struct publisher_hooks {
    void (*answered)(void *data, struct publisher *p); /* publisher_answer has it */
    void (*up)(void *data, struct publisher *p);       /* media flow: it may be put into slots */
    void (*gone)(void *data, struct publisher *p);     /* the connection is lost, or Janus refused it */
    void (*talking)(void *data, struct publisher *p, bool talks);
    void (*measured)(void *data, struct publisher *p, int64_t bits, bool too_much); /* see rates_fn */
};

/* Offers to Janus what sdp_filter has let through. name of the feed: user, kind and gen make it, and it is never used
 * again. NULL when there is no session or no memory. */
struct publisher *publisher_new(const struct janus_room *room, int64_t user_id, enum publisher_kind kind, int64_t gen,
                                const char *sdp, const struct sdp_lines *lines, const struct publisher_hooks *hooks,
                                void *data);
void publisher_free(struct publisher **publisher);

/* Opens and shuts the gates of its lines of sound and pictures. */
void publisher_gate(struct publisher *publisher, bool sound, bool picture);

/* The answer, or NULL while there is none that may be handed out. */
const char *publisher_answer(const struct publisher *publisher);

bool publisher_is_up(const struct publisher *publisher);
int64_t publisher_gen(const struct publisher *publisher);
enum publisher_kind publisher_kind(const struct publisher *publisher);
const char *publisher_feed(const struct publisher *publisher);

/* The mid of its line of this kind; NULL where it sends none. */
const char *publisher_mid(const struct publisher *publisher, enum sdp_kind kind);

#endif
