/* Accounts. */
#ifndef DB_USER_DAO_H
#define DB_USER_DAO_H

#include <stdbool.h>

#include "db/db.h"

struct user {
    int64_t id;
    const char *email;         /* NULL: a guest */
    const char *password_hash; /* NULL: a guest */
    const char *display_name;
    const char *locale;
    bool is_admin;
    int64_t disabled_at_ms;     /* 0: it is not disabled */
    int64_t last_sign_in_at_ms; /* 0: never */
    int64_t created_at_ms;
    int64_t guest_of;      /* the one meeting of a guest; 0: an account */
    int64_t invite_id;     /* the invitation that a guest was made by; 0: none */
    int64_t delete_at_ms;  /* when it is to go (service/deletion.h); 0: it stays */
    int64_t deleted_at_ms; /* since when that cannot be taken back; 0: it can */
};

/* ERR_DB_DUPLICATE: the e-mail is taken. */
MUST_CHECK enum err user_dao_insert(struct db *db, const struct user *user, int64_t now_ms, int64_t *id);

/* ERR_DB_NO_ROW where there is none. */
MUST_CHECK enum err user_dao_by_id(struct db *db, struct arena *arena, int64_t id, struct user *out);
MUST_CHECK enum err user_dao_by_email(struct db *db, struct arena *arena, const char *email, struct user *out);

/* The same, and nobody changes the account until the transaction ends. */
MUST_CHECK enum err user_dao_lock(struct db *db, struct arena *arena, int64_t id, struct user *out);

MUST_CHECK enum err user_dao_update_profile(struct db *db, int64_t id, const char *display_name, const char *locale,
                                            int64_t now_ms);
MUST_CHECK enum err user_dao_update_password(struct db *db, int64_t id, const char *password_hash, int64_t now_ms);

MUST_CHECK enum err user_dao_note_sign_in(struct db *db, int64_t id, int64_t now_ms);

/* disabled_at_ms 0: enables it again. */
MUST_CHECK enum err user_dao_set_disabled(struct db *db, int64_t id, int64_t disabled_at_ms, int64_t now_ms);
MUST_CHECK enum err user_dao_set_admin(struct db *db, int64_t id, bool is_admin, int64_t now_ms);

/* Guests of a meeting who were made since then and have not come yet; and forgetting some of those who were made before
 * that and never came. */
MUST_CHECK enum err user_dao_count_coming(struct db *db, int64_t meeting_id, int64_t since_ms, int64_t *count);
MUST_CHECK enum err user_dao_forget_guests(struct db *db, int64_t meeting_id, int64_t before_ms);

/* Accounts (no guests, and none that is gone) with an id above after_id, oldest first, at most limit; with a keyword
 * (may be NULL), those whose name or e-mail holds it. */
MUST_CHECK enum err user_dao_list(struct db *db, struct arena *arena, const char *keyword, int64_t after_id,
                                  int64_t limit, struct user **items, int *count);

#endif
