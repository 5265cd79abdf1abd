#include "x86_oracle.h"

#include <assert.h>
#include <string.h>

/* Bits high:low, as the manual writes them; none where low is above high (bits 51:MAXPHYADDR with MAXPHYADDR 52). */
static uint64_t bits(unsigned high, unsigned low)
{
    if (low > high)
        return 0;
    return (UINT64_MAX >> (63 - high)) & (UINT64_MAX << low);
}

/* "Paging Modes and Control Bits", the table of paging modes. */
enum oracle_mode oracle_mode_of(const struct oracle_cpu *cpu)
{
    if (!(cpu->cr0 & ORACLE_CR0_PG))
        return ORACLE_MODE_NONE;
    if (!(cpu->cr4 & ORACLE_CR4_PAE))
        return ORACLE_MODE_32BIT;
    if (!(cpu->efer & ORACLE_EFER_LME))
        return ORACLE_MODE_PAE;
    return cpu->cr4 & ORACLE_CR4_LA57 ? ORACLE_MODE_5LEVEL : ORACLE_MODE_4LEVEL;
}

bool oracle_is_canonical(const struct oracle_cpu *cpu, uint64_t linear)
{
    enum oracle_mode mode = oracle_mode_of(cpu);
    if (mode != ORACLE_MODE_4LEVEL && mode != ORACLE_MODE_5LEVEL)
        return true;
    uint64_t upper = mode == ORACLE_MODE_5LEVEL ? bits(63, 56) : bits(63, 47);
    return (linear & upper) == 0 || (linear & upper) == upper;
}

/* "32-Bit Paging": reserved bits exist only with CR4.PSE = 1, apart from PAT's bit where PAT is not
 * supported. */
static uint64_t reserved_32bit(const struct oracle_cpu *cpu, unsigned level, uint64_t entry)
{
    uint64_t reserved = 0;
    if (level == 1 && !cpu->has.pat)
        reserved |= bits(7, 7);
    if (level == 2 && (cpu->cr4 & ORACLE_CR4_PSE) && (entry & ORACLE_PS)) {
        unsigned m = cpu->has.maxphyaddr < 40 ? cpu->has.maxphyaddr : 40;
        reserved |= cpu->has.pse36 ? bits(21, m - 19) : bits(21, 13);
        if (!cpu->has.pat)
            reserved |= bits(12, 12);
    }
    return reserved;
}

/* "PAE Paging". The PDPTE registers were checked when they were loaded. */
static uint64_t reserved_pae(const struct oracle_cpu *cpu, unsigned level, uint64_t entry)
{
    if (level == 3)
        return bits(2, 1) | bits(8, 5) | bits(63, cpu->has.maxphyaddr);
    uint64_t reserved = bits(62, cpu->has.maxphyaddr);
    if (!(cpu->efer & ORACLE_EFER_NXE))
        reserved |= ORACLE_XD;
    if (level == 2 && (entry & ORACLE_PS))
        reserved |= bits(20, 13);
    if (!cpu->has.pat && level == 2 && (entry & ORACLE_PS))
        reserved |= bits(12, 12);
    if (!cpu->has.pat && level == 1)
        reserved |= bits(7, 7);
    return reserved;
}

/* "4-Level Paging and 5-Level Paging". */
static uint64_t reserved_ia32e(const struct oracle_cpu *cpu, unsigned level, uint64_t entry)
{
    uint64_t reserved = bits(51, cpu->has.maxphyaddr);
    if (!(cpu->efer & ORACLE_EFER_NXE))
        reserved |= ORACLE_XD;
    if (level >= 4)
        reserved |= ORACLE_PS;
    if (level == 3 && !cpu->has.page1g)
        reserved |= ORACLE_PS;
    if (level == 3 && cpu->has.page1g && (entry & ORACLE_PS))
        reserved |= bits(29, 13);
    if (level == 2 && (entry & ORACLE_PS))
        reserved |= bits(20, 13);
    return reserved;
}

uint64_t oracle_reserved_bits(const struct oracle_cpu *cpu, unsigned level, uint64_t entry)
{
    switch (oracle_mode_of(cpu)) {
    case ORACLE_MODE_NONE: return 0;
    case ORACLE_MODE_32BIT: return reserved_32bit(cpu, level, entry);
    case ORACLE_MODE_PAE: return reserved_pae(cpu, level, entry);
    case ORACLE_MODE_4LEVEL:
    case ORACLE_MODE_5LEVEL: return reserved_ia32e(cpu, level, entry);
    }
    return 0;
}

static bool maps_page(const struct oracle_cpu *cpu, enum oracle_mode mode, unsigned level, uint64_t entry)
{
    if (level == 1)
        return true;
    if (!(entry & ORACLE_PS))
        return false;
    if (mode == ORACLE_MODE_32BIT)
        return level == 2 && (cpu->cr4 & ORACLE_CR4_PSE);
    if (mode == ORACLE_MODE_PAE)
        return level == 2;
    return level == 2 || level == 3;
}

/* One row for each table that can be read: which linear-address bits index it and what a page mapped there
 * spans. */
struct table_format {
    unsigned entry_bytes;
    unsigned index_high, index_low;
};

static struct table_format format_of(enum oracle_mode mode, unsigned level)
{
    static const struct table_format narrow[] = {{4, 21, 12}, {4, 31, 22}};
    static const struct table_format wide[] = {
        {8, 20, 12}, {8, 29, 21}, {8, 38, 30}, {8, 47, 39}, {8, 56, 48}};
    assert(level >= 1 && level <= (mode == ORACLE_MODE_32BIT ? 2 : 5));
    return mode == ORACLE_MODE_32BIT ? narrow[level - 1] : wide[level - 1];
}

