/* For LD_PRELOAD of Janus on a machine where media stay on the loopback device, as in tests and with `make run`: Janus
 * passes over interfaces that say they are loopback. */
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

__attribute__((visibility("default"))) int getifaddrs(struct ifaddrs **all)
{
    int (*real)(struct ifaddrs **) = (int (*)(struct ifaddrs **))(uintptr_t)dlsym(RTLD_NEXT, "getifaddrs");
    int status = real ? real(all) : -1;
    for (struct ifaddrs *one = status == 0 ? *all : NULL; one; one = one->ifa_next)
        one->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
    return status;
}
