#include "paging.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "../lib/text.h"
#include "config.h"
#include "kheap.h"
#include "layout.h"

static char words[96];

#define BLOCKS (VANA_HEAP_SIZE_BYTES / VANA_HEAP_BLOCK_SIZE)
static uint8_t seen[BLOCKS / 8];

static const char *name_entry(const char *level, uint32_t index, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, level);
    text_char(&text, '[');
    text_decimal(&text, index);
    text_put(&text, "] ");
    text_put(&text, broken);
    return words;
}

static const char *name_page(uint32_t linear, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, "page ");
    text_hex(&text, linear, 8);
    text_char(&text, ' ');
    text_put(&text, broken);
    return words;
}

static uint32_t block_of(uint32_t address)
{
    return (address - VANA_HEAP_ADDRESS) / VANA_HEAP_BLOCK_SIZE;
}

static bool is_single_block(uint32_t address)
{
    return kernel_heap_table.entries[block_of(address)] ==
           (HEAP_BLOCK_IS_FIRST | HEAP_BLOCK_TABLE_ENTRY_TAKEN);
}

/* Whether a block was met before; from now on it was. */
static bool meet(uint32_t address)
{
    const uint32_t block = block_of(address);
    const uint8_t bit = (uint8_t)(1u << block % 8);
    const bool before = (seen[block / 8] & bit) != 0;

    seen[block / 8] |= bit;
    return before;
}

static const char *check_directory_entry(uint32_t index, uint32_t entry)
{
    const uint32_t frame = entry & PAGE_FRAME;

    if (!vana_in_heap(frame))
        return name_entry("PDE", index, "points outside the heap");
    if (!is_single_block(frame))
        return name_entry("PDE", index, "points at a block that is not its own");
    if (meet(frame))
        return name_entry("PDE", index, "points at a block that is a table already");
    if (entry & PDE_PS)
        return name_entry("PDE", index, "maps a large page");
    return NULL;
}

static const char *check_directory(const uint32_t *directory)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        const char *const broken = check_directory_entry(i, directory[i]);

        if (broken)
            return broken;
    }
    return NULL;
}

static const char *check_range(uint32_t *directory, uint32_t start, uint32_t end, bool must_be_present)
{
    for (uint32_t linear = start; linear < end; linear += PAGE_SIZE) {
        const uint32_t entry = paging_get(directory, PAGING_ADDRESS(linear));

        if ((entry & PAGE_FRAME) != linear)
            return name_page(linear, "of the kernel is mapped elsewhere");
        if (must_be_present && !(entry & PAGING_IS_PRESENT))
            return name_page(linear, "of the kernel is not mapped");
    }
    return NULL;
}

/* A directory made without PAGING_IS_PRESENT maps nothing at all, so nothing can be missing from it. */
static const char *check_pages(uint32_t *directory, bool in_use)
{
    const bool present = (directory[0] & PAGING_IS_PRESENT) != 0;
    const char *broken = NULL;

    for (unsigned i = 0; i < VANA_KERNEL_RANGES && !broken; i++)
        broken = check_range(directory, vana_kernel_ranges[i].start, vana_kernel_ranges[i].end, present);
    return broken
               ? broken
               : check_range(directory, VANA_HEAP_ADDRESS, VANA_HEAP_ADDRESS + VANA_HEAP_SIZE_BYTES, in_use);
}

const char *paging_check(const struct paging_4gb_chunk *chunk)
{
    uint32_t *const directory = paging_4gb_chunk_get_directory(chunk);
    const char *broken;

    if (!directory)
        return "the descriptor names no directory in the heap";
    for (unsigned i = 0; i < sizeof seen; i++)
        seen[i] = 0;
    (void)meet(hw_linear(chunk));
    if (!is_single_block(hw_linear(chunk)))
        return "the descriptor's block is not its own";
    if (!is_single_block(hw_linear(directory)) || meet(hw_linear(directory)))
        return "the directory's block is not its own";
    broken = check_directory(directory);
    return broken ? broken : check_pages(directory, (hw_read_cr3() & PAGE_FRAME) == hw_linear(directory));
}
