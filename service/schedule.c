#include "service/schedule.h"

#include "core/limits.h"
#include "service/setting.h"

enum { MINUTE_MS = 60 * 1000, AT_ONCE = 1 /* any time that is over */ };

static int64_t earlier(int64_t a, int64_t b) { return a && (!b || a < b) ? a : b; }
static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t planned_end_ms(const struct meeting_state *s)
{
    return s->start_time_ms + s->duration_minutes * MINUTE_MS;
}

/* Who comes early does not take time off the meeting. */
static int64_t begins_ms(const struct meeting_state *s) { return later(s->start_time_ms, s->actual_start_ms); }

int64_t schedule_expires_ms(const struct meeting_state *s) { return planned_end_ms(s) + LIMIT_UNSTARTED_MS; }

int64_t schedule_end_ms(const struct meeting_state *s) { return begins_ms(s) + s->duration_minutes * MINUTE_MS; }

int64_t schedule_time_over_ms(const struct meeting_state *s)
{
    return setting_is(s->settings, SETTING_ENDS_ON_TIME) ? schedule_end_ms(s) : 0;
}

int64_t schedule_notice_ms(const struct meeting_state *s)
{
    int64_t end = schedule_time_over_ms(s);
    return end ? later(end - LIMIT_ENDING_NOTICE_MS, begins_ms(s)) : 0;
}

int64_t schedule_empty_ms(const struct meeting_state *s)
{
    if (!s->empty_since_ms)
        return 0;
    int64_t at = s->empty_since_ms + s->empty_minutes * MINUTE_MS;
    return setting_is(s->settings, SETTING_KEEP_UNTIL_END) ? later(at, planned_end_ms(s)) : at;
}

/* Nobody waits for the host of an empty meeting: that is a matter of its being empty. */
int64_t schedule_host_lost_ms(const struct meeting_state *s)
{
    bool ends = s->host_lost_ms && s->host_loss_policy == HOST_LOSS_END && s->participant_count > 0;
    return ends ? s->host_lost_ms + s->host_loss_minutes * MINUTE_MS : 0;
}

int64_t schedule_due_ms(const struct meeting_state *s)
{
    if (s->status == MEETING_SCHEDULED)
        return s->look_again ? AT_ONCE : schedule_expires_ms(s);
    if (s->status != MEETING_ONGOING)
        return 0;
    if (s->look_again)
        return AT_ONCE;
    int64_t end = s->warned_ms ? schedule_time_over_ms(s) : schedule_notice_ms(s);
    return earlier(earlier(schedule_empty_ms(s), schedule_host_lost_ms(s)), end);
}

int64_t schedule_due_again_ms(const struct meeting_state *s, int64_t looked_ms)
{
    int64_t due = schedule_due_ms(s);
    bool still_due = due && due <= looked_ms && !s->look_again;
    return still_due ? looked_ms + LIMIT_DUE_AGAIN_MS : due;
}
