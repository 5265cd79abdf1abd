#include "buddy_fixture.h"

#include <stdlib.h>
#include <string.h>

#define GUARD      64u
#define GUARD_BYTE 0xeeu

struct buddy_fixture *it;

void make(uint32_t start, uint32_t size)
{
    it = calloc(1, sizeof *it);
    assert_non_null(it);
    it->bytes = BUDDY_BYTES(size);
    it->memory = malloc(it->bytes + 2 * GUARD);
    assert_non_null(it->memory);
    memset(it->memory, GUARD_BYTE, it->bytes + 2 * GUARD);
    assert_int_equal(
        buddy_create(&it->buddy, &(struct buddy_region){start, size}, it->memory + GUARD, it->bytes),
        VLSOS_OK);
}

void check(void)
{
    const char *const broken = buddy_check(&it->buddy);

    assert_string_equal(broken ? broken : "", "");
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(it->memory[i], GUARD_BYTE);
        assert_int_equal(it->memory[GUARD + it->bytes + i], GUARD_BYTE);
    }
}

int teardown(void **state)
{
    (void)state;
    if (!it)
        return 0;
    if (!it->broken)
        check();
    free(it->memory);
    free(it);
    it = NULL;
    return 0;
}

uint32_t take(unsigned order)
{
    return buddy_alloc(&it->buddy, order);
}

int give(uint32_t address, unsigned order)
{
    return buddy_free(&it->buddy, address, order);
}

uint32_t free_blocks(unsigned order)
{
    return it->buddy.order[order].free_blocks;
}
