/* A chunk is aligned to its size, so the chunk of a thing is found by its address. AddressSanitizer is told which
 * places are free. */
#include "relay/slab.h"

#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { CHUNK_BYTES = 128 * 1024 };

struct slab_chunk {
    struct slab_chunk *prev, *next; /* among those with room */
    uint32_t used;
    uint32_t fresh; /* places that were never given out begin here */
    void *free;     /* places that came back; each points to the next */
};

static size_t step(const struct slab *slab)
{
    return (slab->size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static size_t header(void) { return step(&(struct slab){.size = sizeof(struct slab_chunk)}); }

static uint32_t capacity(const struct slab *slab) { return (uint32_t)((CHUNK_BYTES - header()) / step(slab)); }

static void list_add(struct slab *slab, struct slab_chunk *chunk)
{
    chunk->prev = NULL;
    chunk->next = slab->partial;
    if (chunk->next)
        chunk->next->prev = chunk;
    slab->partial = chunk;
}

static void list_remove(struct slab *slab, struct slab_chunk *chunk)
{
    if (chunk->prev)
        chunk->prev->next = chunk->next;
    else
        slab->partial = chunk->next;
    if (chunk->next)
        chunk->next->prev = chunk->prev;
}

/* Twice as much is asked for, and what lies outside of an aligned chunk given back. */
static struct slab_chunk *chunk_new(void)
{
    char *at = mmap(NULL, 2 * CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    size_t before = (CHUNK_BYTES - (uintptr_t)at % CHUNK_BYTES) % CHUNK_BYTES;
    if (before)
        munmap(at, before);
    munmap(at + before + CHUNK_BYTES, CHUNK_BYTES - before);
    return (struct slab_chunk *)(void *)(at + before);
}

void *slab_alloc(struct slab *slab)
{
    struct slab_chunk *chunk = slab->partial;
    if (!chunk) {
        chunk = chunk_new();
        if (!chunk)
            return NULL;
        list_add(slab, chunk);
    }
    void *thing = chunk->free;
    if (thing) {
        ASAN_UNPOISON_MEMORY_REGION(thing, slab->size);
        memcpy(&chunk->free, thing, sizeof chunk->free);
    } else {
        thing = (char *)chunk + header() + chunk->fresh++ * step(slab);
    }
    if (++chunk->used == capacity(slab))
        list_remove(slab, chunk);
    return memset(thing, 0, slab->size);
}

void slab_free(struct slab *slab, void *thing)
{
    struct slab_chunk *chunk = (struct slab_chunk *)(void *)((char *)thing - (uintptr_t)thing % CHUNK_BYTES);
    if (chunk->used-- == capacity(slab))
        list_add(slab, chunk);
    if (chunk->used == 0) {
        list_remove(slab, chunk);
        ASAN_UNPOISON_MEMORY_REGION(chunk, CHUNK_BYTES);
        munmap(chunk, CHUNK_BYTES);
        return;
    }
    memcpy(thing, &chunk->free, sizeof chunk->free);
    chunk->free = thing;
    ASAN_POISON_MEMORY_REGION(thing, slab->size);
}
