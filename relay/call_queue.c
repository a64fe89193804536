#include "relay/call_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roomlog/backend.h"

bool call_queue_add(struct call_queue *q, struct slice type, int64_t id, struct slice data)
{
    struct request *request = malloc(sizeof *request + data.len);
    if (!request)
        return false;
    request->next = NULL;
    request->id = id;
    request->len = data.len;
    memcpy(request->data, data.at, data.len);
    snprintf(request->type, sizeof request->type, "%.*s", (int)type.len, type.at);
    request->joins = strcmp(request->type, "join_room") == 0;
    if (q->last)
        q->last->next = request;
    else
        q->first = request;
    q->last = request;
    q->count++;
    return true;
}

struct request *call_queue_pop(struct call_queue *q)
{
    struct request *request = q->first;
    if (!request)
        return NULL;
    q->first = request->next;
    if (!q->first)
        q->last = NULL;
    q->count--;
    return request;
}

void call_queue_drop(struct call_queue *q)
{
    while (q->first)
        free(call_queue_pop(q));
}

void call_queue_free(struct call_queue *q)
{
    call_queue_drop(q);
    backend_cancel(&q->rpc);
    free(q->current);
    q->current = NULL;
}
