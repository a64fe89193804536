/* A room by itself, for tests with a real Janus: reads what would come from a meeting's log and from pages on its
 * standard input, and writes what is said to pages on its standard output, a line each.
 *
 *     room_driver FOLDER API_SECRET ADMIN_SECRET ADMIN_KEY KBITS
 *
 * FOLDER has Janus's sockets; KBITS is what a camera may send.
 *
 * in:   open EPOCH · close · member USER AUDIO VIDEO SCREEN · remove USER · drop USER · signal USER JSON
 * out:  up VERSION · down WHY · failed · say USER JSON */
#include <ev.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/skim.h"
#include "media/rates.h"
#include "media/room.h"

enum { MEETING = 1, LINE_BYTES = 128 * 1024 };

struct driver {
    struct ev_loop *loop;
    struct janus *janus;
    struct random random;
    struct room *room;
    struct room_options options;
    struct buf input;
};

static void say(void *data, int64_t user_id, const char *json, size_t len)
{
    (void)data;
    printf("say %lld %.*s\n", (long long)user_id, (int)len, json);
}

static void failed(void *data)
{
    struct driver *d = data;
    room_free(&d->room);
    puts("failed");
}

static const struct room_hooks room_hooks = {.say = say, .failed = failed};

static void on_up(void *data, int version)
{
    (void)data;
    printf("up %d\n", version);
}

static void on_down(void *data, enum janus_loss why)
{
    struct driver *d = data;
    room_free(&d->room);
    printf("down %d\n", why);
}

static const struct janus_hooks janus_hooks = {.up = on_up, .down = on_down};

static void run_line(struct driver *d, const char *line)
{
    long long user;
    int audio, video, screen, at = 0;
    if (sscanf(line, "open %lld", &user) == 1)
        d->room = room_new(d->loop, d->janus, &d->options, &d->random, MEETING, user, &room_hooks, d);
    else if (strcmp(line, "close") == 0)
        room_free(&d->room);
    else if (!d->room)
        return;
    else if (sscanf(line, "member %lld %d %d %d", &user, &audio, &video, &screen) == 4)
        room_set_member(d->room, user, (struct room_flags){audio, video, screen});
    else if (sscanf(line, "remove %lld", &user) == 1)
        room_remove_member(d->room, user);
    else if (sscanf(line, "drop %lld", &user) == 1)
        room_drop_connections(d->room, user);
    else if (sscanf(line, "signal %lld %n", &user, &at) == 1 && skim_check(line + at, strlen(line + at), 16))
        room_signal(d->room, user, line + at, strlen(line + at));
}

static void on_input(struct ev_loop *loop, ev_io *watcher, int revents)
{
    (void)revents;
    struct driver *d = watcher->data;
    char bytes[LINE_BYTES];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    buf_append(&d->input, bytes, (size_t)n);
    for (char *nl; (nl = memchr(d->input.data, '\n', d->input.len));) {
        *nl = '\0';
        run_line(d, d->input.data);
        buf_consume(&d->input, (size_t)(nl + 1 - d->input.data));
    }
}

int main(int argc, char **argv)
{
    struct driver d = {.loop = ev_default_loop(0)};
    if (argc != 6 || sodium_init() < 0)
        return EXIT_FAILURE;
    char api[PATH_MAX], admin[PATH_MAX];
    snprintf(api, sizeof api, "%s/janus.sock", argv[1]);
    snprintf(admin, sizeof admin, "%s/admin.sock", argv[1]);
    struct janus_options options = {api, argv[2], 3000, 50};
    struct rates_options rates_options = {admin, argv[3]};
    d.random = random_system();
    d.options = (struct room_options){argv[4], rates_new(d.loop, &rates_options, &d.random), atoi(argv[5])};
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_setup("room_driver", LOG_INFO);
    d.janus = janus_new(d.loop, &options, &d.random, &janus_hooks, &d);
    ev_io input;
    ev_io_init(&input, on_input, STDIN_FILENO, EV_READ);
    input.data = &d;
    ev_io_start(d.loop, &input);
    ev_run(d.loop, 0);
    room_free(&d.room);
    rates_free(&d.options.rates);
    janus_free(&d.janus);
    buf_free(&d.input);
    return EXIT_SUCCESS;
}
