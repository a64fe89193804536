/* Tokens of invitations (service/invite.c): whatever comes, none is good for a meeting that it was not made for, and
 * the database is not asked about one that was not made here. An input that begins with "!" is the id of an invitation
 * to another meeting: its own token is tried as well. */
#include "core/text.h"
#include "service/invite.h"
#include "tests/fuzz/fuzz.h"

enum { MEETING = 7, ANOTHER = 8 };

/* There is no database: a token that was taken for a good one would end the program. */
static struct app app = {.password_key = {3, 1, 4, 1, 5, 9}};

static void refuses(struct context *ctx, const char *token)
{
    struct invite out = {.id = -1};
    MUST(invite_check(ctx, MEETING, token, &out) == ERR_INVITE_INVALID && out.id == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct arena *arena = arena_new();
    struct context ctx = {.app = &app, .arena = arena};
    struct invite other = {.meeting_id = ANOTHER};
    refuses(&ctx, text);
    if (text[0] == '!' && text_to_int(text + 1, &other.id))
        refuses(&ctx, invite_token(&ctx, &other));
    arena_free(&arena);
    free(text);
    return 0;
}
