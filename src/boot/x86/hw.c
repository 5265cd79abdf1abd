/*
 * hw.c - hw.h on the metal: memory, registers, console, end. Ring 3 and faults are in trap.c.
 */
#include <kernel/hw.h>

#include "../../lib/memory_map.h"
#include "boot.h"

/* "CPUID - CPU Identification", "Extended Feature Enable Register". */
#define CPUID_EXTENDED          0x80000000u
#define CPUID_EXTENDED_FEATURES 0x80000001u
#define FEATURE_NX              (1u << 20)
#define MSR_EFER                0xc0000080u
#define EFER_NXE                (1u << 11)

static uint32_t ram_size;
static const struct memory_map *memory;

void boot_set_memory(uint32_t bytes, const struct memory_map *map)
{
    ram_size = bytes;
    memory = map;
}

void *hw_ptr(uint32_t linear)
{
    return (void *)linear;
}

bool hw_ptr_translates(void)
{
    return true;
}

uint32_t hw_linear(const void *ptr)
{
    return (uint32_t)ptr;
}

uint64_t hw_ram_size(void)
{
    return ram_size;
}

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    if (index >= memory->count)
        return false;
    range->start = memory->ranges[index].start;
    range->size = memory->ranges[index].end - range->start;
    range->usable = memory->usable[index];
    return true;
}

uint32_t hw_read_cr0(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr0, %0" : "=r"(value));
    return value;
}

uint32_t hw_read_cr2(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr2, %0" : "=r"(value));
    return value;
}

uint32_t hw_read_cr3(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    return value;
}

uint32_t hw_read_cr4(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr4, %0" : "=r"(value));
    return value;
}

void hw_write_cr0(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

void hw_write_cr3(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

void hw_write_cr4(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid answer = {.eax = leaf, .ecx = 0};

    __asm__ volatile("cpuid" : "+a"(answer.eax), "=b"(answer.ebx), "+c"(answer.ecx), "=d"(answer.edx));
    return answer;
}

/* The MSR exists where CPUID names a feature that it enables. */
bool hw_enable_nx(void)
{
    uint32_t low, high;

    if (cpuid(CPUID_EXTENDED).eax <= CPUID_EXTENDED || !(cpuid(CPUID_EXTENDED_FEATURES).edx & FEATURE_NX))
        return false;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    __asm__ volatile("wrmsr" : : "a"(low | EFER_NXE), "d"(high), "c"(MSR_EFER) : "memory");
    return true;
}

void hw_invlpg(uint32_t linear)
{
    __asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

void hw_putchar(char c)
{
    serial_putchar(c);
}

void boot_exit(uint8_t value)
{
    out8(EXIT_PORT, value);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void hw_panic(const char *reason)
{
    const char *words = "panic: ";

    while (*words)
        serial_putchar(*words++);
    while (*reason)
        serial_putchar(*reason++);
    serial_putchar('\n');
    boot_exit(BOOT_EXIT_PANIC);
}
