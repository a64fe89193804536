/* Part of migration 0011: brings the addresses of accounts into their normal form (core/email.h). */
#ifndef DB_EMAIL_FORMS_H
#define DB_EMAIL_FORMS_H

#include "db/db.h"

enum { EMAIL_FORMS_VERSION = 11 };

/* An address that cannot be one today, and one whose normal form another account has, stays as it is: sign-in looks
 * for what was typed first, so that both are reached as before. The log names such accounts by number. Harmless twice.
 */
MUST_CHECK enum err email_forms_normalise(struct db *db);

#endif
