/*
 * A guest that builds page tables with a mix of everything, turns paging on, says so on port 0xe9, and halts.
 *
 * GUEST_MODE is 32, 36 (PAE) or 64. The first 2 or 4 MiB stay mapped where they are, so that the code goes on.
 * With GUEST_ODD, the 32-bit tables are what QEMU's monitor shows otherwise: a frame above 4 GiB (PSE-36) and a
 * reserved bit.
 */
#include <stdint.h>

#define P   0x001u
#define RW  0x002u
#define US  0x004u
#define PWT 0x008u
#define PCD 0x010u
#define A   0x020u
#define D   0x040u
#define PS  0x080u
#define G   0x100u

#define CR0_PG_WP  0x80010000u
#define CR4_PSE    0x10u
#define CR4_PAE    0x20u
#define CR4_PGE    0x80u
#define MSR_EFER   0xc0000080u
#define EFER_LME   0x100u
#define EFER_NXE   0x800u
#define DEBUG_PORT 0xe9

#if GUEST_MODE == 32
typedef uint32_t entry;
#define ENTRIES 1024u
#define NX      0u
#else
typedef uint64_t entry;
#define ENTRIES 512u
#define NX      (UINT64_C(1) << 63)
#endif

#define TABLES 16
static entry tables[TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned used;
static uint32_t seed = 12345;

static entry *new_table(void)
{
    return tables[used++];
}

static entry at(const void *pointer)
{
    return (uint32_t)pointer;
}

static uint32_t draw(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* Any flags of a page; every fourth entry is not present. */
static entry any_flags(void)
{
    entry flags = draw() & (RW | US | PWT | PCD | A | D | G);
    if (draw() & 1)
        flags |= NX;
    return draw() % 4 ? flags | P : flags;
}

static void fill_pages(entry *table, entry frame)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        table[i] = (frame + i) << 12 | any_flags();
}

static void write_cr4(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value));
}

__attribute__((unused)) static void set_efer(uint32_t bits)
{
    __asm__ volatile("rdmsr; or %0, %%eax; wrmsr" : : "r"(bits), "c"(MSR_EFER) : "eax", "edx");
}

static void turn_on(const entry *top)
{
    uint32_t cr0;
    __asm__ volatile("mov %0, %%cr3" : : "r"(top) : "memory");
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_PG_WP) : "memory");
}

#if GUEST_MODE == 32
static const entry *build(void)
{
    entry *top = new_table();
    top[0] = P | RW | PS;
    for (unsigned i = 1; i < 9; i++) {
        entry *table = new_table();
        fill_pages(table, 0x100 + i * 7);
        top[i * 100] = at(table) | (any_flags() & ~(entry)G) | P;
    }
    for (unsigned i = 0; i < 8; i++)
        top[900 + i] = (i + 1) << 22 | PS | any_flags();
    top[1023] = at(top) | P | RW;
#ifdef GUEST_ODD
    top[900] = (entry)1 << 22 | 1u << 13 | PS | P;
    top[901] = (entry)2 << 22 | 1u << 21 | PS | P;
#endif
    return top;
}

static void prepare(void)
{
    write_cr4(CR4_PSE | CR4_PGE);
}
#elif GUEST_MODE == 36
static const entry *build(void)
{
    entry *top = new_table();
    for (unsigned i = 0; i < 4; i++) {
        entry *directory = new_table();
        top[i] = i == 2 ? 0 : at(directory) | P;
        for (unsigned j = 1; j < 3; j++) {
            entry *table = new_table();
            fill_pages(table, 0x100 + i * 7 + j);
            directory[j * 150] = at(table) | (any_flags() & ~(entry)G) | P;
        }
        for (unsigned j = 0; j < 8; j++)
            directory[400 + j] = (entry)(j + 1) << 21 | PS | any_flags();
        if (i == 0)
            directory[0] = P | RW | PS;
    }
    return top;
}

static void prepare(void)
{
    write_cr4(CR4_PAE | CR4_PGE);
    set_efer(EFER_NXE);
}
#else
/* Below one top entry: a 1 GiB page, large pages and two tables of small ones. */
static entry build_pointers(void)
{
    entry *pointers = new_table(), *directory = new_table();
    pointers[0] = at(directory) | P | RW | US;
    pointers[1] = (entry)1 << 30 | P | RW | PS | NX;
    pointers[511] = at(directory) | P | US | NX;
    directory[0] = P | RW | PS;
    for (unsigned i = 1; i < 3; i++) {
        entry *table = new_table();
        fill_pages(table, 0x100 + i * 9);
        directory[i * 100] = at(table) | (any_flags() & ~(entry)G) | P;
    }
    for (unsigned i = 0; i < 8; i++)
        directory[400 + i] = (entry)(i + 1) << 21 | PS | any_flags();
    return at(pointers);
}

static const entry *build(void)
{
    entry *top = new_table();
    entry pointers = build_pointers();
    top[0] = pointers | P | RW | US;
    top[255] = build_pointers() | P | RW;
    top[256] = pointers | P | RW;
    top[510] = at(top) | P | RW | NX;
    top[511] = pointers | P | US;
    return top;
}

static void prepare(void)
{
    write_cr4(CR4_PAE | CR4_PGE);
    set_efer(EFER_LME | EFER_NXE);
}
#endif

void guest_main(void)
{
    const entry *top = build();
    prepare();
    turn_on(top);
    __asm__ volatile("outb %%al, %1" : : "a"('R'), "N"(DEBUG_PORT));
}
