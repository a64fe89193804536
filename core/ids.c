#include "core/ids.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static char code_letter(struct random *random)
{
    const size_t letters = sizeof IDS_CODE_ALPHABET - 1;
    const uint8_t bound = (uint8_t)(256 / letters * letters); /* bytes from here on would favour the first letters */
    uint8_t byte;
    do
        random_fill(random, &byte, 1);
    while (byte >= bound);
    return IDS_CODE_ALPHABET[byte % letters];
}

void ids_meeting_code(struct random *random, char out[static LIMIT_CODE_CHARS + 1])
{
    out[LIMIT_CODE_CHARS] = '\0';
    do
        for (int i = 0; i < LIMIT_CODE_CHARS; i++)
            out[i] = code_letter(random);
    while (strspn(out, "0123456789") >= LIMIT_CODE_CHARS); /* digits alone would read as a meeting's number */
}

bool ids_read_code(const char *text, char out[static LIMIT_CODE_CHARS + 1])
{
    char code[LIMIT_CODE_CHARS + 1];
    int n = 0;
    for (; *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        char c = (char)toupper((unsigned char)*text);
        if (n == LIMIT_CODE_CHARS || !strchr(IDS_CODE_ALPHABET, c))
            return false;
        code[n++] = c;
    }
    if (n != LIMIT_CODE_CHARS)
        return false;
    code[n] = '\0';
    memcpy(out, code, sizeof code);
    return true;
}

void ids_request(struct random *random, char out[static IDS_REQUEST_CHARS + 1])
{
    uint8_t bytes[IDS_REQUEST_CHARS / 2];
    random_fill(random, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[IDS_REQUEST_CHARS] = '\0';
}

bool ids_request_ok(const char *id)
{
    size_t len = strlen(id);
    if (len < 8 || len > 64)
        return false;
    for (; *id; id++)
        if (!isalnum((unsigned char)*id) && !strchr("._-", *id))
            return false;
    return true;
}
