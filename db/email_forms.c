#include "db/email_forms.h"

#include <string.h>

#include "core/email.h"
#include "core/log.h"

enum { EMAILS_AT_ONCE = 1000 }; /* read in one go */

/* ASCII was in lower case all the time. Of two that fall together the older comes first. */
static const char SQL_EMAILS[] =
    "SELECT id, email FROM users WHERE id > ? AND LENGTH(email) <> CHAR_LENGTH(email) ORDER BY id LIMIT ?";
static const char SQL_SET[] = "UPDATE users SET email = ? WHERE id = ?";
static const char SQL_OWNER[] = "SELECT CAST(id AS SIGNED) FROM users WHERE email = ?";

struct owned_email {
    int64_t user_id;
    const char *email;
};

static void read_email(struct db_rows *rows, void *out)
{
    struct owned_email *a = out;
    a->user_id = db_get_int(rows);
    a->email = db_get_text(rows);
}

static enum err note_alike(struct db *db, const struct owned_email *a, const char *normal)
{
    int64_t owner = 0;
    enum err e = db_select_int(db, SQL_OWNER, DB_PARAMS(db_text(normal)), &owner);
    if (!e)
        log_event(LOG_WARN, "emails_alike", "user", LOG_INT(owner), "other", LOG_INT(a->user_id), "advice",
                  "two accounts have one address; each keeps its way of writing it", NULL);
    return e;
}

static enum err normalise(struct db *db, struct arena *arena, const struct owned_email *a)
{
    const char *normal = email_normal(arena, a->email);
    if (!normal) {
        log_event(LOG_WARN, "email_without_normal_form", "user", LOG_INT(a->user_id), NULL);
        return ERR_OK;
    }
    if (strcmp(normal, a->email) == 0)
        return ERR_OK;
    enum err e = db_execute(db, SQL_SET, DB_PARAMS(db_text(normal), db_int(a->user_id)), NULL);
    return e == ERR_DB_DUPLICATE ? note_alike(db, a, normal) : e;
}

enum err email_forms_normalise(struct db *db)
{
    struct arena *arena = arena_new();
    struct owned_email *items;
    int count = 0;
    int64_t after = 0;
    enum err e;
    do {
        e = db_select_all(db, arena, SQL_EMAILS, DB_PARAMS(db_int(after), db_int(EMAILS_AT_ONCE)), read_email,
                          sizeof *items, &items, &count);
        for (int i = 0; i < count && !e; i++)
            e = normalise(db, arena, &items[i]);
        if (!e && count)
            after = items[count - 1].user_id;
        arena_reset(arena);
    } while (!e && count == EMAILS_AT_ONCE);
    arena_free(&arena);
    return e;
}
