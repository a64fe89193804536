/* echomeet-api: the pool of workers, the migrations of its database, and the administrator's commands. Configuration
 * comes by environment (--help lists it). */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "db/migrate.h"
#include "fcgi/admin.h"
#include "fcgi/pool.h"

static int usage(void)
{
    puts("Usage: echomeet-api                 runs the workers until SIGTERM\n"
         "       echomeet-api migrate FOLDER  brings the database up to date\n"
         "       echomeet-api user …          lists, makes, disables and enables accounts\n"
         "       echomeet-api media …         lists and drains media nodes\n"
         "       echomeet-api --help          shows this\n"
         "\n"
         "Environment (name, default, meaning):");
    config_print(stdout);
    return 0;
}

static int migrate(const struct config *config, const char *folder)
{
    struct clock clock = clock_system();
    int applied;
    enum err e = migrate_run(config, &clock, folder, &applied);
    if (e) {
        fprintf(stderr, "The database could not be brought up to date (%s).\n", err_code(e));
        return 1;
    }
    printf("%d migrations applied\n", applied);
    return 0;
}

/* The path and not /proc/self/exe itself: after an upgrade, SIGHUP shall start the new file. */
static const char *program_path(char path[static PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return path;
}

int main(int argc, char **argv)
{
    struct config config;
    char problem[256], path[PATH_MAX];
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return usage();
    if (config_load(&config, problem, sizeof problem) != ERR_OK) {
        fprintf(stderr, "%s\n", problem);
        return 2;
    }
    log_setup("api", (enum log_level)config_log_level(&config));
    if (argc == 1)
        return pool_run(&config, program_path(path));
    if (strcmp(argv[1], "worker") == 0)
        return pool_worker(&config, argc, argv);
    if (argc == 3 && strcmp(argv[1], "migrate") == 0)
        return migrate(&config, argv[2]);
    if (strcmp(argv[1], "user") == 0)
        return admin_user(&config, argc - 2, argv + 2);
    if (strcmp(argv[1], "media") == 0)
        return admin_media(&config, argc - 2, argv + 2);
    fputs("echomeet-api: see --help\n", stderr);
    return 2;
}
