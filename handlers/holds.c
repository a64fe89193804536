/* /api/v1/admin/meetings/{meetingId}/hold: legal holds. */
#include "service/hold.h"

#include "core/limits.h"
#include "handlers/exchange.h"
#include "handlers/routes.h"
#include "service/serialize.h"

static enum err write_hold(struct exchange *x, const struct hold *hold)
{
    struct json j = response_json(x->res, 200);
    json_object(&j, NULL);
    json_str(&j, "reason", hold->reason);
    json_int(&j, "by", hold->placed_by);
    json_time(&j, "at", hold->placed_at_ms);
    json_object_end(&j);
    return ERR_OK;
}

enum err admin_hold_get(struct exchange *x)
{
    int64_t id;
    struct hold hold;
    enum err e = exchange_number(x, 0, &id);
    if (!e)
        e = hold_show(&x->ctx, id, &hold);
    return e ? e : write_hold(x, &hold);
}

struct hold_input {
    struct in_text reason;
};

static const struct field hold_fields[] = {
    {"reason", FIELD_TEXT, offsetof(struct hold_input, reason), REQUIRED, false, 1, LIMIT_HOLD_REASON_CHARS, NULL},
};

enum err admin_hold_put(struct exchange *x)
{
    int64_t id;
    struct hold_input in = {0};
    struct hold hold;
    enum err e = exchange_number(x, 0, &id);
    if (!e)
        e = exchange_body(x, hold_fields, FIELD_COUNT(hold_fields), &in);
    if (!e)
        e = hold_place(&x->ctx, id, in.reason.value, &hold);
    return e ? e : write_hold(x, &hold);
}

enum err admin_hold_delete(struct exchange *x)
{
    int64_t id;
    enum err e = exchange_number(x, 0, &id);
    return e ? e : hold_lift(&x->ctx, id);
}
