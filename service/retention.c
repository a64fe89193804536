#include "service/retention.h"

#include "core/limits.h"

struct batch {
    struct context *ctx;
    int64_t before_ms;
    int64_t count;
};

static enum err forget_jobs(void *arg)
{
    struct batch *b = arg;
    return job_dao_forget_done(b->ctx->app->db, b->before_ms, LIMIT_RETENTION_ROWS, &b->count);
}

struct job_result retention_run(struct context *ctx, const struct job *job)
{
    (void)job;
    struct batch b = {.ctx = ctx, .before_ms = context_now_ms(ctx) - LIMIT_JOB_DONE_MS};
    enum err e = db_transaction(ctx->app->db, forget_jobs, &b);
    if (e)
        return job_failed(err_code(e));
    return b.count == LIMIT_RETENTION_ROWS ? job_again(0, NULL) : job_done();
}
