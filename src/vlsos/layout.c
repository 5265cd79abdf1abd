#include "layout.h"

#include <stddef.h>

#include "kernel/hw.h"
#include "kernel/x86.h"

#define R  LAYOUT_READ
#define RX (LAYOUT_READ | LAYOUT_EXECUTE)
#define RW (LAYOUT_READ | LAYOUT_WRITE)

_Static_assert(HEAP_END == VLSOS_FRAME_TABLE, "nothing lies between the heap and the frame table");

const struct layout_range layout[LAYOUT_RANGES] = {
    {0x00000000, 0x00000400, LAYOUT_FIRMWARE, 0, "real-mode interrupt vectors"},
    {0x00000400, 0x00000500, LAYOUT_FIRMWARE, 0, "BIOS data"},
    {0x00000500, 0x0009fc00, LAYOUT_UNUSED, RW, "conventional memory"},
    {0x0009fc00, 0x000a0000, LAYOUT_FIRMWARE, RW, "extended BIOS data"},
    {0x000a0000, 0x000f0000, LAYOUT_FIRMWARE, RW, "video memory and option ROMs"},
    {0x000f0000, VLSOS_TEXT, LAYOUT_FIRMWARE, R, "system ROM"},
    {VLSOS_TEXT, VLSOS_USER_TEXT, LAYOUT_IMAGE, RX, ".text"},
    {VLSOS_USER_TEXT, VLSOS_RODATA, LAYOUT_IMAGE, RX | LAYOUT_USER, ".text of programs' gates"},
    {VLSOS_RODATA, VLSOS_DATA, LAYOUT_IMAGE, R, ".rodata"},
    {VLSOS_DATA, VLSOS_BSS, LAYOUT_IMAGE, RW, ".data"},
    {VLSOS_BSS, VLSOS_IMAGE_END, LAYOUT_IMAGE, RW, ".bss"},
    {VLSOS_IMAGE_END, HEAP_START, LAYOUT_LOADER, RW, "the loader's"},
    {HEAP_START, HEAP_END, LAYOUT_HEAP, RW, "heap"},
    {VLSOS_FRAME_TABLE, VLSOS_POOL, LAYOUT_FRAME_TABLE, RW, "frame table"},
    {VLSOS_POOL, VLSOS_RAM_MOST, LAYOUT_POOL, RW, "pages"},
};

uint32_t layout_end(void)
{
    const uint64_t ram = hw_ram_size();

    return ram < VLSOS_RAM_MOST ? (uint32_t)ram & PAGE_FRAME : VLSOS_RAM_MOST;
}

const struct layout_range *layout_at(uint32_t address)
{
    if (address >= layout_end())
        return NULL;
    for (unsigned i = 0; i < LAYOUT_RANGES; i++)
        if (address >= layout[i].start && address < layout[i].end)
            return &layout[i];
    return NULL;
}

const struct layout_range *layout_of(enum layout_use use)
{
    const struct layout_range *range = layout;

    while (range < &layout[LAYOUT_RANGES - 1] && range->use != use)
        range++;
    return range->use == use ? range : NULL;
}

uint32_t layout_page_rights(uint32_t page)
{
    const uint32_t start = page & PAGE_FRAME;
    uint32_t rights = R | RX | RW | LAYOUT_USER;

    if (start >= layout_end())
        return 0;
    for (unsigned i = 0; i < LAYOUT_RANGES; i++)
        if (layout[i].start < start + PAGE_SIZE && layout[i].end > start)
            rights &= layout[i].rights;
    return rights;
}

const char *layout_check(void)
{
    for (unsigned i = 0; i < LAYOUT_RANGES; i++) {
        const uint32_t behind = i + 1 < LAYOUT_RANGES ? layout[i + 1].start : VLSOS_RAM_MOST;

        if (layout[i].start > layout[i].end)
            return "layout: a range ends before it starts";
        if (layout[i].end < behind)
            return "layout: a gap between two ranges";
        if (layout[i].end > behind)
            return "layout: two ranges overlap";
        if ((layout[i].rights & LAYOUT_WRITE) && (layout[i].rights & LAYOUT_EXECUTE))
            return "layout: a range is writable and executable";
    }
    if (layout[0].start != 0)
        return "layout: the first bytes are in no range";
    return NULL;
}
