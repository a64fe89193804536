/* Addresses of clients, and how many sockets that have not signed in each of them holds. */
#ifndef RELAY_ADDRESS_H
#define RELAY_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "relay/map.h"

/* IPv6, or IPv4 mapped into it (RFC 4291 section 2.5.5.2); all zero where it is not known. */
struct address {
    uint8_t ip[16];
};

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

struct address address_of(const struct sockaddr *peer);

/* False where the text is no address. */
bool address_parse(const char *text, struct address *out);

/* The usual text, IPv4 as such. */
void address_write(const struct address *address, char out[static ADDRESS_TEXT]);

/* 127.0.0.0/8 or ::1 */
bool address_is_loopback(const struct address *address);

/* Counts by address, IPv6 by its first 64 bits: one customer has at least as many. Start with all zero. */
struct address_counts {
    struct map map;
};

/* One more; answers how many there are now. When memory runs out nothing is counted, and 0 answered. */
uint32_t address_count(struct address_counts *counts, const struct address *address);

/* One less, where there is one. */
void address_uncount(struct address_counts *counts, const struct address *address);

#endif
