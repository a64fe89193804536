#include "core/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/log.h"
#include "core/media_wire.h"
#include "core/redis.h"
#include "core/text.h"

/* clang-format off */
/* A variable is a text unless its range says that it is a number. */
static const struct variable {
    const char *name;
    size_t offset;
    const char *fallback;
    int64_t min, max; /* both 0: text */
    const char *meaning;
    bool limit;       /* of the relay, which may change while it runs */
} variables[] = {
#define TEXT(member, name, fallback, meaning) {"ECHOMEET_" name, offsetof(struct config, member), fallback, 0, 0, meaning, false},
#define NUMBER(member, name, fallback, min, max, meaning) \
    {"ECHOMEET_" name, offsetof(struct config, member), fallback, min, max, meaning, false},
#define LIMIT(member, name, fallback, min, max, meaning) \
    {"ECHOMEET_" name, offsetof(struct config, member), fallback, min, max, meaning, true},
    TEXT(mysql_socket, "MYSQL_SOCKET", "", "unix socket of MySQL or MariaDB; empty: host and port")
    TEXT(mysql_host, "MYSQL_HOST", "127.0.0.1", "host of the database")
    NUMBER(mysql_port, "MYSQL_PORT", "3306", 1, 65535, "port of the database")
    TEXT(mysql_user, "MYSQL_USER", "echomeet", "database account")
    TEXT(mysql_password, "MYSQL_PASSWORD", "", "password of the database account")
    TEXT(mysql_database, "MYSQL_DATABASE", "echomeet", "name of the database; made where it is missing and the account may")
    TEXT(redis_socket, "REDIS_SOCKET", "", "unix socket of Redis; empty: host and port")
    TEXT(redis_host, "REDIS_HOST", "127.0.0.1", "host of Redis")
    NUMBER(redis_port, "REDIS_PORT", "6379", 1, 65535, "port of Redis")
    TEXT(redis_servers, "REDIS_SERVERS", "", "several Redis instead of that one, 'host:port' or 'unix:/path', separated by commas; meetings are spread over them, so all programs need the same list in the same order")
    TEXT(redis_password, "REDIS_PASSWORD", "", "password of Redis")
    TEXT(api_socket, "API_SOCKET", "var/run/api.sock", "listening socket of the main pool")
    TEXT(signin_socket, "SIGNIN_SOCKET", "var/run/signin.sock", "listening socket of the sign-in pool")
    TEXT(relay_socket, "RELAY_SOCKET", "var/run/relay.sock", "listening socket of the relay's pool (mode 0600)")
    NUMBER(api_workers, "API_WORKERS", "4", 1, 256, "workers of the main pool")
    NUMBER(signin_workers, "SIGNIN_WORKERS", "2", 1, 64, "workers of the sign-in pool")
    NUMBER(relay_workers, "RELAY_WORKERS", "4", 1, 256, "workers of the relay's pool")
    NUMBER(job_workers, "JOB_WORKERS", "2", 1, 64, "workers for jobs; of two or more one is left to jobs that do not last")
    NUMBER(deletion_grace_days, "DELETION_GRACE_DAYS", "14", 0, 365, "days until an account that somebody deleted is really gone; 0: at once")
    NUMBER(request_limit_ms, "REQUEST_LIMIT_MS", "30000", 1000, 600000, "a worker that holds one request longer is killed, in ms")
    TEXT(jwt_key_file, "JWT_KEY_FILE", "var/secrets/jwt.key", "keys of access tokens: lines 'id hex', the first one signs, all are accepted")
    TEXT(password_key_file, "PASSWORD_KEY_FILE", "var/secrets/password.key", "key that meeting passwords are encrypted with (hex)")
    NUMBER(password_hash_kib, "PASSWORD_HASH_KIB", "65536", 1024, 4194304, "memory that the hash of an account's password (Argon2id) takes, in KiB, in each sign-in worker at work; stored hashes follow at the next sign-in")
    NUMBER(password_hash_passes, "PASSWORD_HASH_PASSES", "2", 1, 100, "passes over that memory; time grows with both")
    TEXT(token_issuer, "TOKEN_ISSUER", "echomeet", "issuer (iss) of access tokens")
    NUMBER(access_token_s, "ACCESS_TOKEN_S", "900", 1, 86400, "life of an access token in seconds")
    NUMBER(refresh_token_s, "REFRESH_TOKEN_S", "2592000", 60, 31536000, "life of a refresh token in seconds")
    TEXT(relay_listen, "RELAY_LISTEN", "127.0.0.1:8081", "address and port of the relay")
    TEXT(relay_id, "RELAY_ID", "", "name of this relay, unique among all; empty: made up at each start")
    TEXT(relay_origins, "RELAY_ORIGINS", "", "origins of pages that may open /ws, separated by commas; empty: only the page's own host; *: any")
    TEXT(relay_limits_file, "RELAY_LIMITS_FILE", "", "file with limits of the relay, lines 'NAME=value', read at its start and on SIGHUP; its values come before the environment's")
    LIMIT(relay_drain_ms, "RELAY_DRAIN_MS", "2000", 0, 600000, "when the relay ends it closes its connections over this time, in ms")
    LIMIT(relay_sockets, "RELAY_SOCKETS", "8000", 0, 1000000, "sockets of this relay in all, signed in or not; never so many that its own calls lack descriptors; 0: no other limit")
    LIMIT(relay_sockets_account, "RELAY_SOCKETS_ACCOUNT", "32", 0, 1000000, "sockets of one account, or guest, that have signed in; 0: no limit")
    LIMIT(relay_sockets_network, "RELAY_SOCKETS_NETWORK", "500", 0, 1000000, "sockets of one network that have signed in; 0: no limit")
    LIMIT(relay_unauthenticated, "RELAY_UNAUTHENTICATED", "100", 0, 1000000, "sockets of one network that have not signed in yet; 0: no limit")
    LIMIT(relay_rate_signals, "RELAY_RATE_SIGNALS", "100", 0, 1000000, "webrtc_signal messages of one connection in a second; ten times as many may come at once; 0: no limit")
    LIMIT(relay_rate_signal_bytes, "RELAY_RATE_SIGNAL_BYTES", "500000", 0, 1000000000, "bytes of webrtc_signal data of one connection in a second; ten times as many may come at once, so at least 4000 to carry any; 0: no limit")
    LIMIT(relay_rate_calls, "RELAY_RATE_CALLS", "20", 0, 1000000, "messages of one connection that workers answer in a second; ten times as many may come at once; 0: no limit")
    LIMIT(relay_rate_transient, "RELAY_RATE_TRANSIENT", "10", 0, 1000000, "the same for typing and reaction")
    LIMIT(relay_rate_pings, "RELAY_RATE_PINGS", "5", 0, 1000000, "the same for ping, auth and WebSocket pings")
    LIMIT(relay_refused, "RELAY_REFUSED", "100", 1, 1000000, "messages refused for these limits, without 10 s between two of them, after which the connection is closed (4429)")
    LIMIT(relay_auth_ms, "RELAY_AUTH_MS", "5000", 100, 600000, "a connection that has sent no token within this time is closed, in ms")
    LIMIT(relay_ping_ms, "RELAY_PING_MS", "25000", 100, 100000, "between two WebSocket pings, in ms; a connection that left two unanswered is dropped")
    LIMIT(relay_token_grace_ms, "RELAY_TOKEN_GRACE_MS", "60000", 0, 600000, "a connection outlives its token by this, to get a new one, in ms")
    LIMIT(relay_close_ms, "RELAY_CLOSE_MS", "2000", 100, 60000, "a client that does not answer a close frame within this time is cut, in ms")
    NUMBER(relay_sync_ms, "RELAY_SYNC_MS", "3000", 100, 60000, "between two syncs of a relay with the workers, each of which is its heartbeat too, in ms")
    NUMBER(relay_lease_ms, "RELAY_LEASE_MS", "15000", 500, 600000, "a relay that was not heard of for this long is dead, and its seats are given up, in ms; at least three times ECHOMEET_RELAY_SYNC_MS")
    LIMIT(grace_closed_ms, "GRACE_CLOSED_MS", "5000", 0, 600000, "a seat whose page was closed or reloaded is kept this long, in ms")
    LIMIT(grace_lost_ms, "GRACE_LOST_MS", "30000", 0, 600000, "a seat whose connection broke is kept this long, in ms")
    NUMBER(grace_unconnected_ms, "GRACE_UNCONNECTED_MS", "120000", 0, 86400000, "a seat, or a place in the lobby, that was taken by REST and that no connection has come to is kept this long, in ms; 0: for ever")
    NUMBER(slow_read_ms, "SLOW_READ_MS", "100", 1, 600000, "a reading request that runs longer than this, in ms, counts against its person, who may hold half of the main pool with such")
    NUMBER(housekeeping_ms, "HOUSEKEEPING_MS", "1000", 10, 60000, "between two looks of the pool at what is due, like the end of a meeting, in ms")
    NUMBER(meetings_per_person, "MEETINGS_PER_PERSON", "100", 0, 1000000, "open or planned meetings that one person may have made; 0: no limit")
    NUMBER(keep_chat_days, "KEEP_CHAT_DAYS", "365", 0, 36500, "days that chat messages are kept; 0: for ever")
    NUMBER(keep_events_days, "KEEP_EVENTS_DAYS", "365", 0, 36500, "days that the log of a meeting is kept, from which attendance, statistics and audit are read; 0: for ever")
    NUMBER(keep_meetings_days, "KEEP_MEETINGS_DAYS", "730", 0, 36500, "days that a meeting is kept with all that belongs to it when it is over; 0: for ever")
    NUMBER(keep_guests_days, "KEEP_GUESTS_DAYS", "30", 0, 36500, "days that guests, and the networks that they came from, are kept when their meeting is over; 0: for ever")
    NUMBER(keep_sessions_days, "KEEP_SESSIONS_DAYS", "90", 0, 36500, "days that a sign-in is kept after its last use, at least as long as it can be used; 0: for ever")
    NUMBER(rate_read, "RATE_READ", "1200", 0, 1000000, "reading requests of one user in a minute; 0: no limit")
    NUMBER(rate_write, "RATE_WRITE", "300", 0, 1000000, "changing requests and messages of one user in a minute; 0: no limit")
    NUMBER(rate_chat, "RATE_CHAT", "60", 0, 1000000, "chat messages, and changes of them, of one user in a minute; 0: no limit")
    NUMBER(rate_guests, "RATE_GUESTS", "60", 0, 1000000, "new guests from one network in a minute; 0: no limit")
    NUMBER(rate_sign_in_account, "RATE_SIGN_IN_ACCOUNT", "10", 0, 1000000, "sign-ins to one account in a minute, by strangers together and by each network and device that it knows; changes of its password by one sign-in; 0: no limit")
    NUMBER(rate_refresh, "RATE_REFRESH", "60", 0, 1000000, "refreshes of one sign-in in a minute, ten times as many from one network, and as many from one network with tokens that are not good; 0: no limit")
    NUMBER(rate_sign_in_address, "RATE_SIGN_IN_ADDRESS", "60", 0, 1000000, "sign-ins and new accounts from one network (an IPv4 address, or 64 bits of an IPv6 one) in a minute; 0: no limit")
    NUMBER(rate_wrong_codes, "RATE_WRONG_CODES", "30", 0, 1000000, "wrong codes of meetings, and numbers of none that one knows, from one account and from one network in a minute; 0: no limit")
    NUMBER(rate_password_guesses, "RATE_PASSWORD_GUESSES", "10", 0, 1000000, "wrong passwords for one meeting from one network in a minute; 0: no limit")
    NUMBER(rate_password_guesses_meeting, "RATE_PASSWORD_GUESSES_MEETING", "100", 0, 1000000, "wrong passwords for one meeting in a minute from all networks together; who was in it before counts alone; 0: no limit")
    TEXT(ice_servers, "ICE_SERVERS", "", "STUN addresses for the browsers, separated by commas, e.g. stun:stun.example.org:3478")
    TEXT(turn_urls, "TURN_URLS", "", "TURN addresses for the browsers, separated by commas, e.g. turn:turn.example.org:3478,turns:turn.example.org:5349; empty: none")
    TEXT(turn_secret_file, "TURN_SECRET_FILE", "", "file with the secret shared with the TURN server (coturn: use-auth-secret), one line")
    NUMBER(turn_ttl_s, "TURN_TTL_S", "3600", 10, 604800, "life of a browser's TURN credentials in seconds; a running call renews them")
    TEXT(media_node, "MEDIA_NODE", "", "name of this media node, the same at each start, up to 24 letters, digits, _ and -; empty: the machine's name")
    TEXT(media_group, "MEDIA_GROUP", "", "group, by name or number, of an account that media nodes run as: it may connect to the relay's pool too, and ask what media nodes ask; empty: they run as the account of the workers")
    TEXT(media_folder, "MEDIA_FOLDER", "var/media", "folder where a media node keeps the settings, sockets and logs of its Janus")
    TEXT(media_janus, "MEDIA_JANUS", "/usr", "prefix under which Janus is installed")
    NUMBER(media_capacity_pps, "MEDIA_CAPACITY_PPS", "50000", 1, 1000000000, "packets a second that this media node can send; it takes no further meeting above four fifths of them")
    NUMBER(media_max_kbits, "MEDIA_MAX_KBITS", "2000", 100, 100000, "kbit/s that a camera may send to this media node, a shared screen a quarter more; who goes on sending more than twice that is cut off")
    NUMBER(media_sync_ms, "MEDIA_SYNC_MS", "1000", 100, 60000, "between two calls of a media node to the workers, which also tell that it is alive, in ms")
    NUMBER(media_lease_ms, "MEDIA_LEASE_MS", "5000", 500, 600000, "a media node that was not heard of for this long is dead, and its meetings move to another one, in ms; at least three times ECHOMEET_MEDIA_SYNC_MS")
    NUMBER(mesh_max, "MESH_MAX", "4", 0, 10000, "a meeting with more people in it goes over a media server, where one runs; 0: every meeting does")
    TEXT(metrics_from, "METRICS_FROM", "127.0.0.1,::1", "networks that may read /metrics, separated by commas")
    TEXT(trusted_proxies, "TRUSTED_PROXIES", "127.0.0.1,::1", "networks of the proxies in front, separated by commas, e.g. 10.0.0.5,10.1.0.0/16: what they add to X-Forwarded-For, and say in X-Forwarded-Proto, is believed")
    TEXT(log_level, "LOG_LEVEL", "info", "least level that is logged: debug, info, warn, error")
#undef TEXT
#undef NUMBER
#undef LIMIT
};
/* clang-format on */

