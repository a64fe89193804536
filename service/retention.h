/* What is removed because it is old: chats, rooms' logs, meetings that are over, guests, sign-ins. How long each is
 * kept is a setting of the server (ECHOMEET_KEEP_…_DAYS), and a meeting may want it shorter (keepDays). */
#ifndef SERVICE_RETENTION_H
#define SERVICE_RETENTION_H

#include "service/job.h"

/* The days that a meeting's chat is kept, its host wanting keep_days; 0: for ever. */
int64_t retention_chat_days(const struct config *config, int64_t keep_days);

/* The job "retention" (service/job.def). */
struct job_result retention_run(struct context *ctx, const struct job *job);

#endif
