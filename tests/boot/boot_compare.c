#include "boot_compare.h"

#include "kms_test.h"

#include <kernel/x86.h>
#include <string.h>

#include "config.h"
#include "layout.h"

/* The kernel's image with its boot module and boot stack, and the stack of traps from ring 3. */
static const struct {
    uint32_t start, end;
} host_memory[] = {
    {VANA_KERNEL_ADDRESS, VANA_KERNEL_STACK_TOP},
    {VANA_RING0_STACK, VANA_RING0_STACK_TOP},
};

static bool meets_host_memory(uint32_t start, uint32_t size)
{
    for (unsigned i = 0; i < sizeof host_memory / sizeof host_memory[0]; i++)
        if (start < host_memory[i].end && host_memory[i].start < (uint64_t)start + size)
            return true;
    return false;
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

void boot_compare_lines(const struct boot_run *hosted, const struct boot_run *metal)
{
    const char *here = hosted->lines;
    const char *there = metal->lines;

    while (*here || *there) {
        const size_t length = line_length(here);

        if (length != line_length(there) || memcmp(here, there, length) != 0)
            fail_msg("hosted: %.*s\nmetal:  %.*s", (int)length, here, (int)line_length(there), there);
        here += length + (here[length] == '\n');
        there += length + (there[length] == '\n');
    }
}

void boot_compare_heap_tables(const struct boot_run *hosted, const struct boot_run *metal)
{
    const unsigned char *const here = hosted->ram + VANA_HEAP_TABLE_ADDRESS;
    const unsigned char *const there = metal->ram + VANA_HEAP_TABLE_ADDRESS;

    for (unsigned block = 0; block < VANA_HEAP_SIZE_BYTES / VANA_HEAP_BLOCK_SIZE; block++)
        if (here[block] != there[block])
            fail_msg("heap table, block %u: hosted 0x%02x, metal 0x%02x", block, here[block], there[block]);
}

static uint32_t word(const struct boot_run *run, uint32_t physical)
{
    uint32_t value;

    assert_true(physical <= BOOT_RAM_SIZE - sizeof value);
    memcpy(&value, run->ram + physical, sizeof value);
    return value;
}

/* Where an entry stands, and the linear range that it is about. */
struct place {
    uint32_t directory;
    uint32_t entry;
    uint32_t start, size;
};

static void compare_entry(const struct boot_run *hosted, const struct boot_run *metal,
                          const struct place *place, bool accessed)
{
    const uint32_t ignored = accessed && !meets_host_memory(place->start, place->size) ? 0 : PTE_A | PTE_D;
    const uint32_t here = word(hosted, place->entry);
    const uint32_t there = word(metal, place->entry);

    if ((here ^ there) & ~ignored)
        fail_msg("directory 0x%08x, %s of 0x%08x: hosted 0x%08x, metal 0x%08x", place->directory,
                 place->size == PAGE_SIZE ? "PTE" : "PDE", place->start, here, there);
}

static void compare_table(const struct boot_run *hosted, const struct boot_run *metal,
                          const struct place *above, bool accessed)
{
    const uint32_t table = word(hosted, above->entry) & PAGE_FRAME;

    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        const struct place place = {above->directory, table + 4 * i, above->start + i * PAGE_SIZE, PAGE_SIZE};

        compare_entry(hosted, metal, &place, accessed);
    }
}

void boot_compare_tables(const struct boot_run *hosted, const struct boot_run *metal, bool accessed)
{
    for (unsigned d = 0; d < hosted->directory_count; d++)
        for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
            const uint32_t directory = hosted->directories[d];
            const struct place place = {directory, directory + 4 * i, i * DIRECTORY_SPAN, DIRECTORY_SPAN};

            compare_entry(hosted, metal, &place, accessed);
            compare_table(hosted, metal, &place, accessed);
        }
}
