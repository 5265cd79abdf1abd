/* The parts of the ROM, and what the assembler shares with C. Freestanding, 32-bit; nothing here is used by a host. */
#ifndef REFEREE_ROM_H
#define REFEREE_ROM_H

#include "protocol.h"
#include "selectors.h"

/* What enter and call load into registers; enter.S knows this layout. cs and ss are for enter alone. */
struct entry {
    uint64_t ip;
    uint64_t edi;
    uint64_t eax;
    uint32_t edx;
    uint32_t ecx;
    uint32_t esi;
    uint32_t cs;
    uint32_t ss;
    uint32_t flags;
};

/* How that ended. cr2 means something for VECTOR_PF only. */
struct leave {
    uint64_t eax;
    uint64_t cr2;
    uint32_t vector;
    uint32_t error;
};

extern volatile struct entry entry;
extern volatile struct leave leave;
/* Where programs can read it. */
struct __attribute__((packed)) far_pointer {
    uint32_t offset;
    uint16_t selector;
};
extern volatile struct far_pointer far_target;

extern const uint8_t called_stubs[], user_stubs[], segment_stubs[], vectors32[], vectors64[], user_page[],
    user_end[];

void enter32(void); /* from legacy mode, to 32-bit code at CPL 3 */
void enter64(void); /* from compatibility mode, to 64-bit code at CPL 3 */
void call32(void);  /* from legacy or compatibility mode, 32-bit code at CPL 0 */
void call64(void);  /* from compatibility mode, 64-bit code at CPL 0 */

/* tables.c */
void tables_init(void);
void tables_follow_mode(void); /* the IDT and the TSS's stack, after EFER.LMA may have changed */
void gdt_load(uint64_t base, uint32_t limit);
void idt_load(uint64_t base);
void tss_describe(uint64_t base); /* in the GDT, as available */
void tr_load(void);               /* the ROM's own TSS */
extern const uint32_t gdt_base;

/* memory.c */
void memory_init(void);
void memory_reset(void); /* undo what was noted; paging is off */
uint64_t memory_peek(uint64_t address, uint32_t width);
void memory_poke(uint64_t address, uint32_t width, uint64_t value);

/* execute.c */
void execute_init(void);
/* ops has room for one more than count. */
void execute_list(struct ref_op *ops, struct ref_result *results, uint32_t count);
void execute_reset(void);

/* segment.c */
void segment_execute(const struct ref_op *op, struct ref_result *result);
void segment_reset(void); /* LDTR and TR as they were */

/* cpu.h's one-liners, for C without an operating system */
static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t cr0_read(void)
{
    uint32_t value;
    __asm__ volatile("movl %%cr0, %0" : "=r"(value));
    return value;
}

static inline void cr0_write(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint32_t cr3_read(void)
{
    uint32_t value;
    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    return value;
}

static inline void cr3_write(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint32_t cr4_read(void)
{
    uint32_t value;
    __asm__ volatile("movl %%cr4, %0" : "=r"(value));
    return value;
}

static inline void cr4_write(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

static inline uint64_t msr_read(uint32_t index)
{
    uint64_t value;
    __asm__ volatile("rdmsr" : "=A"(value) : "c"(index));
    return value;
}

static inline void msr_write(uint32_t index, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(index), "A"(value) : "memory");
}

static inline void page_invalidate(uint32_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

#define CR0_PG    (1u << 31)
#define CR4_PAE   (1u << 5)
#define CR4_PCIDE (1u << 17)
#define CR4_PKE   (1u << 22)
#define CR4_PKS   (1u << 24)
#define MSR_EFER  0xc0000080u
#define MSR_PKRS  0x000006e1u
#define EFER_LMA  (1u << 10)

static inline int long_mode(void)
{
    return (msr_read(MSR_EFER) & EFER_LMA) != 0;
}

#endif