enum { VARIABLES = sizeof variables / sizeof *variables };

static enum err set_one(const struct variable *v, const char *value, struct config *c, char *problem, size_t size)
{
    void *member = (char *)c + v->offset;
    if (v->min == 0 && v->max == 0) {
        memcpy(member, &value, sizeof value);
        return ERR_OK;
    }
    int64_t number;
    if (!text_to_int(value, &number) || number < v->min || number > v->max) {
        snprintf(problem, size, "%s must be a whole number from %lld to %lld, not '%s'.", v->name, (long long)v->min,
                 (long long)v->max, value);
        return ERR_VALIDATION_FAILED;
    }
    memcpy(member, &number, sizeof number);
    return ERR_OK;
}

static enum err load_one(const struct variable *v, struct config *c, char *problem, size_t size)
{
    const char *value = getenv(v->name);
    return set_one(v, value && *value ? value : v->fallback, c, problem, size);
}

/* "NAME=value", "# …", or nothing. Writes into the line. */
static enum err take_line(char *line, struct config *c, char *problem, size_t size)
{
    char *name = text_trim(line), *equals = strchr(name, '=');
    if (!*name || *name == '#')
        return ERR_OK;
    if (equals)
        *equals = '\0';
    name = text_trim(name);
    for (int i = 0; i < VARIABLES; i++)
        if (equals && variables[i].limit && strcmp(variables[i].name, name) == 0)
            return set_one(&variables[i], text_trim(equals + 1), c, problem, size);
    snprintf(problem, size, "%s: '%.64s' is no limit that may stand there.", c->relay_limits_file, name);
    return ERR_VALIDATION_FAILED;
}

