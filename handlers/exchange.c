#include "handlers/exchange.h"

#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "core/text.h"
#include "service/meeting.h"

/* "application/json", perhaps with parameters; not "application/json-patch+json" */
static bool is_json(const char *content_type)
{
    static const char type[] = "application/json";
    return strncasecmp(content_type, type, sizeof type - 1) == 0 && strchr("; \t", content_type[sizeof type - 1]);
}

enum err exchange_body(struct exchange *x, const struct field *fields, int count, void *out)
{
    const struct request *req = x->req;
    if (req->body_len && !is_json(req->content_type))
        return ERR_UNSUPPORTED_MEDIA_TYPE;
    return fields_from_json(fields, count, req->body, req->body_len, x->ctx.arena, out, &x->ctx.fault);
}

enum err exchange_query(struct exchange *x, const struct field *fields, int count, void *out)
{
    return fields_from_query(fields, count, x->req->query, x->ctx.arena, out, &x->ctx.fault);
}

enum err exchange_number(const struct exchange *x, int index, int64_t *number)
{
    return text_to_int(x->req->params[index], number) ? ERR_OK : ERR_NOT_FOUND;
}

enum err exchange_meeting(struct exchange *x, int64_t *meeting_id)
{
    if (!x->ctx.relay)
        return exchange_meeting_invited(x, NULL, meeting_id);
    /* a relay names the room that the connection is in */
    return exchange_number(x, 0, meeting_id);
}

enum err exchange_meeting_invited(struct exchange *x, const char *invite, int64_t *meeting_id)
{
    enum err e = meeting_resolve(&x->ctx, x->req->params[0], invite, meeting_id);
    return !e && x->ctx.guest_of && x->ctx.guest_of != *meeting_id ? ERR_FORBIDDEN : e;
}

struct after_query {
    struct in_int after;
};

static const struct field after_fields[] = {
    {"after", FIELD_INT, offsetof(struct after_query, after), OPTIONAL, false, 0, LIMIT_ID, NULL},
};

enum err exchange_meeting_after(struct exchange *x, int64_t *meeting_id, int64_t *after)
{
    struct after_query in = {0};
    enum err e = exchange_meeting(x, meeting_id);
    if (!e)
        e = exchange_query(x, after_fields, FIELD_COUNT(after_fields), &in);
    if (!e)
        *after = in.after.value;
    return e;
}

enum err exchange_user(struct exchange *x, int64_t *user_id)
{
    if (strcmp(x->req->params[1], "me") == 0) {
        *user_id = x->ctx.user_id;
        return ERR_OK;
    }
    return exchange_number(x, 1, user_id);
}
