/* Several processes that do something with a service at the same time. */
#ifndef TESTS_DB_AT_ONCE_H
#define TESTS_DB_AT_ONCE_H

#include <sys/wait.h>
#include <unistd.h>

#include "tests/db/service_fixture.h"

/* Runs `work` in several processes at once, each with connections of its own. */
static void at_once(int processes, void (*work)(int number, void *arg), void *arg)
{
    pid_t pids[32];
    for (int i = 0; i < processes; i++)
        if ((pids[i] = fork()) == 0) {
            app_begin();
            work(i, arg);
            app_end();
            _exit(0);
        }
    for (int i = 0; i < processes; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "process %d", i);
    }
}

#endif
