/* The rules of a meeting that need no database: who may what, what the settings are, when housekeeping is to look. */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "service/permission.h"
#include "service/schedule.h"
#include "service/setting.h"
#include "tests/check_main.h"

enum { MINUTE_MS = 60 * 1000 };

#define NOW_MS INT64_C(1800000000000)

START_TEST(test_permission_follows_the_role)
{
    const int64_t all = SETTING_ALLOW_CHAT | SETTING_ALLOW_UNMUTE | SETTING_ALLOW_SHARE;
    const struct {
        enum permission permission;
        bool host, cohost, participant, guest;
    } rows[] = {
        {PERMISSION_CHAT, true, true, true, true},
        {PERMISSION_START_VIDEO, true, true, true, true},
        {PERMISSION_REMOVE, true, true, false, false},
        {PERMISSION_READ_RECORDS, true, true, false, false},
        {PERMISSION_EDIT_MEETING, true, false, false, false},
        {PERMISSION_HAND_OVER, true, false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(permission_has(rows[i].permission, ROLE_HOST, false, all), rows[i].host);
        ck_assert_int_eq(permission_has(rows[i].permission, ROLE_COHOST, false, all), rows[i].cohost);
        ck_assert_int_eq(permission_has(rows[i].permission, ROLE_PARTICIPANT, false, all), rows[i].participant);
        ck_assert_int_eq(permission_has(rows[i].permission, ROLE_PARTICIPANT, true, all), rows[i].guest);
    }
}
END_TEST

START_TEST(test_permission_that_a_setting_opens_stays_with_host_and_cohosts)
{
    for (int is_guest = 0; is_guest < 2; is_guest++) {
        ck_assert(permission_has(PERMISSION_CHAT, ROLE_PARTICIPANT, is_guest, SETTING_ALLOW_CHAT));
        ck_assert(!permission_has(PERMISSION_CHAT, ROLE_PARTICIPANT, is_guest, ~(int64_t)SETTING_ALLOW_CHAT));
        ck_assert(permission_has(PERMISSION_CHAT, ROLE_HOST, is_guest, 0));
        ck_assert(permission_has(PERMISSION_CHAT, ROLE_COHOST, is_guest, 0));
        ck_assert(permission_has(PERMISSION_RAISE_HAND, ROLE_PARTICIPANT, is_guest, 0)); /* needs no setting */
    }
}
END_TEST

START_TEST(test_permission_serialize_lists_what_each_role_has)
{
    struct buf out = {0};
    struct json j = json_to(&out);
    json_object(&j, NULL);
    permission_serialize(&j, "permissions", SETTINGS_DEFAULT & ~SETTING_ALLOW_SHARE);
    json_object_end(&j);
    ck_assert_ptr_nonnull(strstr(out.data, "\"host\":[\"chat\",\"unmute\",\"start_video\",\"share_screen\","));
    ck_assert_ptr_nonnull(
        strstr(out.data, "\"guest\":[\"chat\",\"unmute\",\"start_video\",\"raise_hand\",\"rename_self\"]"));
    buf_free(&out);
}
END_TEST

START_TEST(test_setting_changes_leave_the_others)
{
    const int64_t before = SETTING_LOCKED | SETTING_ALLOW_CHAT;
    ck_assert_int_eq(setting_apply(before, (struct setting_changes){0}), before);
    ck_assert_int_eq(setting_apply(before, (struct setting_changes){.on = SETTING_WAITING_ROOM}),
                     before | SETTING_WAITING_ROOM);
    ck_assert_int_eq(setting_apply(before, (struct setting_changes){.off = SETTING_LOCKED}), SETTING_ALLOW_CHAT);
    ck_assert_int_eq(setting_apply(before, (struct setting_changes){.on = SETTING_LOCKED, .off = SETTING_ALLOW_CHAT}),
                     SETTING_LOCKED);
    ck_assert(setting_is(before, SETTING_LOCKED) && !setting_is(before, SETTING_WAITING_ROOM));
    ck_assert(setting_is(SETTINGS_DEFAULT, SETTING_JOIN_BEFORE_HOST) &&
              !setting_is(SETTINGS_DEFAULT, SETTING_ALLOW_GUESTS));
    ck_assert_int_lt(SETTINGS_DEFAULT, 1 << SETTING_COUNT);
}
END_TEST

/* --- when housekeeping is to look --- */

static struct meeting_state ongoing(void)
{
    return (struct meeting_state){.status = MEETING_ONGOING,
                                  .start_time_ms = NOW_MS,
                                  .actual_start_ms = NOW_MS,
                                  .duration_minutes = 60,
                                  .host_loss_policy = HOST_LOSS_HAND_OVER,
                                  .host_loss_minutes = 5,
                                  .participant_count = 1,
                                  .settings = SETTINGS_DEFAULT};
}

START_TEST(test_due_scheduled_meeting_expires_a_day_after_its_planned_end)
{
    struct meeting_state s = {.status = MEETING_SCHEDULED, .start_time_ms = NOW_MS, .duration_minutes = 60};
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 60 * MINUTE_MS + LIMIT_UNSTARTED_MS);
    s.look_again = true;
    ck_assert_int_gt(schedule_due_ms(&s), 0);
    ck_assert_int_lt(schedule_due_ms(&s), NOW_MS);
}
END_TEST

