/* The only file that speaks to libmysqlclient. */
#include "db/db.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/log.h"

enum {
    STATEMENTS = 256,                   /* prepared statements kept; a power of two */
    STATEMENTS_FULL = 192,              /* then all are closed and made again as needed */
    TEXT_BYTES = 512,                   /* a column's own buffer; longer texts are fetched once more */
    MYSQL_QUERY_TIMEOUT = 3024,         /* ER_QUERY_TIMEOUT of MySQL, which MariaDB's headers do not have */
    MYSQL_ROLLED_BACK_AT_COMMIT = 3101, /* the same of group replication */
    FIRST_SERVER_ERROR = 1000,          /* below are those of reading and writing files */
    CONNECT_TIMEOUT_S = 1,
    IO_TIMEOUT_S = 20,
    LOCK_WAIT_S = 5, /* for a row that somebody else changes */
    PATIENT_IO_TIMEOUT_S = 24 * 60 * 60,
    PATIENT_LOCK_WAIT_S = 10 * 60
};

struct column {
    enum db_type type;
    long long number;
    MYSQL_TIME time;
    char *text;
    unsigned long len;
    my_bool is_null;
    my_bool truncated;
};

struct db_statement {
    char *sql;
    MYSQL_STMT *handle;
    struct column *columns;
    MYSQL_BIND *binds;
    int column_count;
};

struct db {
    const struct config *config;
    MYSQL *mysql; /* NULL: not connected */
    bool in_transaction;
    bool patient; /* see db_new_patient */
    int64_t sent;
    _Atomic int64_t *errors;     /* may be NULL */
    _Atomic int64_t *refused_us; /* may be NULL */
    int kept;
    struct db_statement *statements[STATEMENTS]; /* open addressing by the hash of the text */
};

struct db_param db_null(void) { return (struct db_param){DB_NULL, 0, NULL, 0}; }

struct db_param db_int(int64_t value) { return (struct db_param){DB_INT, value, NULL, 0}; }

struct db_param db_text(const char *text)
{
    return text ? (struct db_param){DB_TEXT, 0, text, strlen(text)} : db_null();
}

struct db_param db_blob(const void *bytes, size_t len)
{
    return bytes ? (struct db_param){DB_BLOB, 0, bytes, len} : db_null();
}

struct db_param db_time(int64_t time_ms) { return time_ms ? (struct db_param){DB_TIME, time_ms, NULL, 0} : db_null(); }

/* MySQL makes 0000-00-00 of a date behind the last one that it holds, and what was never to come is then long over. */
static MYSQL_TIME time_to_mysql(int64_t time_ms)
{
    struct time_parts t = time_to_parts(time_ms < TIME_LAST_MS ? time_ms : TIME_LAST_MS);
    return (MYSQL_TIME){
        .year = (unsigned)t.year,
        .month = (unsigned)t.month,
        .day = (unsigned)t.day,
        .hour = (unsigned)t.hour,
        .minute = (unsigned)t.minute,
        .second = (unsigned)t.second,
        .second_part = (unsigned long)t.ms * 1000,
        .time_type = MYSQL_TIMESTAMP_DATETIME,
    };
}

static int64_t time_from_mysql(const MYSQL_TIME *t)
{
    struct time_parts parts = {(int)t->year,
                               (int)t->month,
                               (int)t->day,
                               (int)t->hour,
                               (int)t->minute,
                               (int)t->second,
                               (int)(t->second_part / 1000)};
    return time_from_parts(&parts);
}

/* What the server answers when it cannot write now, and may again without anybody changing a program. */
static bool cannot_write(unsigned number)
{
    static const unsigned numbers[] = {
        1021,                         /* disk full */
        1026,                         /* error writing file */
        1030,                         /* error from the storage engine: of a full disk, mostly */
        1114,                         /* table full: so is its disk, or its tablespace */
        1180,                         /* error during COMMIT */
        1598,                         /* the binary log cannot be written */
        1036, 1290, 1792, 1836, 1874, /* table, server, session, server, InnoDB are read-only */
        1037, 1038, 1041,             /* out of memory, sort memory, resources */
        1197, 1206, 1637,             /* transaction cache, lock table, undo slots are used up */
        1226, 1461,                   /* the account's resources, prepared statements are used up */
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == number)
            return true;
    return number && number < FIRST_SERVER_ERROR;
}

