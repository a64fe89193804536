/* What is removed because it is old. */
#ifndef SERVICE_RETENTION_H
#define SERVICE_RETENTION_H

#include "service/job.h"

/* The job "retention" (service/job.def). */
struct job_result retention_run(struct context *ctx, const struct job *job);

#endif
