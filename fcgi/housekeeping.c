#include "fcgi/housekeeping.h"

#include <signal.h>

#include "core/ids.h"
#include "core/limits.h"
#include "core/log.h"
#include "service/expiry.h"
#include "service/media_node.h"
#include "service/presence.h"
#include "service/sign_out.h"

/* One look; whether there may be more to do at once. */
static bool housekeeping_round(struct app *app, struct arena *arena, struct score *score)
{
    char id[IDS_REQUEST_CHARS + 1];
    int sessions = 0, meetings = 0, seats = 0, moves = 0;
    ids_request(&app->random, id);
    struct context ctx = {.app = app, .arena = arena, .request_id = id, .address = "", .user_agent = ""};
    log_request(id);
    score_begin(score, clock_now_ms(&app->clock), id);
    enum err e = sign_out_sweep(&ctx, &sessions);
    if (!e)
        e = expiry_tick(&ctx, &meetings);
    if (!e)
        e = presence_sweep_unconnected(&ctx, &seats);
    if (!e)
        e = media_node_sweep(&ctx, &moves);
    if (e)
        log_event(LOG_WARN, "housekeeping_failed", "code", err_code(e), NULL);
    score_end(score);
    log_request(NULL);
    arena_reset(arena);
    return !e && (sessions == LIMIT_DUE_MEETINGS || meetings == LIMIT_DUE_MEETINGS || seats == LIMIT_DUE_MEETINGS ||
                  moves == LIMIT_DUE_MEETINGS);
}

void housekeeping_loop(struct app *app, struct score *score)
{
    struct arena *arena = arena_new();
    int64_t pause_ms = app->config->housekeeping_ms;
    struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000}, none = {0, 0};
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    bool more = false;
    while (sigtimedwait(&term, NULL, more ? &none : &pause) != SIGTERM)
        more = housekeeping_round(app, arena, score);
    arena_free(&arena);
}
