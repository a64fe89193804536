/* Logs: one line a fact on stderr, `time=… level=… proc=… event=… key=value …`. Values with blanks or
 * quotes are quoted and escaped. Never hand a token, a password or a chat text to it. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* proc names the process in each line ("worker", "relay") and must outlive the log. */
void log_setup(const char *proc, enum log_level least);

/* The request that the following lines belong to (request=…); NULL for none. The text must live until the next call. */
void log_request(const char *request_id);

/* key/value pairs, ended by NULL: log_event(LOG_INFO, "started", "pool", name, NULL).
 * Values are text; LOG_INT(n) makes one of a number. A NULL value is written as "-". */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

struct log_int_text {
    char text[24];
};
struct log_int_text log_int_text(int64_t value);
#define LOG_INT(n) (log_int_text(n).text)

#endif
