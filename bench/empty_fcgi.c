/* The least that a FastCGI program can do: answers every request with a few bytes. What a request costs beyond it is
 * ours.
 *
 *     empty_fcgi SOCKET BYTES PROCESSES     BYTES: the size of the answer's body */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    FCGX_Request request;
    if (argc != 4 || FCGX_Init() != 0)
        return EXIT_FAILURE;
    int fd = FCGX_OpenSocket(argv[1], 1024);
    size_t size = strtoul(argv[2], NULL, 10);
    char *body = malloc(size + 1);
    for (int i = 1; i < atoi(argv[3]); i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            break;
        }
    if (fd < 0 || !body || FCGX_InitRequest(&request, fd, 0) != 0)
        return EXIT_FAILURE;
    memset(body, 'x', size);
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_FPrintF(request.out, "Status: 200\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
                     (int)size);
        FCGX_PutStr(body, (int)size, request.out);
        FCGX_Finish_r(&request);
    }
    return EXIT_SUCCESS;
}
