/* A bare loop over statements with the client library: prepared once, run in turn, every row fetched.
 *
 *     sql_loop SOCKET DATABASE ROUNDS <statements     one a line, with a tab and the numbers for its "?" behind it:
 * "7,10"
 *
 * Prints {"rounds":n,"rows":n,"cpuMs":its own CPU time of the loop}. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { STATEMENTS = 8, COLUMNS = 64, PARAMS = 16, CELL = 8192 };

static MYSQL_STMT *statements[STATEMENTS];
static long long numbers[STATEMENTS][PARAMS];
static char cells[COLUMNS][CELL];
static int count;

static void fail(const char *what)
{
    fprintf(stderr, "sql_loop: %s\n", what);
    exit(EXIT_FAILURE);
}

/* The numbers for the "?" of a statement. */
static void bind_numbers(MYSQL_STMT *stmt, long long values[PARAMS], const char *text)
{
    MYSQL_BIND binds[PARAMS];
    memset(binds, 0, sizeof binds);
    for (unsigned long i = 0; i < mysql_stmt_param_count(stmt) && i < PARAMS; i++) {
        char *end;
        values[i] = strtoll(text, &end, 10);
        text = *end ? end + 1 : end;
        binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
        binds[i].buffer = &values[i];
    }
    if (mysql_stmt_bind_param(stmt, binds) != 0)
        fail(mysql_stmt_error(stmt));
}

static void prepare(MYSQL *db, char *line)
{
    char *sql = strtok(line, "\t"), *values = strtok(NULL, "\t");
    MYSQL_STMT *stmt = mysql_stmt_init(db);
    if (!stmt || mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0)
        fail(mysql_error(db));
    bind_numbers(stmt, numbers[count], values ? values : "");
    statements[count++] = stmt;
}

static void bind(MYSQL_STMT *stmt)
{
    MYSQL_BIND binds[COLUMNS];
    memset(binds, 0, sizeof binds);
    for (unsigned i = 0; i < mysql_stmt_field_count(stmt) && i < COLUMNS; i++) {
        binds[i].buffer_type = MYSQL_TYPE_STRING;
        binds[i].buffer = cells[i];
        binds[i].buffer_length = CELL;
    }
    if (mysql_stmt_bind_result(stmt, binds) != 0)
        fail(mysql_stmt_error(stmt));
}

static double cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv)
{
    static char line[65536];
    long rows = 0, rounds = argc == 4 ? atol(argv[3]) : 0;
    MYSQL *db = mysql_init(NULL);
    if (!rounds || !mysql_real_connect(db, NULL, "root", NULL, argv[2], 0, argv[1], 0))
        fail(mysql_error(db));
    mysql_set_character_set(db, "utf8mb4");
    while (count < STATEMENTS && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            prepare(db, line);
    }
    for (int i = 0; i < count; i++)
        bind(statements[i]);
    double began = cpu_ms();
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < count; i++) {
            if (mysql_stmt_execute(statements[i]) != 0)
                fail(mysql_stmt_error(statements[i]));
            while (mysql_stmt_field_count(statements[i]) && mysql_stmt_fetch(statements[i]) != MYSQL_NO_DATA)
                rows++;
            mysql_stmt_free_result(statements[i]);
        }
    printf("{\"rounds\":%ld,\"rows\":%ld,\"cpuMs\":%.3f}\n", rounds, rows, cpu_ms() - began);
    return EXIT_SUCCESS;
}