enum err config_load_limits(struct config *config, char *problem, size_t problem_size)
{
    struct config c = *config;
    char line[256];
    enum err e = ERR_OK;
    if (!*c.relay_limits_file)
        return ERR_OK;
    FILE *file = fopen(c.relay_limits_file, "re");
    if (!file) {
        snprintf(problem, problem_size, "ECHOMEET_RELAY_LIMITS_FILE: %s cannot be read.", c.relay_limits_file);
        return ERR_VALIDATION_FAILED;
    }
    while (!e && fgets(line, sizeof line, file))
        e = take_line(line, &c, problem, problem_size);
    fclose(file);
    if (!e)
        *config = c;
    return e;
}

/* Addresses of TURN servers (RFC 7065), and with them the secret's file. */
static bool turn_is_whole(const struct config *c)
{
    if (!*c->turn_urls)
        return true;
    for (const char *p = c->turn_urls; *p; p += strcspn(p, ","), p += *p == ',') {
        p += strspn(p, " ");
        if (strncmp(p, "turn:", 5) != 0 && strncmp(p, "turns:", 6) != 0)
            return false;
    }
    return *c->turn_secret_file;
}

static bool read_networks(struct config *c, char *problem, size_t size)
{
    const char *wrong = !networks_read(c->trusted_proxies, &c->proxies)        ? "TRUSTED_PROXIES"
                        : !networks_read(c->metrics_from, &c->metrics_readers) ? "METRICS_FROM"
                                                                               : NULL;
    if (wrong)
        snprintf(problem, size,
                 "ECHOMEET_%s must be up to %d networks like 10.0.0.5, 10.1.0.0/16 or ::1, separated by commas.", wrong,
                 NETWORKS);
    return !wrong;
}