START_TEST(test_due_never_for_what_is_over_or_just_goes_on)
{
    struct meeting_state s = ongoing();
    ck_assert_int_eq(schedule_due_ms(&s), 0);
    s.status = MEETING_ENDED;
    s.empty_since_ms = s.host_lost_ms = NOW_MS;
    s.look_again = true;
    ck_assert_int_eq(schedule_due_ms(&s), 0);
    s.status = MEETING_CANCELLED;
    ck_assert_int_eq(schedule_due_ms(&s), 0);
}
END_TEST

START_TEST(test_due_meeting_that_ends_on_time_is_announced_first)
{
    struct meeting_state s = ongoing();
    const int64_t end = NOW_MS + 60 * MINUTE_MS;
    s.settings |= SETTING_ENDS_ON_TIME;
    ck_assert_int_eq(schedule_due_ms(&s), end - LIMIT_ENDING_NOTICE_MS);
    s.warned_ms = NOW_MS + 55 * MINUTE_MS;
    ck_assert_int_eq(schedule_due_ms(&s), end);
}
END_TEST

START_TEST(test_due_lost_host_counts_only_where_the_meeting_ends_for_it)
{
    struct meeting_state s = ongoing();
    s.host_lost_ms = NOW_MS + 1000;
    ck_assert_int_eq(schedule_due_ms(&s), 0);
    s.host_loss_policy = HOST_LOSS_LOCK;
    ck_assert_int_eq(schedule_due_ms(&s), 0);
    s.host_loss_policy = HOST_LOSS_END;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 1000 + 5 * MINUTE_MS);
}
END_TEST

START_TEST(test_due_is_the_earliest_of_all)
{
    struct meeting_state s = ongoing();
    s.empty_minutes = 10;
    s.empty_since_ms = NOW_MS + 3000;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 3000 + 10 * MINUTE_MS);
    s.host_loss_policy = HOST_LOSS_END;
    s.host_lost_ms = NOW_MS + 2000;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 2000 + 5 * MINUTE_MS);
    s.settings |= SETTING_ENDS_ON_TIME;
    s.duration_minutes = 6;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + MINUTE_MS);
    s.look_again = true;
    ck_assert_int_lt(schedule_due_ms(&s), NOW_MS);
}
END_TEST

START_TEST(test_due_end_of_its_time_counts_from_the_later_start)
{
    struct meeting_state s = ongoing();
    s.settings |= SETTING_ENDS_ON_TIME;
    s.actual_start_ms = NOW_MS - 30 * MINUTE_MS; /* somebody came early */
    ck_assert_int_eq(schedule_time_over_ms(&s), NOW_MS + 60 * MINUTE_MS);
    s.duration_minutes = 3;
    ck_assert_int_eq(schedule_notice_ms(&s), NOW_MS); /* not before it begins */
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS);
    s.actual_start_ms = NOW_MS + 30 * MINUTE_MS; /* nobody came in time */
    ck_assert_int_eq(schedule_time_over_ms(&s), NOW_MS + 33 * MINUTE_MS);
    s.settings = SETTINGS_DEFAULT;
    ck_assert_int_eq(schedule_notice_ms(&s), 0);
}
END_TEST

START_TEST(test_due_empty_meeting_that_is_kept_ends_after_its_planned_end)
{
    struct meeting_state s = ongoing();
    s.participant_count = 0;
    s.empty_since_ms = NOW_MS + MINUTE_MS;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + MINUTE_MS);
    s.settings |= SETTING_KEEP_UNTIL_END;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 60 * MINUTE_MS);
    s.empty_minutes = 60;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 61 * MINUTE_MS);
    s.host_lost_ms = NOW_MS + MINUTE_MS; /* nobody is there to miss the host */
    s.host_loss_policy = HOST_LOSS_END;
    ck_assert_int_eq(schedule_due_ms(&s), NOW_MS + 61 * MINUTE_MS);
}
END_TEST

START_TEST(test_due_again_waits_where_a_look_changed_nothing)
{
    struct meeting_state s = ongoing();
    ck_assert_int_eq(schedule_due_again_ms(&s, NOW_MS), 0);
    s.empty_since_ms = NOW_MS + 1;
    ck_assert_int_eq(schedule_due_again_ms(&s, NOW_MS), NOW_MS + 1);
    ck_assert_int_eq(schedule_due_again_ms(&s, NOW_MS + 1), NOW_MS + 1 + LIMIT_DUE_AGAIN_MS);
    s.look_again = true; /* more are let in from the lobby: that goes on at once */
    ck_assert_int_lt(schedule_due_again_ms(&s, NOW_MS), NOW_MS);
}
END_TEST

CHECK_MAIN("rules", test_permission_follows_the_role, test_permission_that_a_setting_opens_stays_with_host_and_cohosts,
           test_permission_serialize_lists_what_each_role_has, test_setting_changes_leave_the_others,
           test_due_scheduled_meeting_expires_a_day_after_its_planned_end,
           test_due_never_for_what_is_over_or_just_goes_on, test_due_meeting_that_ends_on_time_is_announced_first,
           test_due_lost_host_counts_only_where_the_meeting_ends_for_it, test_due_is_the_earliest_of_all,
           test_due_end_of_its_time_counts_from_the_later_start,
           test_due_empty_meeting_that_is_kept_ends_after_its_planned_end,
           test_due_again_waits_where_a_look_changed_nothing)