static enum err error_kind(unsigned number)
{
    if (cannot_write(number))
        return ERR_DB_CANNOT_WRITE;
    switch (number) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME: return ERR_DB_DUPLICATE;
    case ER_TABLE_EXISTS_ERROR:
    case ER_BAD_TABLE_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_MULTIPLE_PRI_KEY:
    case ER_CANT_DROP_FIELD_OR_KEY: return ERR_DB_DONE_ALREADY;
    case MYSQL_ROLLED_BACK_AT_COMMIT:
    case ER_CHECKREAD: /* a row changed since the transaction's snapshot */
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT: return ERR_DB_DEADLOCK;
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_CON_COUNT_ERROR:
    case ER_UNKNOWN_COM_ERROR: /* a Galera node that is not ready */ return ERR_DB_LOST;
    case ER_QUERY_INTERRUPTED: /* an administrator broke it off */
    case ER_STATEMENT_TIMEOUT:
    case MYSQL_QUERY_TIMEOUT: return ERR_TIMEOUT;
    default: return number >= CR_MIN_ERROR && number <= CR_MAX_ERROR ? ERR_DB_LOST : ERR_INTERNAL;
    }
}

static void statement_free(struct db_statement **statement)
{
    struct db_statement *s = *statement;
    if (!s)
        return;
    if (s->handle)
        mysql_stmt_close(s->handle);
    for (int i = 0; i < s->column_count; i++)
        free(s->columns[i].text);
    free(s->columns);
    free(s->binds);
    free(s->sql);
    free(s);
    *statement = NULL;
}

static void statements_forget(struct db *db)
{
    for (int i = 0; i < STATEMENTS; i++)
        statement_free(&db->statements[i]);
    db->kept = 0;
}

static void disconnect(struct db *db)
{
    statements_forget(db);
    if (db->mysql)
        mysql_close(db->mysql);
    db->mysql = NULL;
}

/* Notes an error: logs what nobody expects, lets go of a broken connection. */
static enum err failed(struct db *db, unsigned number, const char *message, const char *sql)
{
    enum err e = error_kind(number);
    if (e != ERR_DB_DUPLICATE && db->errors)
        ++*db->errors;
    if (e == ERR_DB_CANNOT_WRITE && db->refused_us)
        *db->refused_us = clock_elapsed_us();
    if (e != ERR_DB_DUPLICATE && e != ERR_DB_DEADLOCK)
        log_event(e == ERR_INTERNAL ? LOG_ERROR : LOG_WARN, "database_error", "errno", LOG_INT(number), "message",
                  message, "sql", sql, NULL);
    if (e == ERR_DB_LOST)
        disconnect(db);
    return e;
}

struct db *db_new(const struct config *config)
{
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        abort();
    db->config = config;
    return db;
}

struct db *db_new_patient(const struct config *config)
{
    struct db *db = db_new(config);
    db->patient = true;
    return db;
}

void db_free(struct db **db)
{
    if (!*db)
        return;
    disconnect(*db);
    free(*db);
    *db = NULL;
    mysql_thread_end();
}

void db_count_errors(struct db *db, _Atomic int64_t *counter, _Atomic int64_t *refused_us)
{
    db->errors = counter;
    db->refused_us = refused_us;
}

static const char *non_empty(const char *text) { return *text ? text : NULL; }

static bool query(MYSQL *mysql, const char *sql) { return mysql_real_query(mysql, sql, strlen(sql)) == 0; }

/* The time limit of a statement has one name in MariaDB and another, in another unit, in MySQL (where it is for SELECT
 * only). 0: none. */
