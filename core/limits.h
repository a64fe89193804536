/* Every fixed limit of EchoMeet, with its unit. What an administrator may change is in core/config.h. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stdint.h>

/* The largest id, and number of an event: all JSON parsers read it alike (RFC 8259 section 6). */
#define LIMIT_ID INT64_C(9007199254740991)

enum {
    /* REST */
    LIMIT_BODY_BYTES = 256 * 1024, /* request body */
    LIMIT_JSON_DEPTH = 16,         /* nested objects and arrays of a body or frame */
    LIMIT_PATH_PARAMS = 4,         /* ":name" parts of a route */
    LIMIT_PAGE_SIZE = 100,         /* items of a list page */
    LIMIT_DEFAULT_PAGE_SIZE = 20,
    LIMIT_PAGE = 1000000,      /* highest page number */
    LIMIT_LIST_OFFSET = 10000, /* items of a list before its page; further on only by cursor */
    LIMIT_LIST_TOTAL = 1000,   /* a list is counted up to this */
    LIMIT_LIST_SCANNED = 2000, /* meetings of a list looked at for what no index tells */
    LIMIT_CURSOR_CHARS = 1200, /* a title of 200 characters of four bytes, and what goes with it */

    /* accounts */
    LIMIT_EMAIL_CHARS = 254, /* RFC 5321 */
    LIMIT_DISPLAY_NAME_CHARS = 64,
    LIMIT_NAME_MARKS = 8, /* combining marks on one character of a name or title; scripts need up to six */
    LIMIT_PASSWORD_MIN_CHARS = 8,
    LIMIT_PASSWORD_MAX_CHARS = 128,
    LIMIT_KNOWN_NETWORK_DAYS = 90,      /* since a sign-in from there was used */
    LIMIT_REFRESH_REUSE_MS = 10 * 1000, /* two tabs may use one refresh token this close together */

    /* meetings */
    LIMIT_CODE_CHARS = 6, /* a meeting's code */
    LIMIT_CODE_TRIES = 8, /* new codes tried when one is taken */
    LIMIT_TITLE_CHARS = 200,
    LIMIT_DESCRIPTION_CHARS = 4000,
    LIMIT_DURATION_MINUTES = 8 * 60,
    LIMIT_START_PAST_MS = 5 * 60 * 1000, /* a start time may lie this far in the past: clocks differ */
    LIMIT_START_AHEAD_DAYS = 10 * 366,   /* and this far in the future: some 10 years */
    LIMIT_MEETING_PASSWORD_CHARS = 64,
    LIMIT_PARTICIPANTS = 10000, /* highest maxParticipants */
    LIMIT_DEFAULT_PARTICIPANTS = 100,
    LIMIT_DEFAULT_DURATION_MINUTES = 60,

    LIMIT_WAITING = 1000,         /* people in one lobby */
    LIMIT_COHOSTS = 100,          /* of one meeting */
    LIMIT_AUDIENCE_BYTES = 16000, /* the column that holds for whom an event is */
    LIMIT_INVITES = 100,          /* that one meeting may have at a time */
    LIMIT_INVITE_USES = 10000,
    LIMIT_INVITE_CHARS = 64,            /* its token */
    LIMIT_GUEST_TOKEN_S = 24 * 60 * 60, /* life of a guest's access token; there is no refresh token */
    LIMIT_GUEST_COMING_MS = 60 * 1000,  /* a new guest counts so long as one on the way */
    LIMIT_GUEST_FORGOTTEN_MS = (LIMIT_GUEST_TOKEN_S + 3600) * 1000, /* one who never came by then is forgotten */
    LIMIT_HOST_LOSS_MINUTES = 24 * 60,
    LIMIT_DEFAULT_HOST_LOSS_MINUTES = 5,
    LIMIT_EMPTY_MINUTES = 24 * 60,
    LIMIT_UNSTARTED_MS =
        24 * 60 * 60 * 1000,                /* a meeting that nobody came to expires this long after its planned end */
    LIMIT_ENDING_NOTICE_MS = 5 * 60 * 1000, /* a meeting that ends on time says so this long before */
    LIMIT_DUE_MEETINGS = 50,                /* and seats, that housekeeping looks at in one go */
    LIMIT_DUE_AGAIN_MS = 60 * 1000,         /* until it looks again at one for which it could do nothing */

    /* room */
    LIMIT_MESSAGE_CHARS = 4000, /* one chat message */
    LIMIT_CLIENT_ID_CHARS = 64, /* a client's own id of a message */
    LIMIT_SEAT_CHARS = 64,      /* a client's own name of the seat that it takes */
    LIMIT_JOIN_MESSAGES = 50,   /* chat history that a join brings along */
    LIMIT_MESSAGES_PAGE = 100,
    LIMIT_UNREAD = 1000,           /* unread messages are counted up to this */
    LIMIT_UNREAD_SCANNED = 5000,   /* messages looked at for that */
    LIMIT_TRANSCRIPT_PAGE = 10000, /* messages of a chat as text */
    LIMIT_PAGE_BYTES =
        1024 * 1024,         /* of text on a page of messages or events, at which it ends before its full number */
    LIMIT_TURN_TEST_S = 120, /* life of TURN credentials for trying the network, outside of a meeting */
    LIMIT_ADMITTED = 9,      /* people let in from the lobby in one transaction */
    LIMIT_EVENTS_PAGE = 500, /* events of one fetch; more missed than that: a snapshot */
    LIMIT_RESUME_MIB = 8,    /* of missed events; more than that: a snapshot as well */

