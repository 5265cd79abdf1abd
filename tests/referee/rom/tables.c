/* Descriptor tables and the page tables that keep the ROM running whatever a case installs. */
#include "rom.h"

#define PTE_P           0x01u
#define PTE_RW          0x02u
#define PTE_US          0x04u
#define PTE_A           0x20u
#define PTE_D           0x40u
#define SUPERVISOR_PAGE (PTE_P | PTE_RW | PTE_A | PTE_D)
#define TABLE           (PTE_P | PTE_RW | PTE_US | PTE_A)

#define FRAME_END(frame) ((frame) + 0x1000)
#define GATE_INTERRUPT   0x8e00u
#define GATE_DPL3        0x6000u
#define TSS_LIMIT        0xffu
#define TSS_ESP0         1 /* dword numbers */
#define TSS_SS0          2
#define TSS_IOMAP        25

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint64_t base;
};

const uint32_t gdt_base = FRAME_END(REF_GDT_FRAME) - REF_TAIL_GDT;
static const uint32_t tss_base = FRAME_END(REF_TSS_FRAME) - REF_TAIL_TSS;
static const uint32_t idt32_base = FRAME_END(REF_IDT32_FRAME) - REF_TAIL_IDT32;
static const uint32_t idt64_base = FRAME_END(REF_IDT64_FRAME) - REF_TAIL_IDT64;

static uint8_t exception_stack[256] __attribute__((aligned(16)));

/* LGDT and LIDT take 32 bits of base in compatibility mode: enough for the ROM's own, not for a tested address. */
void gdt_load(uint64_t base, uint32_t limit)
{
    struct table_register r = {(uint16_t)limit, base};
    __asm__ volatile("lgdt %0" : : "m"(r) : "memory");
}

void idt_load(uint64_t base)
{
    struct table_register r = {0xfff, base};
    __asm__ volatile("lidt %0" : : "m"(r) : "memory");
}

void tss_describe(uint64_t base)
{
    uint32_t *descriptor = (uint32_t *)(gdt_base + SEL_TSS);
    uint32_t low = (uint32_t)base;
    descriptor[0] = (low << 16) | TSS_LIMIT;
    descriptor[1] = (low & 0xff000000u) | 0x8900u | ((low >> 16) & 0xffu);
    descriptor[2] = (uint32_t)(base >> 32);
    descriptor[3] = 0;
}

void tr_load(void)
{
    tss_describe(tss_base);
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS) : "memory");
}

void tables_follow_mode(void)
{
    int lma = long_mode();
    ((uint32_t *)tss_base)[TSS_SS0] = lma ? 0 : SEL_DATA; /* the upper half of RSP0 in long mode */
    idt_load(lma ? idt64_base : idt32_base);
}

static uint32_t gate_dpl(uint32_t vector)
{
    return vector == VECTOR_INT3 || vector >= 32 ? GATE_DPL3 : 0;
}

static void idt_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t *legacy = (uint32_t *)idt32_base + 2 * i;
        uint32_t *wide = (uint32_t *)idt64_base + 4 * i;
        uint32_t h32 = (uint32_t)vectors32 + 16 * i;
        uint32_t h64 = (uint32_t)vectors64 + 16 * i;
        legacy[0] = ((uint32_t)SEL_CODE32 << 16) | (h32 & 0xffffu);
        legacy[1] = (h32 & 0xffff0000u) | GATE_INTERRUPT | gate_dpl(i);
        wide[0] = ((uint32_t)SEL_CODE64 << 16) | (h64 & 0xffffu);
        wide[1] = (h64 & 0xffff0000u) | GATE_INTERRUPT | gate_dpl(i);
        wide[2] = wide[3] = 0;
    }
}

static void segments_init(void)
{
    uint64_t *gdt = (uint64_t *)gdt_base;
    uint32_t *tss = (uint32_t *)tss_base;
    for (uint32_t i = 0; i < GDT_ENTRIES; i++)
        gdt[i] = 0;
    gdt[SEL_CODE32 / 8] = DESC_CODE32;
    gdt[SEL_DATA / 8] = DESC_DATA;
    gdt[SEL_CODE64 / 8] = DESC_CODE64;
    gdt[SEL_USER_CODE32 / 8] = DESC_USER_CODE32;
    gdt[SEL_USER_DATA / 8] = DESC_USER_DATA;
    gdt[SEL_USER_CODE64 / 8] = DESC_USER_CODE64;
    for (uint32_t i = 0; i < REF_TAIL_TSS / 4; i++)
        tss[i] = 0;
    tss[TSS_ESP0] = (uint32_t)(exception_stack + sizeof(exception_stack));
    tss[TSS_IOMAP] = (uint32_t)REF_TAIL_TSS << 16;
}

static uint32_t page_flags(uint32_t page)
{
    int user = page >= (uint32_t)user_page && page < (uint32_t)user_end;
    return SUPERVISOR_PAGE | (user ? PTE_US : 0);
}

static void paging_init(void)
{
    uint32_t *pt32 = (uint32_t *)REF_PT32;
    uint64_t *pt64 = (uint64_t *)REF_PT64;
    uint64_t *pd = (uint64_t *)REF_PD;
    for (uint32_t i = 0; i < 1024; i++)
        pt32[i] = i << 12 | page_flags(i << 12);
    for (uint32_t i = 0; i < 1024; i++)
        pt64[i] = i << 12 | page_flags(i << 12);
    pd[0] = REF_PT64 | TABLE;
    pd[1] = (REF_PT64 + 0x1000) | TABLE;
    *(uint64_t *)REF_PDPT = REF_PD | TABLE;
    *(uint64_t *)REF_PML4 = REF_PDPT | TABLE;
    *(uint64_t *)REF_PAE_ROOT = REF_ROOT0_PAE;
}

void tables_init(void)
{
    idt_init();
    segments_init();
    paging_init();
    gdt_load(gdt_base, GDT_ENTRIES * 8 - 1);
    tables_follow_mode();
    tr_load();
}
