/* The least that sending packets can cost: one socket sends so many datagrams of so many bytes to another one of this
 * machine, which a child empties.
 *
 *     bare_sendto COUNT BYTES
 *
 * Prints {"packets":n,"cpuUs":CPU time of the sender}. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

static void drain(int fd)
{
    char piece[2048];
    while (recv(fd, piece, sizeof piece, 0) >= 0)
        ;
    _exit(0);
}

int main(int argc, char **argv)
{
    static char packet[1500];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof to;
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (argc != 3 || receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&to, len) != 0 ||
        getsockname(receiver, (struct sockaddr *)&to, &len) != 0)
        return EXIT_FAILURE;
    long count = atol(argv[1]);
    size_t bytes = (size_t)atol(argv[2]);
    pid_t child = fork();
    if (child == 0)
        drain(receiver);
    if (child < 0 || bytes > sizeof packet)
        return EXIT_FAILURE;
    int64_t began = cpu_us();
    for (long i = 0; i < count; i++)
        if (sendto(sender, packet, bytes, 0, (struct sockaddr *)&to, len) < 0)
            return EXIT_FAILURE;
    printf("{\"packets\":%ld,\"cpuUs\":%lld}\n", count, (long long)(cpu_us() - began));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return EXIT_SUCCESS;
}
