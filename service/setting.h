/* What the host decides about a meeting: bits of meetings.settings, listed in service/setting.def. */
#ifndef SERVICE_SETTING_H
#define SERVICE_SETTING_H

#include <stdbool.h>
#include <stdint.h>

enum setting {
#define SETTING(name, bit, json, on) SETTING_##name = 1 << (bit),
#include "service/setting.def"
#undef SETTING
};

enum {
    SETTING_COUNT = 0 /* places in the set of bits; they are without a gap */
#define SETTING(name, bit, json, on) +1
#include "service/setting.def"
#undef SETTING
};

/* Those of a new meeting. */
enum {
    SETTINGS_DEFAULT =
#define SETTING(name, bit, json, on) ((on) ? 1 << (bit) : 0) |
#include "service/setting.def"
#undef SETTING
        0
};

static inline bool setting_is(int64_t settings, enum setting setting) { return (settings & setting) != 0; }

/* Settings that are to be switched on and off; the others stay. */
struct setting_changes {
    int64_t on, off;
};

static inline int64_t setting_apply(int64_t settings, struct setting_changes c) { return (settings | c.on) & ~c.off; }

#endif