static bool session_setup(const struct db *db, MYSQL *mysql)
{
    int limit_ms = db->patient ? 0 : LIMIT_STATEMENT_MS;
    char mariadb[64], mysql8[64], lock_wait[64];
    snprintf(mariadb, sizeof mariadb, "SET SESSION max_statement_time = %d", limit_ms / 1000);
    snprintf(mysql8, sizeof mysql8, "SET SESSION max_execution_time = %d", limit_ms);
    snprintf(lock_wait, sizeof lock_wait, "SET SESSION innodb_lock_wait_timeout = %d",
             db->patient ? PATIENT_LOCK_WAIT_S : LOCK_WAIT_S);
    return query(mysql, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") &&
           query(mysql, "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
                        "SESSION time_zone = '+00:00'") &&
           query(mysql, lock_wait) && (query(mysql, mariadb) || query(mysql, mysql8));
}

static enum err connect_now(struct db *db)
{
    const struct config *c = db->config;
    MYSQL *mysql = mysql_init(NULL);
    if (!mysql)
        abort();
    unsigned connect_timeout = CONNECT_TIMEOUT_S, io_timeout = db->patient ? PATIENT_IO_TIMEOUT_S : IO_TIMEOUT_S;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const char *socket = non_empty(c->mysql_socket);
    if (!mysql_real_connect(mysql, socket ? NULL : c->mysql_host, c->mysql_user, c->mysql_password,
                            non_empty(c->mysql_database), (unsigned)c->mysql_port, socket, CLIENT_MULTI_STATEMENTS) ||
        !session_setup(db, mysql)) {
        log_event(LOG_WARN, "database_unreachable", "errno", LOG_INT(mysql_errno(mysql)), "message", mysql_error(mysql),
                  NULL);
        mysql_close(mysql);
        if (db->errors)
            ++*db->errors;
        return ERR_DB_LOST;
    }
    db->mysql = mysql;
    return ERR_OK;
}

static enum err ensure_connected(struct db *db)
{
    if (db->mysql)
        return ERR_OK;
    return db->in_transaction ? ERR_DB_LOST : connect_now(db);
}

static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static enum db_type column_type(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG: return DB_INT;
    case MYSQL_TYPE_NEWDECIMAL: /* what an IF of a signed and an unsigned number comes as */
        return field->decimals == 0 ? DB_INT : DB_TEXT;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: return DB_TIME;
    default: return DB_TEXT;
    }
}

static void bind_column(struct column *c, MYSQL_BIND *bind)
{
    bind->is_null = &c->is_null;
    bind->length = &c->len;
    bind->error = &c->truncated;
    switch (c->type) {
    case DB_INT:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &c->number;
        break;
    case DB_TIME:
        bind->buffer_type = MYSQL_TYPE_DATETIME;
        bind->buffer = &c->time;
        bind->buffer_length = sizeof c->time;
        break;
    default:
        c->text = malloc(TEXT_BYTES);
        if (!c->text)
            abort();
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = c->text;
        bind->buffer_length = TEXT_BYTES;
    }
}

static void bind_columns(struct db_statement *s)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(s->handle);
    if (!meta)
        return; /* no SELECT */
    s->column_count = (int)mysql_num_fields(meta);
    s->columns = calloc((size_t)s->column_count, sizeof *s->columns);
    s->binds = calloc((size_t)s->column_count, sizeof *s->binds);
    if (!s->columns || !s->binds)
        abort();
    const MYSQL_FIELD *fields = mysql_fetch_fields(meta);
    for (int i = 0; i < s->column_count; i++) {
        s->columns[i].type = column_type(&fields[i]);
        bind_column(&s->columns[i], &s->binds[i]);
    }
    mysql_free_result(meta);
}

