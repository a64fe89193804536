#include "relay/wheel.h"

#include "core/clock.h"

#include <string.h>

static uint64_t tick_of(const struct wheel *w, double at)
{
    double ticks = (at - w->start) * 1000 / WHEEL_TICK_MS;
    return ticks > 0 ? (uint64_t)ticks : 0;
}

static void put(struct wheel_item **head, struct wheel_item *item)
{
    item->next = *head;
    item->link = head;
    if (item->next)
        item->next->link = &item->next;
    *head = item;
}

void wheel_remove(struct wheel_item *item)
{
    if (!item->link)
        return;
    *item->link = item->next;
    if (item->next)
        item->next->link = item->link;
    item->link = NULL;
}

void wheel_set(struct wheel *w, struct wheel_item *item, double seconds)
{
    wheel_remove(item);
    item->due = tick_of(w, clock_elapsed_s() + (seconds > 0 ? seconds : 0)) + 1;
    if (item->due <= w->now)
        item->due = w->now + 1;
    put(&w->slots[item->due % WHEEL_SLOTS], item);
}

/* Items of a later round go back. What runs may take out any of those still in the list. */
static void work_on(struct wheel *w, uint64_t tick)
{
    struct wheel_item **slot = &w->slots[tick % WHEEL_SLOTS], *list = *slot;
    *slot = NULL;
    if (list)
        list->link = &list;
    w->now = tick;
    while (list) {
        struct wheel_item *item = list;
        wheel_remove(item);
        if (item->due > tick)
            put(slot, item);
        else
            w->fn(item);
    }
}

static void on_tick(struct ev_loop *loop, ev_timer *watcher, int revents)
{
    (void)loop, (void)revents;
    struct wheel *w = watcher->data;
    uint64_t now = tick_of(w, clock_elapsed_s());
    /* after a long sleep one round meets every item */
    if (now > w->now + WHEEL_SLOTS)
        w->now = now - WHEEL_SLOTS;
    while (w->now < now)
        work_on(w, w->now + 1);
}

void wheel_start(struct wheel *w, struct ev_loop *loop, wheel_fn *fn)
{
    memset(w, 0, sizeof *w);
    w->loop = loop;
    w->fn = fn;
    w->start = clock_elapsed_s();
    ev_timer_init(&w->tick, on_tick, WHEEL_TICK_MS / 1000.0, WHEEL_TICK_MS / 1000.0);
    w->tick.data = w;
    ev_timer_start(loop, &w->tick);
}

void wheel_stop(struct wheel *w) { ev_timer_stop(w->loop, &w->tick); }
