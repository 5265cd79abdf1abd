/*
 * descriptors.c - GDT, IDT and TSS. Formats: Intel SDM, volume 3, "Segment Descriptors", "IDT Descriptors"
 * and "Task-State Segment (TSS)".
 */
#include "boot.h"

#include <kernel/hw.h>

#include "../boot_kernel.h"

#define TSS_SELECTOR 0x28u

#define KERNEL_CODE_TYPE 0x9au
#define KERNEL_DATA_TYPE 0x92u
#define USER_CODE_TYPE   0xf8u /* execute-only */
#define USER_DATA_TYPE   0xf2u
#define TSS_TYPE         0xe9u

#define PAGE_GRANULAR 0xcu /* limit in pages, 32-bit */
#define BYTE_GRANULAR 0x4u /* limit in bytes, 32-bit */
#define WHOLE_SPACE   0xfffffu

#define GATE_KERNEL 0x8e00u /* present, DPL 0, 32-bit interrupt gate */
#define GATE_USER   0xee00u /* present, DPL 3 */

struct segment {
    uint32_t base, limit;
    uint8_t type, granularity;
};

/* Only what the processor reads on the way in from ring 3; the rest of the segment stays zero. */
struct task_state {
    uint32_t link;
    uint32_t esp0, ss0;
    uint32_t others[22];
    uint32_t io_map;
};

_Static_assert(sizeof(struct task_state) == 104, "the processor's task-state segment");

static ENTRY_SECTION(bss) struct task_state task_state;
static ENTRY_SECTION(bss) uint64_t gdt[6];
static ENTRY_SECTION(bss) uint64_t idt[256];

static uint64_t encode(const struct segment *segment)
{
    const uint32_t low = (segment->limit & 0xffffu) | segment->base << 16;
    const uint32_t high = (segment->base >> 16 & 0xffu) | (uint32_t)segment->type << 8 |
                          (segment->limit & 0xf0000u) | (uint32_t)segment->granularity << 20 |
                          (segment->base & 0xff000000u);

    return (uint64_t)high << 32 | low;
}

static void set_gate(unsigned vector, uint32_t entry, uint32_t kind)
{
    const uint32_t low = (entry & 0xffffu) | KERNEL_CODE << 16;
    const uint32_t high = (entry & 0xffff0000u) | kind;

    idt[vector] = (uint64_t)high << 32 | low;
}

static void fill_gdt(void)
{
    const struct segment segments[] = {
        {0, WHOLE_SPACE, KERNEL_CODE_TYPE, PAGE_GRANULAR},
        {0, WHOLE_SPACE, KERNEL_DATA_TYPE, PAGE_GRANULAR},
        {0, WHOLE_SPACE, USER_CODE_TYPE, PAGE_GRANULAR},
        {0, WHOLE_SPACE, USER_DATA_TYPE, PAGE_GRANULAR},
        {(uint32_t)&task_state, sizeof task_state - 1, TSS_TYPE, BYTE_GRANULAR},
    };

    for (unsigned i = 0; i < sizeof segments / sizeof segments[0]; i++)
        gdt[i + 1] = encode(&segments[i]);
}

static void fill_idt(void)
{
    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        set_gate(vector, trap_entries[vector], GATE_KERNEL);
    set_gate(VECTOR_SYSCALL, (uint32_t)trap_syscall, GATE_USER);
    set_gate(VECTOR_LEAVE, (uint32_t)trap_leave, GATE_USER);
}

void descriptors_init(void)
{
    task_state.esp0 = boot_kernel.ring0_stack_top;
    task_state.ss0 = KERNEL_DATA;
    task_state.io_map = (uint32_t)sizeof task_state << 16;
    fill_gdt();
    fill_idt();
    hw_lgdt((uint32_t)gdt, sizeof gdt - 1);
    hw_load_segments(KERNEL_CODE, KERNEL_DATA);
    hw_lidt((uint32_t)idt, sizeof idt - 1);
    hw_ltr(TSS_SELECTOR);
}