/* Finds or prepares a statement. */
static enum err statement_get(struct db *db, const char *sql, struct db_statement **out)
{
    enum err e = ensure_connected(db);
    if (e)
        return e;
    uint32_t at = hash(sql) % STATEMENTS;
    for (; db->statements[at]; at = (at + 1) % STATEMENTS)
        if (strcmp(db->statements[at]->sql, sql) == 0) {
            *out = db->statements[at];
            return ERR_OK;
        }
    if (db->kept == STATEMENTS_FULL) {
        statements_forget(db);
        at = hash(sql) % STATEMENTS;
    }
    struct db_statement *s = calloc(1, sizeof *s);
    if (!s || !(s->sql = strdup(sql)) || !(s->handle = mysql_stmt_init(db->mysql)))
        abort();
    db->sent++;
    if (mysql_stmt_prepare(s->handle, sql, strlen(sql)) != 0) {
        unsigned number = mysql_stmt_errno(s->handle);
        char *message = strdup(mysql_stmt_error(s->handle));
        statement_free(&s);
        e = failed(db, number, message, sql);
        free(message);
        return e;
    }
    bind_columns(s);
    db->statements[at] = s;
    db->kept++;
    *out = s;
    return ERR_OK;
}

static enum err bind_and_execute(struct db *db, struct db_statement *s, const struct db_param *params, int count)
{
    MYSQL_BIND binds[DB_MAX_PARAMS];
    MYSQL_TIME times[DB_MAX_PARAMS];
    long long numbers[DB_MAX_PARAMS];
    if (count > DB_MAX_PARAMS || mysql_stmt_param_count(s->handle) != (unsigned long)count) {
        log_event(LOG_ERROR, "database_parameters", "sql", s->sql, "given", LOG_INT(count), NULL);
        return ERR_INTERNAL;
    }
    memset(binds, 0, sizeof binds);
    for (int i = 0; i < count; i++) {
        const struct db_param *p = &params[i];
        switch (p->type) {
        case DB_NULL: binds[i].buffer_type = MYSQL_TYPE_NULL; break;
        case DB_INT:
            numbers[i] = p->number;
            binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
            binds[i].buffer = &numbers[i];
            break;
        case DB_TIME:
            times[i] = time_to_mysql(p->number);
            binds[i].buffer_type = MYSQL_TYPE_DATETIME;
            binds[i].buffer = &times[i];
            break;
        default:
            binds[i].buffer_type = p->type == DB_BLOB ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
            binds[i].buffer = (void *)(uintptr_t)p->bytes;
            binds[i].buffer_length = p->len;
        }
    }
    db->sent++;
    if ((count && mysql_stmt_bind_param(s->handle, binds)) || mysql_stmt_execute(s->handle) != 0 ||
        (s->column_count && mysql_stmt_bind_result(s->handle, s->binds)))
        return failed(db, mysql_stmt_errno(s->handle), mysql_stmt_error(s->handle), s->sql);
    return ERR_OK;
}

static enum err run_statement(struct db *db, const char *sql, const struct db_param *params, int count,
                              struct db_statement **out)
{
    enum err e = statement_get(db, sql, out);
    return e ? e : bind_and_execute(db, *out, params, count);
}

enum err db_execute(struct db *db, const char *sql, const struct db_param *params, int count, struct db_result *result)
{
    struct db_statement *s;
    enum err e = run_statement(db, sql, params, count, &s);
    if (!e && result)
        *result =
            (struct db_result){(int64_t)mysql_stmt_affected_rows(s->handle), (int64_t)mysql_stmt_insert_id(s->handle)};
    return e;
}

/* "%", "_" and the escape itself are ordinary characters of a text. */
const char *db_like_pattern(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 3), *p = out;
    *p++ = '%';
    for (; *text; text++) {
        if (*text == '%' || *text == '_' || *text == '!')
            *p++ = '!';
        *p++ = *text;
    }
    *p = '%';
    return out;
}

enum err db_change_one(struct db *db, const char *sql, const struct db_param *params, int count)
{
    struct db_result result;
    enum err e = db_execute(db, sql, params, count, &result);
    return !e && result.affected == 0 ? ERR_DB_NO_ROW : e;
}

