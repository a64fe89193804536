#include "http/response.h"

#include <stdio.h>

#include "core/limits.h"

/* Empties it; a large one is given back. */
static void clear(struct buf *b)
{
    if (b->cap > LIMIT_KEPT_BYTES)
        buf_free(b);
    else
        buf_clear(b);
}

void response_clear(struct response *res)
{
    res->status = 204;
    res->content_type = NULL;
    clear(&res->headers);
    clear(&res->body);
}

void response_free(struct response *res)
{
    buf_free(&res->headers);
    buf_free(&res->body);
}

void response_header(struct response *res, const char *name, const char *value)
{
    buf_puts(&res->headers, name);
    buf_puts(&res->headers, ": ");
    for (; *value; value++)
        if (*value != '\r' && *value != '\n')
            buf_putc(&res->headers, *value);
    buf_puts(&res->headers, "\r\n");
}

struct json response_json(struct response *res, int status)
{
    res->status = status;
    res->content_type = "application/json";
    buf_clear(&res->body);
    return json_to(&res->body);
}

/* All the fields at fault, where there are several. */
static void write_errors(struct json *j, const struct fault *fault)
{
    json_array(j, "errors");
    for (const struct fault *f = fault; f; f = f->also) {
        json_object(j, NULL);
        json_str(j, "field", f->field);
        json_str(j, "detail", f->detail);
        json_object_end(j);
    }
    json_array_end(j);
}

void response_problem(struct response *res, enum err e, const struct fault *fault, const char *request_id)
{
    response_clear(res);
    struct json j = response_json(res, err_status(e));
    res->content_type = "application/problem+json";
    char type[96];
    snprintf(type, sizeof type, "urn:echomeet:problem:%s", err_code(e));
    json_object(&j, NULL);
    json_str(&j, "type", type);
    json_str(&j, "title", err_title(e));
    json_int(&j, "status", err_status(e));
    json_str(&j, "detail", fault && fault->detail[0] ? fault->detail : err_title(e));
    json_str(&j, "code", err_code(e));
    json_str(&j, "requestId", request_id);
    if (fault && fault->field[0])
        json_str(&j, "field", fault->field);
    if (fault && fault->also)
        write_errors(&j, fault);
    json_object_end(&j);
    if (err_status(e) == 503 || err_status(e) == 429)
        buf_printf(&res->headers, "Retry-After: %d\r\n", fault && fault->retry_after_s > 0 ? fault->retry_after_s : 1);
    if (err_status(e) == 401)
        response_header(res, "WWW-Authenticate", "Bearer");
}
