/* What a meeting's time holds for it. All times are ms since 1970, 0 where that will not come. */
#ifndef SERVICE_SCHEDULE_H
#define SERVICE_SCHEDULE_H

#include "db/meeting_dao.h"

/* When a scheduled meeting expires that nobody came to. */
int64_t schedule_expires_ms(const struct meeting_state *state);

/* The end of its time: its duration counts from its planned start, or from its actual one where that is later. */
int64_t schedule_end_ms(const struct meeting_state *state);

/* When a meeting that ends on time is over, and when that is announced: not before it begins. */
int64_t schedule_time_over_ms(const struct meeting_state *state);
int64_t schedule_notice_ms(const struct meeting_state *state);

/* When it has been empty, or without its host while others are in, for as long as it may be. */
int64_t schedule_empty_ms(const struct meeting_state *state);
int64_t schedule_host_lost_ms(const struct meeting_state *state);

/* When housekeeping is to look at it next. */
int64_t schedule_due_ms(const struct meeting_state *state);

/* The same after housekeeping has looked at it: one that is due still waits a while, so that it does not keep the
 * others from being looked at. */
int64_t schedule_due_again_ms(const struct meeting_state *state, int64_t looked_ms);

#endif
