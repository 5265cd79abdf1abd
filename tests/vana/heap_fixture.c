#include "heap_fixture.h"

#include <stdlib.h>
#include <string.h>

struct heap_fixture *heap_fixture_make(size_t total)
{
    struct heap_fixture *const it = calloc(1, sizeof *it);

    assert_non_null(it);
    it->total = total;
    it->start = (char *)(uintptr_t)0x100000;
    it->entries = malloc(total + 2 * GUARD);
    assert_non_null(it->entries);
    memset(it->entries, GUARD_BYTE, total + 2 * GUARD);
    it->entries += GUARD;
    it->table = (struct heap_table){.entries = it->entries, .total = total};
    assert_int_equal(heap_create(&it->heap, it->start, it->start + total * BLOCK, &it->table), 0);
    return it;
}

struct heap_fixture *heap_fixture_make_indexed(size_t total)
{
    struct heap_fixture *const it = heap_fixture_make(total);

    it->index_memory = malloc(RUNS_BYTES(total));
    assert_non_null(it->index_memory);
    assert_int_equal(heap_attach_index(&it->heap, &it->index, it->index_memory, RUNS_BYTES(total)), 0);
    return it;
}

void heap_fixture_check(const struct heap_fixture *it)
{
    const char *const broken = heap_check(&it->heap);

    if (broken)
        fail_msg("%s", broken);
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(it->entries[-1 - (ptrdiff_t)i], GUARD_BYTE);
        assert_int_equal(it->entries[it->total + i], GUARD_BYTE);
    }
}

void heap_fixture_drop(struct heap_fixture *it)
{
    heap_fixture_check(it);
    free(it->entries - GUARD);
    free(it->index_memory);
    free(it);
}

void *block_at(const struct heap_fixture *it, size_t block)
{
    return it->start + block * BLOCK;
}

long block_of(const struct heap_fixture *it, const void *address)
{
    return address ? (long)(((const char *)address - it->start) / VANA_HEAP_BLOCK_SIZE) : -1;
}

void expect_place(struct heap_fixture *it, size_t blocks, long expected)
{
    assert_int_equal(block_of(it, heap_malloc(&it->heap, blocks * BLOCK)), expected);
}