    /* relay */
    LIMIT_FRAME_BYTES = 64 * 1024,    /* one message from a client */
    LIMIT_OUTPUT_BYTES = 1024 * 1024, /* waiting for one client, then it is cut (4408) */
    LIMIT_CLOCK_MS = 2000,            /* between relay and workers; more is told */
    LIMIT_KEPT_DESCRIPTORS = 160,     /* no sockets of clients: for calls in flight, Redis, sockets that are refused */
    LIMIT_PINGS_UNANSWERED = 2,       /* with so many the connection is dead */
    LIMIT_REFUSED_PAUSE_S = 10,       /* without a message refused for its rate, and they are counted anew */
    LIMIT_SIGNAL_BYTES =
        32 * 1024, /* data of a webrtc_signal; with two shared screens with sound an offer of Chromium has 19 KB */
    LIMIT_SIGNALS_WAITING_BYTES = 512 * 1024, /* waiting for one client, then what nobody keeps is dropped */
    LIMIT_TRANSIENT_BYTES = 1024,             /* data of a message that nobody keeps: typing, reaction */
    LIMIT_BAD_MESSAGES = 20,                  /* of one connection, then it is closed (4400) */
    LIMIT_UNREAD_REPLY_BYTES =
        256 * 1024,                       /* replies that a client leaves unread before its socket is not read either */
    LIMIT_DRAIN_MS = 2 * 1000,            /* for all clients, when the relay ends */
    LIMIT_GAP_MS = 100,                   /* a gap in a room's events may close by itself before it is fetched */
    LIMIT_RETRY_MS = 5 * 1000,            /* longest pause between two tries of anything */
    LIMIT_PRESENCE_CALLS = 4,             /* with reports of ended connections, so that clients' calls have room */
    LIMIT_PRESENCE_BATCH = 100,           /* reports in one call */
    LIMIT_CALL_QUEUE = 16,                /* calls of one connection that wait for its call in flight */
    LIMIT_CALLS_IN_FLIGHT = 64,           /* worker calls of one relay at once */
    LIMIT_CALL_MS = 10 * 1000,            /* deadline of one worker call */
    LIMIT_REPLY_BYTES = 16 * 1024 * 1024, /* a worker's: a page of the largest events, or a room of all who may be in */
    LIMIT_RING_MS = 15 * 1000,            /* that long at least; whoever needs older ones has them fetched */
    LIMIT_ROOM_RING_EVENTS = 256,         /* recent events of a room kept in the relay */
    LIMIT_SYNC_DEGRADED_MS = 1000,        /* between syncs with the workers while Redis is away, at most */
    LIMIT_SYNC_ROOMS = 20000,             /* rooms named in one sync */

    /* media nodes */
    LIMIT_MEDIA_NODE_CHARS = 24,                    /* a node's name */
    LIMIT_MEDIA_VERSION_CHARS = 32,                 /* of the media server that it says it runs */
    LIMIT_MEDIA_PPS = 1000000000,                   /* packets a second that a node can say it sends */
    LIMIT_MEDIA_NEW_PPS = 2000,                     /* that a meeting counts for until its node has reported again */
    LIMIT_MEDIA_MOVES = 20,                         /* meetings moved off a node, or to one that came up, in one go */
    LIMIT_MEDIA_KNOWN_MS = 1000,                    /* that a worker goes by what it knows of whether a node has room */
    LIMIT_MEDIA_FORGOTTEN_MS = 24 * 60 * 60 * 1000, /* a node that was not heard of for so long is forgotten */

    /* workers */
    LIMIT_RECEIVE_MS = 5 * 1000,    /* for the web server to hand over a request with all of its body */
    LIMIT_SEND_MS = 10 * 1000,      /* and to take the answer */
    LIMIT_STATEMENT_MS = 10 * 1000, /* one SQL statement, then the server breaks it off */
    LIMIT_WRITE_CHECK_MS = 2000,    /* between two looks whether the database can be written to */
    LIMIT_WRITE_REFUSED_MS = 5000,  /* that long after it could not, it counts as one that cannot */
    LIMIT_SLOW_READS_LEAST = 2,     /* of one person at once, where half of the pool is less */
    LIMIT_KEPT_BYTES = 64 * 1024,   /* of a buffer, kept from one request to the next */
    LIMIT_TX_TRIES = 5,             /* a transaction that ends in a deadlock is tried again */
    LIMIT_LISTEN_BACKLOG = 1024,    /* lighttpd opens a connection per request */

    /* jobs */
    LIMIT_JOB_LOST_MS = 5 * 1000,         /* a worker that has a job for so much longer than it may is lost */
    LIMIT_JOB_BACK_OFF_MS = 3600 * 1000,  /* longest pause between two tries */
    LIMIT_JOB_DONE_MS = 24 * 3600 * 1000, /* that one which is done is shown to administrators */
    LIMIT_JOB_KIND_CHARS = 32,            /* the name of a kind */

    LIMIT_HOLD_REASON_CHARS = 500,
    LIMIT_DELETION_PART_MS = 20 * 1000, /* that a deletion works before others get their turn */
    LIMIT_DELETION_EVENTS = 200,        /* looked at in one transaction */

    LIMIT_KEEP_DAYS = 3650,    /* that a meeting may want what it holds to be kept */
    LIMIT_RETENTION_ROWS = 200 /* old rows looked at, and removed in one transaction */
};

#endif
