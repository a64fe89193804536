#include "media/slots.h"

#include <stddef.h>

static bool same(struct slot_source a, struct slot_source b)
{
    return a.user_id == b.user_id && a.kind == b.kind && a.gen == b.gen;
}

int slots_find(const struct slots *slots, struct slot_source source)
{
    for (int i = 0; i < slots->count; i++)
        if (same(slots->items[i].source, source))
            return i;
    return -1;
}

static const struct slot_want *find_want(const struct slot_want *wants, int count, struct slot_source source)
{
    for (int i = 0; i < count; i++)
        if (same(wants[i].source, source))
            return &wants[i];
    return NULL;
}

/* How many of the wants fit: doubles and those of nobody do not count. */
static int fitting(const struct slots *slots, const struct slot_want *wants, int count, const struct slot_want **fit)
{
    int n = 0;
    for (int i = 0; i < count && n < slots->count; i++)
        if (wants[i].source.user_id && !find_want(wants, i, wants[i].source))
            fit[n++] = &wants[i];
    return n;
}

static const struct slot_want *among(const struct slot_want *const *fit, int count, struct slot_source source)
{
    for (int i = 0; i < count; i++)
        if (same(fit[i]->source, source))
            return fit[i];
    return NULL;
}

static struct slot_change empty(struct slots *slots, int i)
{
    slots->items[i] = (struct slot){0};
    return (struct slot_change){i, true, slots->items[i]};
}

/* A slot that is free; there is one for each want that fits. */
static int free_slot(const struct slots *slots)
{
    int i = 0;
    while (slots->items[i].source.user_id)
        i++;
    return i;
}

int slots_plan(struct slots *slots, const struct slot_want *wants, int want_count,
               struct slot_change changes[static SLOTS_MAX])
{
    const struct slot_want *fit[SLOTS_MAX];
    struct slot_change emptied[SLOTS_MAX];
    int fit_count = fitting(slots, wants, want_count, fit), n = 0, emptied_count = 0;
    for (int i = 0; i < slots->count; i++)
        if (slots->items[i].source.user_id && !among(fit, fit_count, slots->items[i].source))
            emptied[emptied_count++] = empty(slots, i);
    for (int k = 0; k < fit_count; k++) {
        int i = slots_find(slots, fit[k]->source);
        bool stands = i >= 0;
        if (!stands)
            i = free_slot(slots);
        struct slot now = {fit[k]->source, fit[k]->size};
        if (!stands || slots->items[i].size != now.size)
            changes[n++] = (struct slot_change){i, !stands, now};
        slots->items[i] = now;
    }
    /* a slot that was filled again needs no emptying */
    for (int e = 0; e < emptied_count; e++)
        if (!slots->items[emptied[e].index].source.user_id)
            changes[n++] = emptied[e];
    return n;
}
