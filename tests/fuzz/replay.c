/* Stands in for libFuzzer where only gcc is there: feeds a target every file of the folders named, and some changed
 * copies of each. The changes are the same in each run. Prints one line. */
#include <dirent.h>
#include <limits.h>

#include "tests/fuzz/fuzz.h"

enum { COPIES = 200, MOST_BYTES = 1 << 20 };

static uint32_t seed = 1;

static uint32_t next(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* Changes a few places: another byte, one bit, a byte less, bytes twice. */
static size_t change(uint8_t *data, size_t size, size_t room)
{
    for (uint32_t n = next(4) + 1; n > 0 && size > 0; n--) {
        size_t at = next((uint32_t)size);
        switch (next(4)) {
        case 0: data[at] = (uint8_t)next(256); break;
        case 1: data[at] ^= (uint8_t)(1u << next(8)); break;
        case 2:
            memmove(data + at, data + at + 1, size - at - 1);
            size--;
            break;
        default: {
            size_t more = size - at < 16 ? size - at : 16;
            if (size + more > room)
                break;
            memmove(data + at + more, data + at, size - at);
            size += more;
        }
        }
    }
    return size;
}

static long feed(const char *path)
{
    FILE *f = fopen(path, "rb");
    MUST(f);
    uint8_t *data = malloc(MOST_BYTES), *copy = malloc(2 * MOST_BYTES);
    MUST(data && copy);
    size_t size = fread(data, 1, MOST_BYTES, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    for (int i = 0; i < COPIES; i++) {
        memcpy(copy, data, size);
        LLVMFuzzerTestOneInput(copy, change(copy, size, 2 * MOST_BYTES));
    }
    free(data);
    free(copy);
    return 1 + COPIES;
}

int main(int argc, char **argv)
{
    long inputs = 0;
    LLVMFuzzerTestOneInput(NULL, 0);
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        MUST(folder);
        for (struct dirent *entry; (entry = readdir(folder));) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.')
                inputs += feed(path);
        }
        closedir(folder);
    }
    printf("%ld inputs\n", inputs);
    return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