/* Whoever lives is heard of at least three times in a lease. */
static bool leases_are_long(const struct config *c, char *problem, size_t size)
{
    const char *wrong = c->relay_lease_ms < 3 * c->relay_sync_ms   ? "RELAY"
                        : c->media_lease_ms < 3 * c->media_sync_ms ? "MEDIA"
                                                                   : NULL;
    if (wrong)
        snprintf(problem, size,
                 "ECHOMEET_%s_LEASE_MS must be at least three times ECHOMEET_%s_SYNC_MS: one that lives is heard of "
                 "that often.",
                 wrong, wrong);
    return !wrong;
}

static bool node_is_named(const struct config *c, char *problem, size_t size)
{
    bool good = !*c->media_node || media_wire_is_name((struct slice){c->media_node, strlen(c->media_node)});
    if (!good)
        snprintf(problem, size, "ECHOMEET_MEDIA_NODE must be up to %d letters, digits, '_' and '-'.",
                 LIMIT_MEDIA_NODE_CHARS);
    return good;
}

enum err config_load(struct config *out, char *problem, size_t problem_size)
{
    struct config c = {0};
    for (int i = 0; i < VARIABLES; i++) {
        enum err e = load_one(&variables[i], &c, problem, problem_size);
        if (e)
            return e;
    }
    if (!read_networks(&c, problem, problem_size))
        return ERR_VALIDATION_FAILED;
    if (!leases_are_long(&c, problem, problem_size) || !node_is_named(&c, problem, problem_size))
        return ERR_VALIDATION_FAILED;
    struct redis_servers servers;
    if (!redis_servers_read(&c, &servers)) {
        snprintf(problem, problem_size,
                 "ECHOMEET_REDIS_SERVERS must be up to %d of 'host:port' or 'unix:/path', separated by commas.",
                 REDIS_SERVERS);
        return ERR_VALIDATION_FAILED;
    }
    if (!turn_is_whole(&c)) {
        snprintf(
            problem, problem_size,
            "ECHOMEET_TURN_URLS must be addresses like turn:host:3478, separated by commas, and ECHOMEET_TURN_SECRET_FILE "
            "must name the file with their secret.");
        return ERR_VALIDATION_FAILED;
    }
    *out = c;
    return ERR_OK;
}

int config_log_level(const struct config *config)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(config->log_level, names[i]) == 0)
            return i;
    return LOG_INFO;
}

void config_print(FILE *out)
{
    for (int i = 0; i < VARIABLES; i++)
        fprintf(out, "%s\t%s\t%s\n", variables[i].name, variables[i].fallback, variables[i].meaning);
}

void config_reload(struct config *config)
{
    struct config anew;
    char problem[256] = "";
    enum err e = config_load(&anew, problem, sizeof problem);
    if (!e)
        e = config_load_limits(&anew, problem, sizeof problem);
    if (e) {
        log_event(LOG_ERROR, "limits_not_read", "problem", problem, NULL);
        return;
    }
    *config = anew;
    log_event(LOG_INFO, "limits_read", NULL);
}