/* Where the entry for this address lies in the table at `table`. */
static uint64_t entry_address(struct table_format format, uint64_t table, uint64_t linear)
{
    uint64_t index = (linear & bits(format.index_high, format.index_low)) >> format.index_low;
    return table + index * format.entry_bytes;
}

/* The physical address in an entry that references a table or maps a 4-KByte page. */
static uint64_t frame_of(const struct oracle_cpu *cpu, enum oracle_mode mode, uint64_t entry)
{
    unsigned high = mode == ORACLE_MODE_32BIT ? 31 : cpu->has.maxphyaddr - 1;
    return entry & bits(high, 12);
}

static uint64_t large_page_of(const struct oracle_cpu *cpu, enum oracle_mode mode, struct oracle_entry entry)
{
    if (mode != ORACLE_MODE_32BIT)
        return entry.value & bits(cpu->has.maxphyaddr - 1, entry.level == 3 ? 30 : 21);
    uint64_t physical = entry.value & bits(31, 22);
    if (cpu->has.pse36)
        physical |= ((entry.value & bits(20, 13)) >> 13)
                    << 32; /* bits (M-20):13 hold address bits (M-1):32 */
    return physical;
}

static void combine_rights(struct oracle_rights *rights, enum oracle_mode mode,
                           const struct oracle_entry *entry)
{
    if (mode == ORACLE_MODE_PAE && entry->level == 3)
        return; /* a PDPTE of PAE paging has no access rights */
    rights->user = rights->user && (entry->value & ORACLE_US);
    rights->writable = rights->writable && (entry->value & ORACLE_RW);
    rights->no_execute = rights->no_execute || (mode != ORACLE_MODE_32BIT && (entry->value & ORACLE_XD));
}

static void finish_at_page(const struct oracle_cpu *cpu, struct oracle_walk *walk)
{
    struct oracle_entry leaf = walk->entries[walk->count - 1];
    bool keyed = walk->mode == ORACLE_MODE_4LEVEL || walk->mode == ORACLE_MODE_5LEVEL;
    struct table_format format = format_of(walk->mode, leaf.level);
    walk->page_bytes = ORACLE_BIT(format.index_low);
    walk->page_physical =
        leaf.level == 1 ? frame_of(cpu, walk->mode, leaf.value) : large_page_of(cpu, walk->mode, leaf);
    walk->rights.global = (cpu->cr4 & ORACLE_CR4_PGE) && (leaf.value & ORACLE_G);
    walk->rights.dirty = leaf.value & ORACLE_D;
    walk->rights.key = keyed ? (unsigned)((leaf.value & bits(62, 59)) >> 59) : 0;
}

static struct oracle_entry read_entry(const struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                      struct oracle_entry entry)
{
    enum oracle_mode mode = oracle_mode_of(cpu);
    if (!entry.in_register)
        entry.value = memory->read(memory->context, entry.address, entry.bytes);
    if (entry.value & ORACLE_P)
        entry.reserved = entry.value & oracle_reserved_bits(cpu, entry.level, entry.value);
    if (entry.in_register)
        entry.reserved = 0;
    entry.maps_page = maps_page(cpu, mode, entry.level, entry.value);
    return entry;
}

/* The first entry: from a PDPTE register with PAE paging, else from the table that CR3 references. */
static struct oracle_entry first_entry(const struct oracle_cpu *cpu, enum oracle_mode mode, uint64_t linear)
{
    struct oracle_entry entry = {0};
    if (mode == ORACLE_MODE_PAE) {
        unsigned i = (unsigned)((linear & bits(31, 30)) >> 30);
        return (struct oracle_entry){.level = 3,
                                     .bytes = 8,
                                     .address = (cpu->cr3 & bits(31, 5)) + 8 * i,
                                     .value = cpu->pdpte[i],
                                     .in_register = true};
    }
    entry.level = mode == ORACLE_MODE_32BIT ? 2 : mode == ORACLE_MODE_4LEVEL ? 4 : 5;
    struct table_format format = format_of(mode, entry.level);
    entry.bytes = format.entry_bytes;
    entry.address = entry_address(format, frame_of(cpu, mode, cpu->cr3), linear);
    return entry;
}

void oracle_walk(const struct oracle_cpu *cpu, const struct oracle_memory *memory, uint64_t linear,
                 struct oracle_walk *walk)
{
    memset(walk, 0, sizeof(*walk));
    walk->mode = oracle_mode_of(cpu);
    assert(walk->mode != ORACLE_MODE_NONE);
    walk->rights.user = walk->rights.writable = true;
    struct oracle_entry entry = first_entry(cpu, walk->mode, linear);
    for (;;) {
        entry = read_entry(cpu, memory, entry);
        walk->entries[walk->count++] = entry;
        walk->present = entry.value & ORACLE_P;
        walk->reserved = entry.reserved != 0;
        if (!walk->present || walk->reserved)
            return;
        combine_rights(&walk->rights, walk->mode, &entry);
        if (entry.maps_page)
            break;
        struct table_format format = format_of(walk->mode, entry.level - 1);
        entry = (struct oracle_entry){
            .level = entry.level - 1,
            .bytes = format.entry_bytes,
            .address = entry_address(format, frame_of(cpu, walk->mode, entry.value), linear)};
    }
    finish_at_page(cpu, walk);
}
