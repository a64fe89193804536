/* /api/v1/admin/jobs: the jobs, and what administrators do to those that were given up. */
#include "service/job.h"

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/serialize.h"

struct jobs_query {
    struct in_int state;
    struct in_text kind;
    struct in_int before, limit;
};

/* The states in the order of enum job_state. */
static const struct field jobs_fields[] = {
    {"state", FIELD_CHOICE, offsetof(struct jobs_query, state), OPTIONAL, false, 0, 0, "waiting|running|done|dead"},
    {"kind", FIELD_TEXT, offsetof(struct jobs_query, kind), OPTIONAL, false, 1, LIMIT_JOB_KIND_CHARS, NULL},
    {"before", FIELD_INT, offsetof(struct jobs_query, before), OPTIONAL, false, 1, LIMIT_ID, NULL},
    {"limit", FIELD_INT, offsetof(struct jobs_query, limit), OPTIONAL, false, 1, LIMIT_PAGE_SIZE, NULL},
};

enum err admin_jobs_get(struct exchange *x)
{
    struct jobs_query in = {.limit = {.value = LIMIT_DEFAULT_PAGE_SIZE}};
    struct job *items;
    int count;
    enum err e = exchange_query(x, jobs_fields, FIELD_COUNT(jobs_fields), &in);
    if (e)
        return e;
    const struct job_filter filter = {.state = (enum job_state)in.state.value,
                                      .kind = in.kind.value,
                                      .before = in.before.value,
                                      .limit = in.limit.value + 1};
    e = job_list(&x->ctx, &filter, &items, &count);
    if (e)
        return e;
    bool more = count > in.limit.value; /* one more than asked for tells that there are more */
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_array(&j, "items");
    for (int i = 0; i < count - more; i++)
        serialize_job(&j, NULL, &items[i]);
    json_array_end(&j);
    json_bool(&j, "hasMore", more);
    json_object_end(&j);
    return ERR_OK;
}

enum err admin_job_repeat_post(struct exchange *x)
{
    int64_t id;
    struct job job;
    enum err e = exchange_number(x, 0, &id);
    if (!e)
        e = job_repeat(&x->ctx, id, &job);
    if (e)
        return e;
    struct json j = response_json(x->res, 200);
    serialize_job(&j, NULL, &job);
    return ERR_OK;
}

enum err admin_job_delete(struct exchange *x)
{
    int64_t id;
    enum err e = exchange_number(x, 0, &id);
    return e ? e : job_drop(&x->ctx, id);
}
