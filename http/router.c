#include "http/router.h"

#include <string.h>

#include "http/url.h"

/* Compares a path with a pattern part by part; ":name" takes any part that is not empty. */
static bool matches(const char *pattern, const char *path, const char *parts[], size_t lens[], int *count)
{
    *count = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        if (*pattern == ':') {
            if (have == 0 || *count == LIMIT_PATH_PARAMS)
                return false;
            parts[*count] = path;
            lens[(*count)++] = have;
        } else if (want != have || memcmp(pattern, path, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
    }
    return *pattern == '\0' && *path == '\0';
}

static bool method_fits(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

enum err router_find(const struct route *routes, int count, struct request *request, struct arena *arena,
                     const struct route **route, const char **allow)
{
    const char *methods = NULL;
    for (int i = 0; i < count; i++) {
        const char *parts[LIMIT_PATH_PARAMS];
        size_t lens[LIMIT_PATH_PARAMS];
        int n;
        if (!matches(routes[i].pattern, request->path, parts, lens, &n))
            continue;
        if (!method_fits(&routes[i], request->method)) {
            methods = methods ? arena_printf(arena, "%s, %s", methods, routes[i].method) : routes[i].method;
            continue;
        }
        for (int p = 0; p < n; p++)
            if (!(request->params[p] = url_decode(arena, parts[p], lens[p], 0)))
                return ERR_BAD_REQUEST;
        *route = &routes[i];
        return ERR_OK;
    }
    if (!methods)
        return ERR_NOT_FOUND;
    *allow = methods;
    return ERR_METHOD_NOT_ALLOWED;
}
