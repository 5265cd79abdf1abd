/* satp, and the tables that keep the stubs reachable whatever a case does. */
#include "rom.h"

#if __riscv_xlen == 64
#define SATP_MODE_SHIFT 60
#define SATP_PPN        0xfffffffffffull
#define ASID_SHIFT      44
#define ASID_BITS       0xffffu
typedef uint64_t entry_word;
#else
#define SATP_MODE_SHIFT 31
#define SATP_PPN        0x3fffffu
#define ASID_SHIFT      22
#define ASID_BITS       0x1ffu
typedef uint32_t entry_word;
#endif
#define LAST  (4096u / sizeof(entry_word) - 1)
#define LINKS 4u

static entry_word *linked_root; /* whose last entry leads to the stubs; 0: none */

static entry_word *table(uint32_t number)
{
    return (entry_word *)(uintptr_t)(RV_STUB_PT + number * 0x1000u);
}

static entry_word entry_for(const void *page, entry_word bits)
{
    return (entry_word)((uintptr_t)page >> 12) << 10 | bits;
}

static void build_stub_tables(void)
{
    for (uint32_t i = 0; i < LINKS; i++) {
        for (uint32_t k = 0; k <= LAST; k++)
            table(i)[k] = 0;
        if (i)
            table(i)[LAST] = entry_for(table(i - 1), ENTRY_V);
    }
    table(0)[LAST - 1] = entry_for(stubs_s, ENTRY_STUB_S);
    table(0)[LAST] = entry_for(stubs_u, ENTRY_STUB_U);
}

/* How many tables lie between a root of this mode and the stubs' last one. */
static uint32_t depth(uintptr_t mode)
{
    return mode == 1 ? 0 : (uint32_t)mode - 7;
}

void translation_write(uint64_t value)
{
    uintptr_t satp, mode = (uintptr_t)value >> SATP_MODE_SHIFT;
    CSR_WRITE("satp", value);
    satp = CSR_READ("satp");
    mode = satp >> SATP_MODE_SHIFT;
    uint64_t root = (uint64_t)(satp & (uintptr_t)SATP_PPN) << 12;
    if (!mode || root < RV_TABLES || root >= RV_TABLES_END)
        return;
    linked_root = (entry_word *)(uintptr_t)root;
    linked_root[LAST] = entry_for(table(depth(mode)), ENTRY_V);
    memory_peek(root + LAST * sizeof(entry_word), 4); /* so that it is forgotten with the case */
}

void translation_off(void)
{
    if (CSR_READ("satp"))
        CSR_WRITE("satp", 0);
    __asm__ volatile("sfence.vma" : : : "memory");
}

static int takes(uintptr_t mode)
{
    CSR_WRITE("satp", mode << SATP_MODE_SHIFT);
    return CSR_READ("satp") >> SATP_MODE_SHIFT == mode;
}

static uint32_t asid_bits(uintptr_t mode)
{
    CSR_WRITE("satp", mode << SATP_MODE_SHIFT | (uintptr_t)ASID_BITS << ASID_SHIFT);
    uintptr_t kept = CSR_READ("satp") >> ASID_SHIFT & ASID_BITS;
    uint32_t count = 0;
    for (; kept & 1; kept >>= 1)
        count++;
    return count;
}

void translation_init(struct ref_cpu *cpu)
{
    build_stub_tables();
    cpu->rv_cpu_xlen = __riscv_xlen;
#if __riscv_xlen == 64
    cpu->maxphyaddr = 56;
    cpu->rv_cpu_modes =
        (takes(8) ? RV_MODE_SV39 : 0) | (takes(9) ? RV_MODE_SV48 : 0) | (takes(10) ? RV_MODE_SV57 : 0);
    cpu->rv_cpu_asid = asid_bits(8);
#else
    cpu->maxphyaddr = 34;
    cpu->rv_cpu_modes = takes(1) ? RV_MODE_SV32 : 0;
    cpu->rv_cpu_asid = asid_bits(1);
#endif
    translation_off();
    CSR_WRITE("medeleg", 1u << CAUSE_USER_CALL);
    CSR_WRITE("stvec", STUB_S_VA + SLOT_TAKE * STUB_SLOT);
}
