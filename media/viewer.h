/* One connection over which somebody receives: slots of sound and of pictures. Each slot is a line that was agreed on
 * once and then brings whom the plan says. Before Janus is asked to bring others the page hears it (`slots`), and
 * afterwards that it is done
 * (`switched`), so that it shows nobody under another's name. */
#ifndef MEDIA_VIEWER_H
#define MEDIA_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/publisher.h"
#include "media/slots.h"

enum { VIEWER_SOUNDS_MAX = 8, VIEWER_PICTURES_MAX = SLOTS_MAX };

struct viewer;

/* None is called from within a function of this module. After `gone` the owner frees the viewer. */
struct viewer_hooks {
    void (*offered)(void *data, struct viewer *v); /* viewer_offer has it */
    void (*ready)(void *data, struct viewer *v);   /* a plan may be made: viewer_plan */
    void (*gone)(void *data, struct viewer *v);
    /* What the slots bring from now on, numbered, as JSON members of an object: "n", "slots": {"mid": [user, "camera"],
     * …} */
    void (*slots)(void *data, struct viewer *v, const char *json, size_t len);
    void (*switched)(void *data, struct viewer *v, int64_t n);
    /* the feed and line that a source is; false where it is not to be had */
    bool (*find)(void *data, struct slot_source source, const char **feed, const char **mid);
};

/* So many slots. NULL when there is no session or no memory. */
struct viewer *viewer_new(const struct janus_room *room, int64_t user_id, int64_t gen, int sounds, int pictures,
                          const struct viewer_hooks *hooks, void *data);
void viewer_free(struct viewer **viewer);

/* Janus's last offer and its number, from 1; NULL while there is none. Another one comes where a line is to be used
 * again whose sender went away. */
const char *viewer_offer(const struct viewer *viewer);
int64_t viewer_offer_number(const struct viewer *viewer);

/* Whether it waits for an answer. */
bool viewer_is_unanswered(const struct viewer *viewer);

/* The page's answer to the offer of this number, which sdp_filter has let through. False where none is waited for. */
bool viewer_answer(struct viewer *viewer, int64_t number, const char *sdp);

/* Plans what the slots bring: the most important first. Changes go to Janus one plan at a time; `ready` comes when it
 * is done, and what changed meanwhile is planned again then. */
void viewer_plan(struct viewer *viewer, const struct slot_want *sounds, int sound_count,
                 const struct slot_want *pictures, int picture_count);

/* Calls slots and switched once more with what stands: the page may not have heard it. */
void viewer_repeat(struct viewer *viewer);

/* Whether a plan would be carried out now. */
bool viewer_is_ready(const struct viewer *viewer);

int64_t viewer_gen(const struct viewer *viewer);

/* About how many packets a second its slots bring. */
int64_t viewer_load_pps(const struct viewer *viewer);

#endif
