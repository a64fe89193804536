/* The member "media" of a join, and the reply of GET /api/v1/meetings/{meetingId}/media and /api/v1/media. */
#ifndef HANDLERS_MEDIA_VIEW_H
#define HANDLERS_MEDIA_VIEW_H

#include "handlers/exchange.h"
#include "service/media.h"

void media_view_write(struct exchange *x, struct json *j, const char *key, const struct media_access *access);

#endif
