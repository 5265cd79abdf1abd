#include "gdt.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "config.h"
#include "kmalloc.h"
#include "status.h"

#define LIMIT_LOW     0x0ffffu
#define LIMIT_HIGH    0xf0000u
#define WHOLE_SPACE   0xfffffu
#define KERNEL_MEMORY (JSLK_MEMORY_SIZE / PAGE_SIZE - 1)

static uint32_t table;

uint64_t gdt_descriptor(uint8_t access, uint32_t limit_pages)
{
    const uint32_t low = limit_pages & LIMIT_LOW;
    const uint32_t high = (uint32_t)access << 8 | (limit_pages & LIMIT_HIGH) | GDT_FLAGS << 20;

    return (uint64_t)high << 32 | low;
}

static void load(uint32_t limit_pages)
{
    uint64_t *const entries = hw_ptr(table);

    entries[0] = 0;
    entries[GDT_CODE / sizeof *entries] = gdt_descriptor(GDT_CODE_ACCESS, limit_pages);
    entries[GDT_DATA / sizeof *entries] = gdt_descriptor(GDT_DATA_ACCESS, limit_pages);
    hw_lgdt(table, (uint16_t)(GDT_ENTRIES * sizeof *entries - 1));
    hw_load_segments(GDT_CODE, GDT_DATA);
}

int gdt_init(void)
{
    table = kmalloc_a(GDT_ENTRIES * sizeof(uint64_t));
    if (!table)
        return JSLK_NO_MEMORY;
    load(KERNEL_MEMORY);
    return JSLK_OK;
}

void gdt_open(void)
{
    load(WHOLE_SPACE);
}
