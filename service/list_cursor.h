/* Cursors: where a list goes on, as a text that clients hand back and do not read. */
#ifndef SERVICE_LIST_CURSOR_H
#define SERVICE_LIST_CURSOR_H

#include "db/meeting_dao.h"
#include "service/context.h"

/* The cursor of a place in the list of a filter. In the context's arena. */
const char *list_cursor_write(struct context *ctx, const struct meeting_filter *filter,
                              const struct meeting_place *place);

/* ERR_INVALID_CURSOR: it is none, or one of another list: other conditions, another order, another viewer. */
MUST_CHECK enum err list_cursor_read(struct context *ctx, const struct meeting_filter *filter, const char *cursor,
                                     struct meeting_place *place);

#endif
