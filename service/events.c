#include "service/events.h"

#include "service/participant.h"
#include "service/room.h"

enum err events_list(struct context *ctx, int64_t meeting_id, int64_t after_seq, struct room_event **items, int *count,
                     int64_t *last_seq)
{
    int64_t last;
    struct participant me;
    enum err e = event_dao_last_seq(ctx->app->db, meeting_id, &last);
    if (e)
        return context_no_row(e, ERR_NOT_FOUND);
    e = participant_check_took_part(ctx, meeting_id, &me);
    if (!e)
        e = room_events_after(ctx, meeting_id, after_seq, ctx->user_id, items, count);
    if (e)
        return e;
    while (*count > 0 && (*items)[*count - 1].seq > me.until_seq)
        --*count; /* that was when they were out */
    *last_seq = last < me.until_seq ? last : me.until_seq;
    return ERR_OK;
}