enum err db_select(struct db *db, struct arena *arena, const char *sql, const struct db_param *params, int count,
                   struct db_rows *rows)
{
    struct db_statement *s;
    bool had_connection = db->mysql != NULL;
    enum err e = run_statement(db, sql, params, count, &s);
    if (e == ERR_DB_LOST && had_connection && !db->in_transaction)
        e = run_statement(db, sql, params, count, &s); /* it broke while idle; reading twice does no harm */
    if (!e)
        *rows = (struct db_rows){.db = db, .statement = s, .arena = arena};
    return e;
}

enum err db_next(struct db_rows *rows)
{
    MYSQL_STMT *handle = rows->statement->handle;
    rows->column = 0;
    switch (mysql_stmt_fetch(handle)) {
    case 0:
    case MYSQL_DATA_TRUNCATED: /* db_get_text fetches the whole of it */ return ERR_OK;
    case MYSQL_NO_DATA: mysql_stmt_free_result(handle); return ERR_DB_NO_ROW;
    default: /* libmariadb leaves an error that comes between rows to the connection alone */
        return mysql_stmt_errno(handle)
                   ? failed(rows->db, mysql_stmt_errno(handle), mysql_stmt_error(handle), rows->statement->sql)
                   : failed(rows->db, mysql_errno(rows->db->mysql), mysql_error(rows->db->mysql), rows->statement->sql);
    }
}

void db_end(struct db_rows *rows) { mysql_stmt_free_result(rows->statement->handle); }

static struct column *next_column(struct db_rows *rows) { return &rows->statement->columns[rows->column++]; }

int64_t db_get_int(struct db_rows *rows)
{
    struct column *c = next_column(rows);
    return c->is_null ? 0 : c->number;
}

int64_t db_get_time(struct db_rows *rows)
{
    struct column *c = next_column(rows);
    return c->is_null ? 0 : time_from_mysql(&c->time);
}

void *db_get_blob(struct db_rows *rows, size_t *len)
{
    struct column *c = next_column(rows);
    if (c->is_null)
        return NULL;
    rows->bytes += c->len;
    char *copy = arena_alloc(rows->arena, c->len + 1);
    if (c->len <= TEXT_BYTES) {
        memcpy(copy, c->text, c->len);
    } else {
        unsigned long fetched;
        my_bool is_null, truncated;
        MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING,
                           .buffer = copy,
                           .buffer_length = c->len,
                           .length = &fetched,
                           .is_null = &is_null,
                           .error = &truncated};
        mysql_stmt_fetch_column(rows->statement->handle, &bind, (unsigned)rows->column - 1, 0);
    }
    if (len)
        *len = c->len;
    return copy;
}

char *db_get_text(struct db_rows *rows) { return db_get_blob(rows, NULL); }

enum err db_select_one(struct db *db, struct arena *arena, const char *sql, const struct db_param *params, int count,
                       void (*read)(struct db_rows *rows, void *out), void *out)
{
    struct db_rows rows;
    enum err e = db_select(db, arena, sql, params, count, &rows);
    if (!e)
        e = db_next(&rows);
    if (e)
        return e;
    read(&rows, out);
    db_end(&rows);
    return ERR_OK;
}

enum { FIRST_ITEMS = 16 };

/* Room for one more thing: the array is doubled when it is full. */
static void *with_room(struct arena *arena, void *items, int count, int *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room ? 2 * *room : FIRST_ITEMS;
    void *more = arena_array(arena, (size_t)*room, size);
    if (count)
        memcpy(more, items, (size_t)count * size);
    return more;
}

enum err db_select_page(struct db *db, struct arena *arena, const char *sql, const struct db_param *params, int count,
                        size_t max_bytes, void (*read)(struct db_rows *rows, void *out), size_t size, void *items,
                        int *item_count, bool *more)
{
    struct db_rows rows;
    enum err e = db_select(db, arena, sql, params, count, &rows);
    if (e)
        return e;
    char *list = NULL;
    int n = 0, room = 0;
    while (!(e = db_next(&rows)) && rows.bytes < max_bytes) {
        list = with_room(arena, list, n, &room, size);
        read(&rows, list + (size_t)n++ * size);
    }
    if (!e)
        db_end(&rows);
    else if (e != ERR_DB_NO_ROW)
        return e;
    memcpy(items, &list, sizeof list);
    *item_count = n;
    *more = !e;
    return ERR_OK;
}

