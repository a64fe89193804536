/* What Janus may do and what it may not, tried in a process that has become as closed as it will be. */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/sandbox.h"
#include "tests/check_main.h"

/* A unix socket on which somebody listens, as Redis and the workers do. */
static char path[108];
static int listening;

static void listen_on_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/em-test-sandbox-%d", (int)getpid());
    unlink(path);
    strcpy(address.sun_path, path);
    listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
}

static bool connects_to_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool has_tcp(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 || socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0;
}

static bool looks_into_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 || errno != EACCES; }

static bool sends_udp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char byte = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(fd, (struct sockaddr *)&address, size) == 0 &&
           getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
           sendto(fd, "x", 1, 0, (struct sockaddr *)&address, size) == 1 && recv(fd, &byte, 1, 0) == 1 && byte == 'x';
}

static bool listens_on_unix(void)
{
    listen_on_socket(); /* of the child's own number */
    return unlink(path) == 0;
}

/* Whether a child, closed in, finds it so. */
static bool in_sandbox(bool (*what)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(!sandbox_enter() ? 2 : what() ? 0 : 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 2, "the kernel takes no such filter: status %d", status);
    return WEXITSTATUS(status) == 0;
}

START_TEST(test_sandbox_connects_to_nothing)
{
    listen_on_socket();
    ck_assert(connects_to_unix());
    bool inside = in_sandbox(connects_to_unix);
    unlink(path);
    close(listening);
    ck_assert(!inside);
    ck_assert(has_tcp());
    ck_assert(!in_sandbox(has_tcp));
}
END_TEST

START_TEST(test_sandbox_looks_into_no_other_process)
{
    ck_assert(!in_sandbox(looks_into_parent));
}
END_TEST

START_TEST(test_sandbox_leaves_what_media_need)
{
    ck_assert(in_sandbox(sends_udp));
    ck_assert(in_sandbox(listens_on_unix));
}
END_TEST

CHECK_MAIN("sandbox", test_sandbox_connects_to_nothing, test_sandbox_looks_into_no_other_process,
           test_sandbox_leaves_what_media_need)
