#include "core/redis.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* One entry of len bytes. */
static bool read_server(const char *text, size_t len, struct redis_server *out)
{
    static const char prefix[] = "unix:";
    const size_t n = sizeof prefix - 1;
    char entry[400];
    int64_t port;
    if (len == 0 || len >= sizeof entry)
        return false;
    memcpy(entry, text, len);
    entry[len] = '\0';
    *out = (struct redis_server){.port = 0};
    if (strncmp(entry, prefix, n) == 0) {
        if (len == n || len - n >= sizeof out->socket)
            return false;
        memcpy(out->socket, entry + n, len - n + 1);
        return true;
    }
    char *colon = strrchr(entry, ':');
    if (!colon || colon == entry || (size_t)(colon - entry) >= sizeof out->host || !text_to_int(colon + 1, &port) ||
        port < 1 || port > 65535)
        return false;
    memcpy(out->host, entry, (size_t)(colon - entry));
    out->port = (int)port;
    return true;
}

bool redis_servers_read(const struct config *config, struct redis_servers *out)
{
    struct redis_servers all = {.count = 0};
    const char *p = config->redis_servers;
    if (!*p) {
        all.count = 1;
        snprintf(all.list[0].socket, sizeof all.list[0].socket, "%s", config->redis_socket);
        snprintf(all.list[0].host, sizeof all.list[0].host, "%s", config->redis_host);
        all.list[0].port = (int)config->redis_port;
    }
    while (*p) {
        size_t len = strcspn(p, ",");
        if (all.count == REDIS_SERVERS || !read_server(p, len, &all.list[all.count++]))
            return false;
        p += len;
        if (*p == ',' && !*++p)
            return false;
    }
    *out = all;
    return true;
}

int redis_server_of(int64_t meeting_id, int count)
{
    uint64_t key = (uint64_t)meeting_id;
    int64_t chosen = 0, next = 0;
    while (next < count) {
        chosen = next;
        key = key * 2862933555777941757u + 1;
        next = (int64_t)((double)(chosen + 1) * ((double)(1LL << 31) / (double)((key >> 33) + 1)));
    }
    return (int)chosen;
}
