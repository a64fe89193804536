/* core/arena.h and core/buf.h */
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "tests/check_main.h"

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

START_TEST(test_arena_gives_zeroed_aligned_memory)
{
    struct arena *arena = arena_new();
    for (size_t size = 1; size < 3000; size += 7) {
        unsigned char *p = arena_alloc(arena, size);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        ck_assert(is_zero(p, size));
        memset(p, 0xff, size);
    }
    arena_reset(arena);
    unsigned char *again = arena_alloc(arena, 64);
    ck_assert(is_zero(again, 64));
    arena_free(&arena);
    ck_assert_ptr_null(arena);
    arena_free(&arena);
}
END_TEST

START_TEST(test_arena_takes_pieces_larger_than_a_chunk)
{
    struct arena *arena = arena_new();
    char *large = arena_alloc(arena, 1 << 20);
    memset(large, 'x', 1 << 20);
    char *small = arena_strdup(arena, "after");
    ck_assert_str_eq(small, "after");
    ck_assert_str_eq(arena_printf(arena, "%s-%d", "a", 7), "a-7");
    ck_assert_str_eq(arena_strndup(arena, "abcdef", 3), "abc");
    arena_free(&arena);
}
END_TEST

START_TEST(test_buf_grows_and_is_terminated)
{
    struct buf b = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    ck_assert_uint_eq(b.len, strlen(b.data));
    ck_assert(strncmp(b.data, "0,1,2,", 6) == 0);
    buf_consume(&b, 2);
    ck_assert(strncmp(b.data, "1,2,", 4) == 0);
    buf_clear(&b);
    ck_assert_str_eq(b.data, "");
    buf_append(&b, "a\0b", 3);
    ck_assert_uint_eq(b.len, 3);
    buf_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

CHECK_MAIN("memory", test_arena_gives_zeroed_aligned_memory, test_arena_takes_pieces_larger_than_a_chunk,
           test_buf_grows_and_is_terminated)
