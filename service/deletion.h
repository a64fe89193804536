/* Deleting an account: asking for it, taking it back within the grace, and the job that makes it anonymous. */
#ifndef SERVICE_DELETION_H
#define SERVICE_DELETION_H

#include "db/user_dao.h"
#include "service/context.h"
#include "service/job.h"

/* What whoever deletes an account is told. */
struct deletion {
    int64_t delete_at_ms; /* when nothing can be taken back any more */
    bool partly_kept;     /* meetings in which they were are held, for legal reasons */
};

/* Deletes the caller's account ECHOMEET_DELETION_GRACE_DAYS from now: ends their sign-ins, and takes them out of their
 * meetings at once. ERR_INVALID_CREDENTIALS: the password is
 * wrong; ERR_CONFLICT: they are the last administrator; ERR_RATE_LIMITED. */
MUST_CHECK enum err deletion_ask(struct context *ctx, const char *password, struct deletion *out);

/* Keeps the caller's account after all. */
MUST_CHECK enum err deletion_take_back(struct context *ctx, struct user *out);

/* The same by an administrator, for another account, or for a guest, who has no grace. ERR_NOT_FOUND; ERR_CONFLICT: it
 * is their own. */
MUST_CHECK enum err deletion_ask_for(struct context *ctx, int64_t user_id, struct deletion *out);
MUST_CHECK enum err deletion_take_back_for(struct context *ctx, int64_t user_id, struct user *out);

/* Has the account's traces removed at a time (0: at once); inside the transaction of its cause. */
MUST_CHECK enum err deletion_add_job(struct context *ctx, int64_t user_id, int64_t at_ms);

/* The job "deletion" (service/job.def). */
struct job_result deletion_run(struct context *ctx, const struct job *job);

#endif
