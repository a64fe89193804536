/* MySQL commits each DDL statement by itself, so a migration that fails in the middle is not undone. Its row in
 * schema_migrations is written before it runs and marked when it is through: a half-done one is named, not run again.
 */
#include "db/migrate.h"

#include <glob.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "db/db.h"

static const char SQL_LOCK[] = "SELECT GET_LOCK('echomeet_migrate', 120)";
static const char SQL_UNLOCK[] = "SELECT RELEASE_LOCK('echomeet_migrate')";
static const char SQL_TABLE[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, checksum CHAR(64) NOT NULL, "
    "started_at DATETIME(3) NOT NULL, applied_at DATETIME(3) NULL) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";
static const char SQL_FIND[] = "SELECT checksum, applied_at FROM schema_migrations WHERE version = ?";
static const char SQL_START[] =
    "INSERT INTO schema_migrations (version, name, checksum, started_at) VALUES (?, ?, ?, ?)";
static const char SQL_DONE[] = "UPDATE schema_migrations SET applied_at = ? WHERE version = ?";
static const char SQL_VERSION[] =
    "SELECT CAST(COALESCE(MAX(version), 0) AS SIGNED) FROM schema_migrations WHERE applied_at IS NOT NULL";

struct migration {
    int64_t version;
    const char *name;
    struct buf script;
    char checksum[2 * crypto_generichash_BYTES + 1];
};

static enum err read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_NOT_FOUND;
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_append(out, part, n);
    fclose(f);
    return out->len && !out->failed ? ERR_OK : ERR_INTERNAL;
}

static enum err migration_read(const char *path, struct migration *m)
{
    const char *slash = strrchr(path, '/');
    m->name = slash ? slash + 1 : path;
    m->version = atoll(m->name);
    if (m->version <= 0 || read_file(path, &m->script) != ERR_OK)
        return ERR_NOT_FOUND;
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, (unsigned char *)m->script.data, m->script.len, NULL, 0);
    sodium_bin2hex(m->checksum, sizeof m->checksum, hash, sizeof hash);
    return ERR_OK;
}

/* ERR_OK: applied before, the same file. ERR_DB_NO_ROW: not yet. */
static enum err migration_state(struct db *db, struct arena *arena, const struct migration *m)
{
    struct db_rows rows;
    enum err e = db_select(db, arena, SQL_FIND, DB_PARAMS(db_int(m->version)), &rows);
    if (!e)
        e = db_next(&rows);
    if (e)
        return e;
    const char *checksum = db_get_text(&rows);
    int64_t applied_at = db_get_time(&rows);
    db_end(&rows);
    if (!applied_at) {
        log_event(LOG_ERROR, "migration_half_done", "file", m->name, "advice",
                  "restore the backup, or finish it by hand and set applied_at", NULL);
        return ERR_CONFLICT;
    }
    if (strcmp(checksum, m->checksum) != 0) {
        log_event(LOG_ERROR, "migration_changed", "file", m->name, NULL);
        return ERR_CONFLICT;
    }
    return ERR_OK;
}

static enum err migration_apply(struct db *db, const struct clock *clock, const struct migration *m)
{
    enum err e = db_execute(
        db, SQL_START,
        DB_PARAMS(db_int(m->version), db_text(m->name), db_text(m->checksum), db_time(clock_now_ms(clock))), NULL);
    if (!e)
        e = db_run_script(db, m->script.data);
    if (!e)
        e = db_execute(db, SQL_DONE, DB_PARAMS(db_time(clock_now_ms(clock)), db_int(m->version)), NULL);
    log_event(e ? LOG_ERROR : LOG_INFO, e ? "migration_failed" : "migration_applied", "file", m->name, NULL);
    return e;
}

static enum err apply_file(struct db *db, const struct clock *clock, const char *path, int *applied)
{
    struct migration m = {0};
    struct arena *arena = arena_new();
    enum err e = migration_read(path, &m);
    if (e)
        log_event(LOG_ERROR, "migration_unreadable", "file", path, NULL);
    else
        e = migration_state(db, arena, &m);
    if (e == ERR_DB_NO_ROW) {
        e = migration_apply(db, clock, &m);
        *applied += !e;
    }
    buf_free(&m.script);
    arena_free(&arena);
    return e;
}

static enum err apply_all(struct db *db, const struct clock *clock, const char *folder, int *applied)
{
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/[0-9][0-9][0-9][0-9]_*.sql", folder);
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0) {
        log_event(LOG_ERROR, "migrations_missing", "folder", folder, NULL);
        return ERR_NOT_FOUND;
    }
    enum err e = ERR_OK;
    for (size_t i = 0; i < files.gl_pathc && !e; i++)
        e = apply_file(db, clock, files.gl_pathv[i], applied);
    globfree(&files);
    return e;
}

/* The account may lack the right to make databases; then it must be there, and the first use tells. */
static void create_database(const struct config *config)
{
    struct config without = *config;
    without.mysql_database = "";
    struct db *db = db_new(&without);
    char sql[256];
    size_t len = strspn(config->mysql_database, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    snprintf(sql, sizeof sql,
             "CREATE DATABASE IF NOT EXISTS `%.*s` DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", (int)len,
             config->mysql_database);
    if (db_run_script(db, sql) != ERR_OK)
        log_event(LOG_WARN, "database_not_created", "database", config->mysql_database, NULL);
    db_free(&db);
}

enum err migrate_run(const struct config *config, const struct clock *clock, const char *folder, int *applied)
{
    create_database(config);
    struct db *db = db_new(config);
    int64_t locked = 0;
    int count = 0;
    enum err e = db_select_int(db, SQL_LOCK, DB_NO_PARAMS, &locked);
    if (!e && !locked)
        e = ERR_TIMEOUT;
    if (!e)
        e = db_run_script(db, SQL_TABLE);
    if (!e)
        e = apply_all(db, clock, folder, &count);
    if (locked && db_select_int(db, SQL_UNLOCK, DB_NO_PARAMS, &locked) != ERR_OK)
        log_event(LOG_WARN, "migration_lock", "advice", "the lock goes with the connection", NULL);
    db_free(&db);
    if (!e)
        *applied = count;
    return e;
}

enum err migrate_version(struct db *db, int64_t *version)
{
    return db_select_int(db, SQL_VERSION, DB_NO_PARAMS, version);
}
