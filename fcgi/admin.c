#include "fcgi/admin.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "service/account.h"

static int usage(void)
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

static enum err run_verb(struct context *ctx, int argc, char **argv, int *status)
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
    *status = usage();
    return ERR_OK;
}

int admin_user(const struct config *config, int argc, char **argv)
{
    struct app app;
    if (app_open(&app, config, NULL) != ERR_OK)
        return 1;
    struct arena *arena = arena_new();
    struct context ctx = {.app = &app, .arena = arena, .request_id = "admin", .address = "", .user_agent = ""};
    int status = 0;
    enum err e = run_verb(&ctx, argc, argv, &status);
    if (e) {
        fprintf(stderr, "%s (%s)\n", ctx.fault.detail[0] ? ctx.fault.detail : err_title(e), err_code(e));
        status = 1;
    }
    arena_free(&arena);
    app_close(&app);
    return status;
}
