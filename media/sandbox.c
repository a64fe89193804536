#include "media/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

/* clang-format off */
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_ARGUMENT(n) LOAD(args[n]) /* its lower half: these processors are little-endian */
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
#define DENY ANSWER(SECCOMP_RET_ERRNO | EACCES)
/* if it is equal go on, else skip so many */
#define UNLESS_EQUAL_SKIP(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define DENY_CALL(name) UNLESS_EQUAL_SKIP(__NR_##name, 1), DENY

static struct sock_filter filter[] = {
    LOAD(arch),
    UNLESS_EQUAL_SKIP(ARCH, 1),
    BPF_STMT(BPF_JMP | BPF_JA, 1),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* the x32 ABI has numbers of its own */
    ANSWER(SECCOMP_RET_KILL_PROCESS),
#endif
    DENY_CALL(connect),
    DENY_CALL(ptrace),
    DENY_CALL(process_vm_readv),
    DENY_CALL(process_vm_writev),
    DENY_CALL(pidfd_getfd),
    DENY_CALL(io_uring_setup), /* has connect, too */
    /* socket(): a stream of another family than AF_UNIX. Without TCP there is no MSG_FASTOPEN either, which connects. */
    UNLESS_EQUAL_SKIP(__NR_socket, 6),
    LOAD_ARGUMENT(0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 4, 0),
    LOAD_ARGUMENT(1),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
    UNLESS_EQUAL_SKIP(SOCK_STREAM, 1),
    DENY,
    ANSWER(SECCOMP_RET_ALLOW),
};
/* clang-format on */

static bool filter_calls(void)
{
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

static bool filter_calls(void) { return true; }

#endif

bool sandbox_enter(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls(); }

void sandbox_hide_self(void)
{
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks looks into us from outside */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}
