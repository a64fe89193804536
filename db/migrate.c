/* MySQL commits each change of a table by itself, so a migration that fails in the middle is not undone. It goes on
 * where it broke off instead: its row in schema_migrations counts the statements that are done.
 *
 * A statement that changes rows commits together with its count. One that changes a table cannot: where the program or
 * the server ends between the two, the row says that it was started, and nothing says whether it was done. It is run
 * again then, and if it was done, its error tells so (ERR_DB_DONE_ALREADY). That is true of ADD, DROP and CREATE;
 * MODIFY does no harm twice; a migration does not rename anything.
 *
 * Programs before this one counted nothing (statements_done is NULL). What they left half done is run from its
 * beginning, each statement as one that may have been done. Their files bear that. */
#include "db/migrate.h"

#include <glob.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "db/db.h"
#include "db/email_forms.h"
#include "db/script.h"

enum { LOCK_REMINDER_S = 60 }; /* between two lines of the log while another starter migrates */

static const char SQL_LOCK[] = "SELECT GET_LOCK('echomeet_migrate', ?)";
static const char SQL_UNLOCK[] = "SELECT RELEASE_LOCK('echomeet_migrate')";
static const char SQL_TABLE[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, checksum CHAR(64) NOT NULL, "
    "started_at DATETIME(3) NOT NULL, applied_at DATETIME(3) NULL) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";
static const char SQL_HAS_COLUMNS[] =
    "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND "
    "table_name = 'schema_migrations' AND column_name = 'statement_started_at'";
static const char SQL_COLUMNS[] = "ALTER TABLE schema_migrations ADD COLUMN statements_done INT UNSIGNED NULL, "
                                  "ADD COLUMN statement_started_at DATETIME(3) NULL";
static const char SQL_FIND[] = "SELECT checksum, applied_at, statements_done IS NOT NULL, statements_done, "
                               "statement_started_at FROM schema_migrations WHERE version = ?";
static const char SQL_START[] =
    "INSERT INTO schema_migrations (version, name, checksum, started_at, statements_done) VALUES (?, ?, ?, ?, 0)";
static const char SQL_STATEMENT_STARTED[] = "UPDATE schema_migrations SET statement_started_at = ? WHERE version = ?";
static const char SQL_STATEMENT_DONE[] =
    "UPDATE schema_migrations SET statements_done = statements_done + 1, statement_started_at = NULL WHERE version = ?";
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

/* How far a migration came. */
struct progress {
    char *checksum;
    int64_t applied_at_ms; /* 0: not yet, or not whole */
    bool counted;          /* else a former program began it */
    int64_t statements_done;
    int64_t statement_started_at_ms; /* of the next statement; 0: it was not started, or it failed */
};

static void progress_read(struct db_rows *rows, void *out)
{
    struct progress *p = out;
    p->checksum = db_get_text(rows);
    p->applied_at_ms = db_get_time(rows);
    p->counted = db_get_int(rows);
    p->statements_done = db_get_int(rows);
    p->statement_started_at_ms = db_get_time(rows);
}

/* Finds how far it came, or notes that it begins. ERR_CONFLICT: that was another file. */
static enum err progress_find(struct db *db, struct arena *arena, const struct clock *clock, const struct migration *m,
                              struct progress *p)
{
    enum err e = db_select_one(db, arena, SQL_FIND, DB_PARAMS(db_int(m->version)), progress_read, p);
    if (e == ERR_DB_NO_ROW) {
        *p = (struct progress){.counted = true};
        return db_execute(
            db, SQL_START,
            DB_PARAMS(db_int(m->version), db_text(m->name), db_text(m->checksum), db_time(clock_now_ms(clock))), NULL);
    }
    if (!e && strcmp(p->checksum, m->checksum) != 0) {
        log_event(LOG_ERROR, "migration_changed", "file", m->name, NULL);
        e = ERR_CONFLICT;
    }
    return e;
}

static enum err statement_and_count(struct db *db, const struct migration *m, const char *statement, bool in_doubt)
{
    enum err e = db_run_script(db, "START TRANSACTION");
    if (!e)
        e = db_run_script(db, statement);
    if (e == ERR_DB_DONE_ALREADY && in_doubt) {
        log_event(LOG_INFO, "migration_statement_was_done", "file", m->name, NULL);
        e = ERR_OK;
    }
    if (!e)
        e = db_execute(db, SQL_STATEMENT_DONE, DB_PARAMS(db_int(m->version)), NULL);
    return e ? e : db_run_script(db, "COMMIT");
}

static enum err note_start(struct db *db, const struct migration *m, int64_t at_ms)
{
    return db_execute(db, SQL_STATEMENT_STARTED, DB_PARAMS(db_time(at_ms), db_int(m->version)), NULL);
}

/* in_doubt: it may have been done already. A failure is noted as one where the server told it; where the connection
 * broke, the statement stays in doubt. */
static enum err run_statement(struct db *db, const struct clock *clock, const struct migration *m,
                              const char *statement, bool in_doubt)
{
    enum err e = note_start(db, m, clock_now_ms(clock));
    if (!e)
        e = statement_and_count(db, m, statement, in_doubt);
    if (e && e != ERR_DB_LOST && (db_run_script(db, "ROLLBACK") || (!in_doubt && note_start(db, m, 0))))
        log_event(LOG_WARN, "migration_failure_not_noted", "file", m->name, NULL);
    return e;
}

/* Runs what is not done yet. */
static enum err migration_apply(struct db *db, const struct clock *clock, const struct migration *m,
                                const struct progress *p)
{
    char *rest = m->script.data, *statement;
    enum err e = ERR_OK;
    for (int64_t i = 0; !e && (statement = script_next(&rest)); i++) {
        bool in_doubt = !p->counted || (i == p->statements_done && p->statement_started_at_ms);
        if (i >= p->statements_done)
            e = run_statement(db, clock, m, statement, in_doubt);
    }
    if (!e && m->version == EMAIL_FORMS_VERSION)
        e = email_forms_normalise(db);
    if (!e)
        e = db_execute(db, SQL_DONE, DB_PARAMS(db_time(clock_now_ms(clock)), db_int(m->version)), NULL);
    log_event(e ? LOG_ERROR : LOG_INFO, e ? "migration_failed" : "migration_applied", "file", m->name, NULL);
    return e;
}

static enum err apply_file(struct db *db, const struct clock *clock, const char *path, int *applied)
{
    struct migration m = {0};
    struct progress progress = {0};
    struct arena *arena = arena_new();
    enum err e = migration_read(path, &m);
    if (e)
        log_event(LOG_ERROR, "migration_unreadable", "file", path, NULL);
    else
        e = progress_find(db, arena, clock, &m, &progress);
    if (!e && !progress.applied_at_ms) {
        e = migration_apply(db, clock, &m, &progress);
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

/* Waits for another starter as long as that one works: the lock goes with its connection. */
static enum err lock(struct db *db)
{
    int64_t locked = 0;
    enum err e = db_select_int(db, SQL_LOCK, DB_PARAMS(db_int(1)), &locked);
    while (!e && !locked) {
        log_event(LOG_INFO, "migration_waits", "for", "another starter that migrates", NULL);
        e = db_select_int(db, SQL_LOCK, DB_PARAMS(db_int(LOCK_REMINDER_S)), &locked);
    }
    return e;
}

static void unlock(struct db *db)
{
    int64_t released;
    if (db_select_int(db, SQL_UNLOCK, DB_NO_PARAMS, &released) != ERR_OK)
        log_event(LOG_WARN, "migration_lock", "advice", "the lock goes with the connection", NULL);
}

/* The table of what was applied, with the columns that former programs did not know. */
static enum err make_table(struct db *db)
{
    int64_t has_columns = 0;
    enum err e = db_run_script(db, SQL_TABLE);
    if (!e)
        e = db_select_int(db, SQL_HAS_COLUMNS, DB_NO_PARAMS, &has_columns);
    return e || has_columns ? e : db_run_script(db, SQL_COLUMNS);
}

static enum err migrate_locked(struct db *db, const struct clock *clock, const char *folder, int *applied)
{
    enum err e = make_table(db);
    return e ? e : apply_all(db, clock, folder, applied);
}

enum err migrate_run(const struct config *config, const struct clock *clock, const char *folder, int *applied)
{
    create_database(config);
    struct db *db = db_new_patient(config);
    int count = 0;
    enum err e = lock(db);
    if (!e) {
        e = migrate_locked(db, clock, folder, &count);
        unlock(db);
    }
    db_free(&db);
    if (!e)
        *applied = count;
    return e;
}

enum err migrate_version(struct db *db, int64_t *version)
{
    return db_select_int(db, SQL_VERSION, DB_NO_PARAMS, version);
}
