/* Who is in which slot. */
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "media/slots.h"
#include "tests/check_main.h"

static struct slot_want camera(int64_t user_id, int size)
{
    return (struct slot_want){{user_id, SLOT_CAMERA, 1}, size};
}

/* The changes as a text: "0=17/1" switched, "0~17/2" only another size, "0=-" emptied. */
static const char *text_of(const struct slot_change *changes, int count)
{
    static char text[512];
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        const struct slot_change *c = &changes[i];
        const char *blank = i ? " " : "";
        if (c->now.source.user_id)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%d%c%d/%d", blank, c->index, c->switched ? '=' : '~',
                                   (int)c->now.source.user_id, c->now.size);
        else
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%d=-", blank, c->index);
    }
    return text;
}

static const char *plan(struct slots *slots, const struct slot_want *wants, int count)
{
    struct slot_change changes[SLOTS_MAX];
    return text_of(changes, slots_plan(slots, wants, count, changes));
}

START_TEST(test_slots_fill_in_order_of_importance)
{
    struct slots slots = {.count = 2};
    const struct slot_want wants[] = {camera(17, 2), camera(18, 1), camera(19, 0)};
    ck_assert_str_eq(plan(&slots, wants, 3), "0=17/2 1=18/1");
    ck_assert_str_eq(plan(&slots, wants, 3), "");
}
END_TEST

/* A picture that stays wanted keeps its slot, whatever comes and goes around it. */
START_TEST(test_slots_leave_what_stands)
{
    struct slots slots = {.count = 3};
    const struct slot_want first[] = {camera(17, 1), camera(18, 1), camera(19, 1)};
    const struct slot_want then[] = {camera(20, 1), camera(19, 1), camera(18, 2)};
    ck_assert_str_eq(plan(&slots, first, 3), "0=17/1 1=18/1 2=19/1");
    ck_assert_str_eq(plan(&slots, then, 3), "0=20/1 1~18/2");
}
END_TEST

START_TEST(test_slots_empty_what_nobody_wants)
{
    struct slots slots = {.count = 3};
    const struct slot_want wants[] = {camera(17, 1), camera(18, 1)};
    plan(&slots, wants, 2);
    ck_assert_str_eq(plan(&slots, wants + 1, 1), "0=-");
    ck_assert_str_eq(plan(&slots, NULL, 0), "1=-");
    ck_assert_str_eq(plan(&slots, NULL, 0), "");
}
END_TEST

START_TEST(test_slots_take_a_new_connection_for_another_source)
{
    struct slots slots = {.count = 1};
    struct slot_want want = camera(17, 1);
    plan(&slots, &want, 1);
    want.source.gen = 2;
    ck_assert_str_eq(plan(&slots, &want, 1), "0=17/1");
}
END_TEST

START_TEST(test_slots_count_a_want_once_and_nobody_never)
{
    struct slots slots = {.count = 3};
    const struct slot_want wants[] = {camera(17, 2), camera(0, 1), camera(17, 0), camera(18, 1)};
    ck_assert_str_eq(plan(&slots, wants, 4), "0=17/2 1=18/1");
}
END_TEST

START_TEST(test_slots_are_found_by_what_they_bring)
{
    struct slots slots = {.count = 3};
    struct slot_want wants[] = {camera(17, 1), camera(18, 1)};
    plan(&slots, wants, 2);
    ck_assert_int_eq(slots_find(&slots, wants[1].source), 1);
    wants[1].source.kind = SLOT_SCREEN;
    ck_assert_int_eq(slots_find(&slots, wants[1].source), -1);
}
END_TEST

CHECK_MAIN("slots", test_slots_fill_in_order_of_importance, test_slots_leave_what_stands,
           test_slots_empty_what_nobody_wants, test_slots_take_a_new_connection_for_another_source,
           test_slots_count_a_want_once_and_nobody_never, test_slots_are_found_by_what_they_bring)