enum err db_select_all(struct db *db, struct arena *arena, const char *sql, const struct db_param *params, int count,
                       void (*read)(struct db_rows *rows, void *out), size_t size, void *items, int *item_count)
{
    bool more;
    return db_select_page(db, arena, sql, params, count, SIZE_MAX, read, size, items, item_count, &more);
}

void db_read_int(struct db_rows *rows, void *out) { *(int64_t *)out = db_get_int(rows); }

enum err db_select_int(struct db *db, const char *sql, const struct db_param *params, int count, int64_t *value)
{
    return db_select_one(db, NULL, sql, params, count, db_read_int, value);
}

/* Text statements, one or several: no parameters, no rows that anyone reads. */
static enum err command(struct db *db, const char *sql)
{
    enum err e = ensure_connected(db);
    if (e)
        return e;
    db->sent++;
    int more = mysql_real_query(db->mysql, sql, strlen(sql)) == 0 ? 0 : 1;
    while (more == 0) {
        MYSQL_RES *rows = mysql_store_result(db->mysql);
        if (rows)
            mysql_free_result(rows);
        more = mysql_next_result(db->mysql);
    }
    return more < 0 ? ERR_OK : failed(db, mysql_errno(db->mysql), mysql_error(db->mysql), sql);
}

enum err db_ping(struct db *db)
{
    int64_t one;
    return db_select_int(db, "SELECT 1", DB_NO_PARAMS, &one);
}

/* Opens a transaction; a connection that broke while idle is replaced. */
static enum err begin(struct db *db, const char *sql)
{
    bool had_connection = db->mysql != NULL;
    enum err e = command(db, sql);
    if (e == ERR_DB_LOST && had_connection)
        e = command(db, sql);
    db->in_transaction = !e;
    return e;
}

static enum err commit(struct db *db)
{
    enum err e = command(db, "COMMIT");
    db->in_transaction = false;
    return e == ERR_DB_LOST || e == ERR_DB_CANNOT_WRITE ? ERR_OUTCOME_UNKNOWN : e;
}

static void rollback(struct db *db)
{
    db->in_transaction = false;
    if (db->mysql && command(db, "ROLLBACK") != ERR_OK)
        disconnect(db);
}

/* A few milliseconds, more with every try, so that those who met do not meet again. */
static void back_off(int attempt) { usleep((useconds_t)(1000 * attempt + (rand() % 1000) * attempt)); }

static enum err transact(struct db *db, const char *start, enum err (*body)(void *), void *arg)
{
    enum err e = ERR_INTERNAL;
    bool reconnected = false;
    for (int attempt = 1; attempt <= LIMIT_TX_TRIES; attempt++) {
        e = begin(db, start);
        if (e)
            return e;
        e = body(arg);
        if (!e)
            e = commit(db);
        else
            rollback(db);
        if (e == ERR_DB_LOST && !reconnected)
            reconnected = true; /* nothing was committed: once more on a new connection */
        else if (e == ERR_DB_DEADLOCK)
            back_off(attempt);
        else
            return e;
    }
    log_event(LOG_WARN, "transaction_given_up", "tries", LOG_INT(LIMIT_TX_TRIES), NULL);
    return e;
}

enum err db_transaction(struct db *db, enum err (*body)(void *), void *arg)
{
    return transact(db, "START TRANSACTION", body, arg);
}

enum err db_snapshot(struct db *db, enum err (*body)(void *), void *arg)
{
    return transact(
        db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        body, arg);
}

enum err db_run_script(struct db *db, const char *script) { return command(db, script); }

int64_t db_statements_sent(const struct db *db) { return db->sent; }
