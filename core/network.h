/* Where a client comes from: its address, the network that the address stands for, and how both are found behind
 * proxies.
 *
 * Whoever counts, limits or refuses clients by where they come from does it by network_of(), and by nothing else: one
 * customer has one IPv4 address, but 2^64 and more of IPv6. */
#ifndef CORE_NETWORK_H
#define CORE_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv6, or IPv4 mapped into it (RFC 4291 section 2.5.5.2), which is one and the same; all zero where it is not known.
 */
struct address {
    uint8_t ip[16];
};

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

struct address address_of(const struct sockaddr *peer);

/* False where the text is no address. */
bool address_parse(const char *text, struct address *out);

/* The usual text, IPv4 as such; empty where it is not known. */
void address_write(const struct address *address, char out[static ADDRESS_TEXT]);

/* The network of a client: an IPv4 address as a whole, the first 64 bits of an IPv6 one. */
struct address network_of(struct address address);

enum { NETWORKS = 64 };

struct network {
    struct address base;
    int bits; /* of base that count, IPv4 as mapped: 10.0.0.0/8 has 104 */
};

/* Networks that somebody configured. */
struct networks {
    struct network list[NETWORKS];
    int count;
};

/* Reads "10.0.0.0/8, ::1, 192.168.1.5": separated by commas, without a length one address alone; empty: none. False
 * where it is no such list, or too long; *out is untouched then. */
bool networks_read(const char *text, struct networks *out);

bool networks_have(const struct networks *networks, const struct address *address);

/* Whose request it is that came from `peer` with this header X-Forwarded-For (several: joined by commas; empty: none).
 * Each proxy adds at the right the address that it saw, and only what a trusted one added is believed: the right-most
 * address that is not trusted is the client's. What is no address ends the search, and then the last proxy counts. */
struct address network_client(const struct networks *trusted, struct address peer, const char *forwarded_for);

#endif
