/*
 * A guest that turns paging on with one thing left out of its tables, and dies of it: TRIPLE_MISSING is 1 for its
 * code (which then has no IDT either), 2 for its stack, 3 for the IDT, 4 for the GDT. With 0 nothing is missing,
 * and it halts.
 */
#include <stdint.h>

#define MISSING_CODE  1
#define MISSING_STACK 2
#define MISSING_IDT   3
#define MISSING_GDT   4

#define STACK_PAGE 0x300000u
#define IDT_PAGE   0x400000u
#define GDT_PAGE   0x500000u
#define PAGE       0x1000u

#define P_RW     3u
#define CODE32   0x00cf9a000000ffffull
#define DATA32   0x00cf92000000ffffull
#define GATE32   0x8e00u
#define SEL_CODE 8u
#define SEL_DATA 16u
#define VECTORS  32u

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t tables[2][1024] __attribute__((aligned(4096)));

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t base;
};

static void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void set_up_descriptors(void)
{
    uint64_t *gdt = (uint64_t *)GDT_PAGE, *idt = (uint64_t *)IDT_PAGE;
    uint64_t handler = (uint32_t)halt;
    struct table_register gdtr = {3 * 8 - 1, GDT_PAGE},
                          idtr = {TRIPLE_MISSING == MISSING_CODE ? 0 : VECTORS * 8 - 1, IDT_PAGE};
    gdt[0] = 0;
    gdt[1] = CODE32;
    gdt[2] = DATA32;
    for (unsigned i = 0; i < VECTORS; i++)
        idt[i] = (handler & 0xffff) | SEL_CODE << 16 | (uint64_t)GATE32 << 32 | (handler >> 16) << 48;
    __asm__ volatile("lgdt %0; lidt %1" : : "m"(gdtr), "m"(idtr));
    __asm__ volatile("ljmp %0, $1f; 1: mov %1, %%ds; mov %1, %%es; mov %1, %%ss"
                     :
                     : "i"(SEL_CODE), "r"(SEL_DATA));
}

static void unmap(uint32_t address)
{
    tables[address >> 22][address >> 12 & 1023] = 0;
}

static void build(void)
{
    static const uint32_t places[] = {0, 0x100000, STACK_PAGE, IDT_PAGE, GDT_PAGE};
    for (unsigned i = 0; i < 2048; i++)
        tables[i / 1024][i % 1024] = i * PAGE | P_RW;
    directory[0] = (uint32_t)tables[0] | P_RW;
    directory[1] = (uint32_t)tables[1] | P_RW;
    if (TRIPLE_MISSING)
        unmap(places[TRIPLE_MISSING]);
}

void guest_main(void)
{
    build();
    set_up_descriptors();
    __asm__ volatile("mov %0, %%esp\n"
                     "mov %1, %%cr3\n"
                     "mov %%cr0, %%eax\n"
                     "or $0x80000000, %%eax\n"
                     "mov %%eax, %%cr0\n"
                     ".globl after_paging\n"
                     "after_paging: push %%eax\n"
                     "mov %2, %%ds\n"
                     "int3\n"
                     :
                     : "r"(STACK_PAGE + PAGE), "r"(directory), "r"(SEL_DATA)
                     : "eax", "memory");
    halt();
}
