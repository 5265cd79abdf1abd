/*
 * The kernel of the demo image. It builds a page directory of its own, switches to it, and makes three mistakes that
 * kernels make: an entry that holds a linear address instead of a physical one, a page table that user code can
 * write, and its read-only data open to user code. Then it touches what the first mistake should have mapped.
 */
#include <stdint.h>

#define KERNEL_BASE 0xc0000000u
#define HEAP_BASE   0xd0000000u
#define USER_CODE   0x00400000u
#define USER_STACK  0x00bff000u

#define P  1u
#define RW 2u
#define US 4u

#define FRAME_OF(pointer) ((uint32_t)(pointer)-KERNEL_BASE)

typedef uint32_t table[1024] __attribute__((aligned(4096)));

table kernel_directory, process_directory;
table kernel_table, heap_table, user_table, stack_table;
uint8_t user_program[2 * 4096] __attribute__((aligned(4096)));
uint8_t user_stack[4096] __attribute__((aligned(4096)));
const char banner[] = "demo kernel";
static uint64_t idt[32];

extern char kernel_read_only_end[], page_fault_entry[];

static void map(uint32_t *page_table, uint32_t linear, uint32_t entry)
{
    page_table[linear >> 12 & 1023] = entry;
}

static void map_kernel(void)
{
    for (uint32_t frame = 0; frame < 0x200000; frame += 0x1000) {
        int read_only = frame >= 0x101000 && frame < FRAME_OF(kernel_read_only_end);
        map(kernel_table, KERNEL_BASE + frame, frame | P | (read_only ? 0 : RW));
    }
    map(kernel_table, (uint32_t)banner, FRAME_OF(banner) | P | US); /* mistake: user code can read it */
    map(kernel_table, (uint32_t)user_table,
        FRAME_OF(user_table) | P | RW | US); /* mistake: and write this table */
    kernel_directory[KERNEL_BASE >> 22] = FRAME_OF(kernel_table) | P | RW | US;
    kernel_directory[HEAP_BASE >> 22] = (uint32_t)heap_table | P | RW; /* mistake: FRAME_OF() is missing */
    kernel_directory[1023] = FRAME_OF(kernel_directory) | P | RW;
    map(heap_table, HEAP_BASE, 0x180000 | P | RW);
}

static void map_process(void)
{
    for (unsigned i = 768; i < 1023; i++)
        process_directory[i] = kernel_directory[i];
    process_directory[1023] = FRAME_OF(process_directory) | P | RW;
    map(user_table, USER_CODE, FRAME_OF(user_program) | P | US);
    map(user_table, USER_CODE + 4096, FRAME_OF(user_program + 4096) | P | RW | US);
    map(stack_table, USER_STACK, FRAME_OF(user_stack) | P | RW | US);
    process_directory[USER_CODE >> 22] = FRAME_OF(user_table) | P | RW | US;
    process_directory[USER_STACK >> 22] = FRAME_OF(stack_table) | P | RW | US;
}

static void catch_page_faults(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } idtr = {sizeof idt - 1, (uint32_t)idt};
    uint32_t handler = (uint32_t)page_fault_entry;
    uint16_t code;
    __asm__ volatile("mov %%cs, %0" : "=r"(code));
    idt[14] =
        (handler & 0xffff) | (uint32_t)code << 16 | (uint64_t)0x8e00 << 32 | (uint64_t)(handler >> 16) << 48;
    __asm__ volatile("lidt %0" : : "m"(idtr), "m"(idt));
}

/* The boot loader's GDT lies at an address that these tables do not map. */
__attribute__((unused)) static void load_gdt(void)
{
    static uint64_t gdt[] = {0, 0x00cf9a000000ffff, 0x00cf92000000ffff};
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } gdtr = {sizeof gdt - 1, (uint32_t)gdt};
    __asm__ volatile("lgdt %0; ljmp $8, $1f; 1: mov %1, %%ds; mov %1, %%es; mov %1, %%ss"
                     :
                     : "m"(gdtr), "r"(16), "m"(gdt));
}

void kernel_main(void)
{
#ifndef DEMO_FORGETS_GDT /* reboot.log was made with it */
    load_gdt();
#endif
    map_kernel();
    map_process();
    catch_page_faults();
    __asm__ volatile("mov %0, %%cr3" : : "r"(FRAME_OF(kernel_directory)) : "memory");
    *(volatile uint32_t *)HEAP_BASE = 1;
}
