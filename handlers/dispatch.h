/* From a request to its response. */
#ifndef HANDLERS_DISPATCH_H
#define HANDLERS_DISPATCH_H

#include "http/request.h"
#include "http/response.h"
#include "service/app.h"

/* Finds the route, authenticates, runs the handler, writes the problem where something fails. */
void dispatch(struct app *app, struct arena *arena, struct request *req, struct response *res);

#endif
