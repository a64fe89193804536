#include "service/app.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"

static enum err read_password_key(const char *path, unsigned char key[static PASSWORD_KEY_BYTES])
{
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_UNAVAILABLE;
    char hex[2 * PASSWORD_KEY_BYTES + 2];
    size_t len = 0;
    bool ok = fgets(hex, sizeof hex, f) &&
              sodium_hex2bin(key, PASSWORD_KEY_BYTES, hex, strlen(hex), "\n", &len, NULL) == 0 &&
              len == PASSWORD_KEY_BYTES;
    fclose(f);
    sodium_memzero(hex, sizeof hex);
    return ok ? ERR_OK : ERR_VALIDATION_FAILED;
}

enum err app_open(struct app *app, const struct config *config, struct scoreboard *scoreboard)
{
    *app = (struct app){.config = config, .clock = clock_system(), .random = random_system(), .scoreboard = scoreboard};
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    enum err e = token_keys_load(config->jwt_key_file, config->token_issuer, &app->token_keys);
    if (e) {
        log_event(LOG_ERROR, "secret_unreadable", "file", config->jwt_key_file, "code", err_code(e), NULL);
        return e;
    }
    token_memory_start(&app->token_memory, &app->random);
    e = read_password_key(config->password_key_file, app->password_key);
    if (e) {
        log_event(LOG_ERROR, "secret_unreadable", "file", config->password_key_file, "code", err_code(e), NULL);
        return e;
    }
    e = *config->turn_urls ? turn_secret_load(config->turn_secret_file, app->turn_secret) : ERR_OK;
    if (e) {
        log_event(LOG_ERROR, "secret_unreadable", "file", config->turn_secret_file, "code", err_code(e), NULL);
        return e;
    }
    app->db = db_new(config);
    app->kv = kv_new(config, &app->clock);
    if (scoreboard) {
        db_count_errors(app->db, &scoreboard->database_errors, &scoreboard->write_refused_us);
        kv_count_errors(app->kv, &scoreboard->redis_errors);
    }
    return ERR_OK;
}

void app_close(struct app *app)
{
    db_free(&app->db);
    kv_free(&app->kv);
    sodium_memzero(&app->token_keys, sizeof app->token_keys);
    sodium_memzero(&app->token_memory, sizeof app->token_memory);
    sodium_memzero(app->password_key, sizeof app->password_key);
    sodium_memzero(app->turn_secret, sizeof app->turn_secret);
}
