/* Configuration: everything that an administrator may set, read from the environment at start.
 * The table in config.c is the one list of variables; docs/operation.md shows the same. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/network.h"

struct config {
    /* MySQL or MariaDB: a unix socket where one is set, else host and port */
    const char *mysql_socket;
    const char *mysql_host;
    int64_t mysql_port;
    const char *mysql_user;
    const char *mysql_password; /* a secret: never logged */
    const char *mysql_database;
    /* Redis: a unix socket where one is set, else host and port */
    const char *redis_socket;
    const char *redis_host;
    int64_t redis_port;
    const char *redis_servers;  /* several Redis instead of that one, see core/redis.h; empty: none */
    const char *redis_password; /* a secret: never logged */
    /* the pool's listening sockets (paths) and workers behind each */
    const char *api_socket;
    const char *signin_socket;
    const char *relay_socket;
    int64_t api_workers;
    int64_t signin_workers;
    int64_t relay_workers;
    int64_t job_workers;
    int64_t deletion_grace_days; /* until an account that somebody deleted is gone */
    int64_t request_limit_ms;    /* a worker that holds one request longer is killed */
    /* files with secrets, made at the first start */
    const char *jwt_key_file;
    const char *password_key_file;
    int64_t password_hash_kib;    /* Argon2id's memory cost, KiB */
    int64_t password_hash_passes; /* and its time cost */
    const char *token_issuer;
    int64_t access_token_s;  /* life of an access token, seconds */
    int64_t refresh_token_s; /* life of a refresh token, seconds */
    /* the relay */
    const char *relay_listen;  /* "address:port" */
    const char *relay_id;      /* unique among the relays; made up at start where empty */
    const char *relay_origins; /* origins of pages that may connect, separated by commas; empty: the page's own host;
                                  "*": any */
    int64_t relay_sockets;     /* in all; 0: as many as descriptors allow */
    int64_t relay_sockets_account; /* signed in, of one account; 0: no limit */
    int64_t relay_sockets_network; /* signed in, of one network; 0: no limit */
    int64_t relay_unauthenticated; /* sockets of one network that have not signed in; 0: no limit */
    int64_t relay_rate_signals;    /* messages of one connection in a second, by class; ten seconds' worth may come at
                                      once; 0: no limit */
    int64_t relay_rate_signal_bytes;
    int64_t relay_rate_calls;
    int64_t relay_rate_transient;
    int64_t relay_rate_pings;
    const char *relay_limits_file; /* limits that may change while the relay runs; empty: none */
    int64_t relay_drain_ms;        /* its connections are closed over this time when it ends */
    int64_t relay_refused;         /* messages over those limits, then the connection is closed (4429) */
    int64_t relay_auth_ms;         /* for a client to send a token after the connection opened */
    int64_t relay_ping_ms;         /* between WebSocket pings; with LIMIT_PINGS_UNANSWERED the connection is dead */
    int64_t relay_token_grace_ms;  /* a connection outlives its token by this, to get a new one */
    int64_t relay_close_ms;        /* for a client to answer our close frame */
    int64_t relay_sync_ms;         /* between syncs with the workers; each is a heartbeat too */
    int64_t relay_lease_ms;        /* a relay that the workers did not hear of for this long is dead */
    int64_t grace_unconnected_ms;  /* a seat that no connection has is kept this long; 0: for ever */
    int64_t grace_closed_ms;       /* a seat whose page was closed or reloaded is kept this long */
    int64_t grace_lost_ms;         /* a seat whose connection broke is kept this long */
    int64_t slow_read_ms;          /* a reading request that runs longer counts against its person */
    int64_t keep_chat_days;        /* each 0: for ever */
    int64_t keep_events_days;
    int64_t keep_meetings_days; /* after they are over, as guests */
    int64_t keep_guests_days;
    int64_t keep_sessions_days;  /* after their last use */
    int64_t housekeeping_ms;     /* between two looks at what is due */
    int64_t meetings_per_person; /* open or planned ones that somebody may have made; 0: no limit */
    /* rate limits: requests in a minute, all of which may come at once; 0: no limit */
    int64_t rate_read;                     /* of one user */
    int64_t rate_write;                    /* of one user */
    int64_t rate_sign_in_account;          /* sign-ins to one account */
    int64_t rate_refresh;                  /* refreshes of one sign-in */
    int64_t rate_sign_in_address;          /* sign-ins and new accounts from one network */
    int64_t rate_chat;                     /* chat messages of one user */
    int64_t rate_guests;                   /* new guests from one network */
    int64_t rate_wrong_codes;              /* of one account, and of one network */
    int64_t rate_password_guesses;         /* wrong passwords for one meeting from one network */
    int64_t rate_password_guesses_meeting; /* and from all, by those who were never in it */
    /* media */
    const char *ice_servers;      /* STUN addresses, separated by commas; may be empty */
    const char *turn_urls;        /* TURN addresses, separated by commas; empty: no TURN server */
    const char *turn_secret_file; /* the secret shared with it */
    int64_t turn_ttl_s;           /* life of a browser's credentials there, seconds */
    const char *media_node;       /* name of this media node, the same at each start; empty: the machine's */
    const char *media_group;      /* that may connect to the relay's pool for its media nodes; empty: none */
    const char *media_folder;     /* where it keeps what belongs to its Janus */
    const char *media_janus;      /* prefix under which Janus is installed */
    int64_t media_capacity_pps;   /* packets a second that this node can send */
    int64_t media_max_kbits;      /* in a second that a camera may send */
    int64_t media_sync_ms;        /* between two calls of a media node; each is a sign of life */
    int64_t media_lease_ms;       /* a media node that the workers did not hear of for this long is dead */
    int64_t mesh_max;             /* people in a meeting without a media server; 0: every meeting wants one */
    /* where clients come from */
    const char *metrics_from;        /* networks that may read /metrics, separated by commas */
    const char *trusted_proxies;     /* networks whose X-Forwarded-For and X-Forwarded-Proto are believed */
    struct networks metrics_readers; /* both as read */
    struct networks proxies;
    /* log */
    const char *log_level; /* debug, info, warn, error */
};

/* Reads the environment. On ERR_VALIDATION_FAILED `problem` holds one sentence that names the variable.
 * The texts point into the environment and live as long as it. */
MUST_CHECK enum err config_load(struct config *out, char *problem, size_t problem_size);

/* Takes the relay's limits that stand in config->relay_limits_file, lines "NAME=value", from there; nothing where it
 * names no file. ERR_VALIDATION_FAILED with a sentence in `problem`, and then the limits are as they were. */
MUST_CHECK enum err config_load_limits(struct config *config, char *problem, size_t problem_size);

/* All of it anew, as at a start. With a fault *config stays as it is, and the log says why. */
void config_reload(struct config *config);

/* The log level as core/log.h has it; INFO where the text is none. */
int config_log_level(const struct config *config);

/* Prints the table of variables, one line each: name, default, meaning. For `--help` and the documentation's test. */
void config_print(FILE *out);

#endif
