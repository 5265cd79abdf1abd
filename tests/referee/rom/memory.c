/* Physical memory, whatever paging is in force, and back to its base values after each case. */
#include "rom.h"

#define WINDOW_PTE 0x63u /* P RW A D */

static uint64_t touched[REF_MAX_OPS]; /* 8-aligned addresses to bring back */
static uint32_t touched_count;

/* Bochs takes its time for each instruction, and these are two million words. */
void memory_init(void)
{
    uint32_t word = REF_PATTERN(REF_DATA);
    void *at = (void *)REF_DATA;
    for (uint32_t left = (REF_DATA_END - REF_DATA) / 32; left; left--) {
        __asm__ volatile(".rept 8\n\tstosl\n\taddl $0x100, %%eax\n\t.endr"
                         : "+D"(at), "+a"(word)
                         :
                         : "memory");
    }
}

static uint32_t base_value(uint32_t pa)
{
    return pa >= REF_DATA && pa < REF_DATA_END ? REF_PATTERN(pa) : 0;
}

static uint64_t load(const volatile void *p, uint32_t width)
{
    const volatile uint32_t *words = p;
    if (width == 1)
        return *(const volatile uint8_t *)p;
    return words[0] | (width == 8 ? (uint64_t)words[1] << 32 : 0);
}

static void store(volatile void *p, uint32_t width, uint64_t value)
{
    volatile uint32_t *words = p;
    if (width == 1) {
        *(volatile uint8_t *)p = (uint8_t)value;
        return;
    }
    words[0] = (uint32_t)value;
    if (width == 8)
        words[1] = (uint32_t)(value >> 32);
}

static void *window(uint64_t pa)
{
    uint32_t slot = REF_WINDOW >> 12;
    ((volatile uint32_t *)REF_PT32)[slot] = (uint32_t)(pa & ~0xfffull) | WINDOW_PTE;
    ((volatile uint64_t *)REF_PT64)[slot] = (pa & ~0xfffull) | WINDOW_PTE;
    page_invalidate(REF_WINDOW);
    return (void *)(REF_WINDOW | (uint32_t)(pa & 0xfff));
}

/* One access through PAE tables of the ROM's own, for memory that the present mode cannot reach. */
static uint64_t far_access(uint64_t pa, uint32_t width, const uint64_t *value)
{
    uint32_t cr0 = cr0_read(), cr3 = cr3_read(), cr4 = cr4_read();
    uint64_t read = 0;
    cr0_write(CR0_PE_ET);
    cr4_write(CR4_PAE);
    cr3_write(REF_PAE_ROOT);
    cr0_write(CR0_PE_ET | CR0_PG);
    if (value)
        store(window(pa), width, *value);
    else
        read = load(window(pa), width);
    cr0_write(CR0_PE_ET);
    cr3_write(cr3);
    cr4_write(cr4);
    cr0_write(cr0);
    return read;
}

static int far(uint64_t pa)
{
    return (pa >> 32) != 0 && (!(cr0_read() & CR0_PG) || !(cr4_read() & CR4_PAE));
}

static int direct(uint64_t pa)
{
    return pa < REF_WINDOW || !(cr0_read() & CR0_PG);
}

uint64_t memory_peek(uint64_t pa, uint32_t width)
{
    if (touched_count < REF_MAX_OPS)
        touched[touched_count++] = pa & ~7ull;
    if (far(pa))
        return far_access(pa, width, 0);
    return load(direct(pa) ? (void *)(uint32_t)pa : window(pa), width);
}

void memory_poke(uint64_t pa, uint32_t width, uint64_t value)
{
    if (touched_count < REF_MAX_OPS)
        touched[touched_count++] = pa & ~7ull;
    if (far(pa))
        far_access(pa, width, &value);
    else
        store(direct(pa) ? (void *)(uint32_t)pa : window(pa), width, value);
}

void memory_reset(void)
{
    for (uint32_t i = 0; i < touched_count; i++) {
        uint32_t *at = (uint32_t *)(uint32_t)touched[i];
        uint64_t zero = 0;
        if (touched[i] >> 32) {
            far_access(touched[i], 8, &zero);
            continue;
        }
        at[0] = base_value((uint32_t)at);
        at[1] = base_value((uint32_t)at + 4);
    }
    touched_count = 0;
}
