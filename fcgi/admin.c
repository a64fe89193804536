#include "fcgi/admin.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "service/account.h"
#include "service/media_node.h"

static int user_usage(void)
{
    fputs("Usage: echomeet-api user list\n"
          "       echomeet-api user create E-MAIL NAME   reads the password from standard input, one line\n"
          "       echomeet-api user disable E-MAIL       ends its sign-ins, takes it out of meetings, keeps it out\n"
          "       echomeet-api user enable E-MAIL\n"
          "       echomeet-api user admin E-MAIL yes|no  makes it an administrator, or no longer\n",
          stderr);
    return 2;
}

static enum err list(struct context *ctx)
{
    struct user *items;
    int count;
    enum err e;
    int64_t after = 0;
    puts("ID\tE-MAIL\tNAME\tSTATE\tCREATED\tLAST SIGN-IN");
    while (!(e = account_list(ctx, NULL, after, LIMIT_PAGE_SIZE, &items, &count)) && count) {
        for (int i = 0; i < count; i++) {
            const struct user *u = &items[i];
            char created[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE] = "never";
            time_format(u->created_at_ms, created);
            if (u->last_sign_in_at_ms)
                time_format(u->last_sign_in_at_ms, last);
            printf("%lld\t%s\t%s\t%s\t%s\t%s\n", (long long)u->id, u->email, u->display_name,
                   u->disabled_at_ms ? "disabled"
                   : u->is_admin     ? "admin"
                                     : "active",
                   created, last);
            after = u->id;
        }
        arena_reset(ctx->arena);
    }
    return e;
}

static enum err create(struct context *ctx, const char *email, const char *name)
{
    char password[4 * LIMIT_PASSWORD_MAX_CHARS + 2] = "";
    struct user user;
    if (fgets(password, sizeof password, stdin))
        password[strcspn(password, "\n")] = '\0';
    enum err e = account_create(ctx, email, password, name, &user);
    if (!e)
        printf("%lld\t%s\n", (long long)user.id, user.email);
    return e;
}

static enum err user_verb(struct context *ctx, int argc, char **argv, int *status)
{
    const char *verb = argc ? argv[0] : "";
    if (argc == 1 && strcmp(verb, "list") == 0)
        return list(ctx);
    if (argc == 3 && strcmp(verb, "create") == 0)
        return create(ctx, argv[1], argv[2]);
    if (argc == 2 && (strcmp(verb, "disable") == 0 || strcmp(verb, "enable") == 0))
        return account_set_disabled(ctx, argv[1], verb[0] == 'd');
    if (argc == 3 && strcmp(verb, "admin") == 0 && (strcmp(argv[2], "yes") == 0 || strcmp(argv[2], "no") == 0))
        return account_set_admin(ctx, argv[1], argv[2][0] == 'y');
    *status = user_usage();
    return ERR_OK;
}

static int media_usage(void)
{
    fputs(
        "Usage: echomeet-api media list            the media nodes, what they carry and what they can\n"
        "       echomeet-api media drain NODE      gives it no meeting any more, and moves those that it carries away\n"
        "       echomeet-api media undrain NODE\n",
        stderr);
    return 2;
}

static enum err list_nodes(struct context *ctx)
{
    struct media_node *items;
    int count;
    enum err e = media_node_list(ctx, &items, &count);
    if (e)
        return e;
    puts("NODE\tSTATE\tMEETINGS\tLOAD\tCAPACITY\tJANUS\tSINCE");
    for (int i = 0; i < count; i++) {
        const struct media_node *n = &items[i];
        char since[TIME_TEXT_SIZE];
        time_format(n->alive_since_ms, since);
        printf("%s\t%s\t%lld\t%lld\t%lld\t%s\t%s\n", n->name,
               n->lease_until_ms < context_now_ms(ctx) ? "dead"
               : n->is_drained                         ? "drained"
               : n->is_draining                        ? "draining"
                                                       : "active",
               (long long)n->meetings, (long long)n->load_pps, (long long)n->capacity_pps, n->version, since);
    }
    return ERR_OK;
}

static enum err media_verb(struct context *ctx, int argc, char **argv, int *status)
{
    const char *verb = argc ? argv[0] : "";
    if (argc == 1 && strcmp(verb, "list") == 0)
        return list_nodes(ctx);
    if (argc == 2 && (strcmp(verb, "drain") == 0 || strcmp(verb, "undrain") == 0))
        return media_node_set_drained(ctx, argv[1], verb[0] == 'd');
    *status = media_usage();
    return ERR_OK;
}

static int run(const struct config *config, int argc, char **argv,
               enum err (*verb)(struct context *ctx, int argc, char **argv, int *status))
{
    struct app app;
    if (app_open(&app, config, NULL) != ERR_OK)
        return 1;
    struct arena *arena = arena_new();
    struct context ctx = {.app = &app, .arena = arena, .request_id = "admin", .address = "", .user_agent = ""};
    int status = 0;
    enum err e = verb(&ctx, argc, argv, &status);
    if (e) {
        fprintf(stderr, "%s (%s)\n", ctx.fault.detail[0] ? ctx.fault.detail : err_title(e), err_code(e));
        status = 1;
    }
    arena_free(&arena);
    app_close(&app);
    return status;
}

int admin_user(const struct config *config, int argc, char **argv) { return run(config, argc, argv, user_verb); }

int admin_media(const struct config *config, int argc, char **argv) { return run(config, argc, argv, media_verb); }
