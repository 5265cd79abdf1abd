/*
 * segments.c - the part of hw.h about segments, on the metal. What these instructions refuse ends in the kernel's own
 * exception handlers.
 */
#include <kernel/hw.h>

/* "Pseudo-Descriptor Formats" of the Intel SDM, volume 3. */
struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

void hw_lgdt(uint32_t base, uint16_t limit)
{
    const struct table_register table = {limit, base};

    __asm__ volatile("lgdt %0" : : "m"(table));
}

void hw_lidt(uint32_t base, uint16_t limit)
{
    const struct table_register table = {limit, base};

    __asm__ volatile("lidt %0" : : "m"(table));
}

void hw_ltr(uint16_t selector)
{
    __asm__ volatile("ltr %0" : : "r"(selector));
}

/* A far return, because a far jump takes no selector from a register. */
void hw_load_segments(uint16_t code, uint16_t data)
{
    __asm__ volatile("pushl %0\n"
                     "pushl $1f\n"
                     "lretl\n"
                     "1: movl %1, %%ds\n"
                     "movl %1, %%es\n"
                     "movl %1, %%fs\n"
                     "movl %1, %%gs\n"
                     "movl %1, %%ss\n"
                     :
                     : "r"((uint32_t)code), "r"((uint32_t)data)
                     : "memory");
}
