#include "image.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../lib/memory.h"

#define ENTRY     IMAGE_UL_VISIBLE
#define TABLES    (ENTRY + PAGE_SIZE)
#define IDT       (TABLES + PAGE_SIZE)
#define GDT       TABLES
#define TSS       (GDT + 0x40u)
#define DIRECTORY (TSS + 0x80u)

/* "Segment Descriptors": flat segments of rings 0 and 3, and an available TSS. */
#define CODE_RING0 0x00cf9a000000ffffu
#define DATA_RING0 0x00cf92000000ffffu
#define CODE_RING3 0x00cffa000000ffffu
#define DATA_RING3 0x00cff2000000ffffu
#define TSS_BYTES  0x68u
#define TSS_ESP0   0x04u
#define TSS_SS0    0x08u
#define TSS_IO_MAP 0x64u /* its offset in the high half: behind the end, no port is open */

#define CODE_SELECTOR 0x08u
#define DATA_SELECTOR 0x10u
#define TSS_SELECTOR  0x28u
#define GDT_ENTRIES   6u

/* "IDT Descriptors": 32-bit interrupt gates. */
#define GATE          0x8e00u
#define GATE_FOR_USER 0xee00u
#define GATES         256u
#define SYSCALL       0x80u

static uint64_t tss_descriptor(void)
{
    return (TSS_BYTES - 1) | (uint64_t)(TSS & 0xffffffu) << 16 | UINT64_C(0x89) << 40 |
           (uint64_t)(TSS >> 24) << 56;
}

static void fill_gdt(void)
{
    const uint64_t descriptors[GDT_ENTRIES] = {0,          CODE_RING0, DATA_RING0,
                                               CODE_RING3, DATA_RING3, tss_descriptor()};
    uint64_t *const gdt = hw_ptr(GDT);

    for (unsigned i = 0; i < GDT_ENTRIES; i++)
        gdt[i] = descriptors[i];
}

static void fill_tss(void)
{
    memset(hw_ptr(TSS), 0, TSS_BYTES);
    *(uint32_t *)hw_ptr(TSS + TSS_ESP0) = IMAGE_UL_VISIBLE_END;
    *(uint32_t *)hw_ptr(TSS + TSS_SS0) = DATA_SELECTOR;
    *(uint32_t *)hw_ptr(TSS + TSS_IO_MAP) = TSS_BYTES << 16;
}

/* One entry for all: what is behind it is hw.h's. */
static void fill_idt(void)
{
    uint32_t *const idt = hw_ptr(IDT);

    for (unsigned vector = 0; vector < GATES; vector++) {
        idt[2 * vector] = (ENTRY & 0xffffu) | CODE_SELECTOR << 16;
        idt[2 * vector + 1] = (ENTRY & 0xffff0000u) | (vector == SYSCALL ? GATE_FOR_USER : GATE);
    }
}

void image_load_descriptors(uint32_t directory)
{
    memset(hw_ptr(IMAGE_UL_VISIBLE), 0, IMAGE_UL_VISIBLE_END - IMAGE_UL_VISIBLE);
    fill_gdt();
    fill_tss();
    fill_idt();
    *(uint32_t *)hw_ptr(DIRECTORY) = directory;
    hw_lgdt(GDT, GDT_ENTRIES * 8 - 1);
    hw_load_segments(CODE_SELECTOR, DATA_SELECTOR);
    hw_lidt(IDT, GATES * 8 - 1);
    hw_ltr(TSS_SELECTOR);
}

uint32_t image_directory_address(void)
{
    return DIRECTORY;
}
