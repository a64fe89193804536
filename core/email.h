/* E-mail addresses: one form for each, so that one address is one account. */
#ifndef CORE_EMAIL_H
#define CORE_EMAIL_H

#include "core/arena.h"

/* The form in which an address is stored and looked up, in the arena; NULL where it cannot be one. The domain is the
 * one that the DNS knows (IDNA2008 by UTS 46, not transitional; bücher.example is xn--bcher-kva.example). The part
 * before the "@" is NFC in lower case, that of Unicode. Letters that are no case of each other stay apart (ß and ss, ı
 * and i). Refused are invisible characters, white space, and what would have to be quoted. */
char *email_normal(struct arena *arena, const char *address);

/* The form that former versions stored: ASCII letters in lower case, the rest as it was sent. Accounts of which two
 * have one normal form keep it. */
char *email_former(struct arena *arena, const char *address);

#endif
