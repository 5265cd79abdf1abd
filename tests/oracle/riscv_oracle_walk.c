#include "riscv_oracle.h"

#include <assert.h>

#define PAGE 4096u

/* "Sv32", "Sv39", "Sv48", "Sv57": levels, bits of a virtual page number's part, bytes of an entry, address bits. */
static const struct shape {
    unsigned levels, index_bits, entry_bytes, address_bits;
} shapes[RVO_MODES] = {
    [RVO_SV32] = {2, 10, 4, 32},
    [RVO_SV39] = {3, 9, 8, 39},
    [RVO_SV48] = {4, 9, 8, 48},
    [RVO_SV57] = {5, 9, 8, 57},
};

static uint64_t bits(uint64_t value, unsigned high, unsigned low)
{
    return value >> low & (UINT64_MAX >> (63 - (high - low)));
}

unsigned rvo_levels(enum rvo_mode mode)
{
    return shapes[mode].levels;
}

unsigned rvo_entry_bytes(enum rvo_mode mode)
{
    return shapes[mode].entry_bytes;
}

/* ---- satp ---- */

/* "Encoding of satp MODE field"; RVO_MODES: reserved. */
static enum rvo_mode mode_field(unsigned xlen, uint64_t satp)
{
    if (xlen == 32)
        return bits(satp, 31, 31) ? RVO_SV32 : RVO_BARE;
    switch (bits(satp, 63, 60)) {
    case 0: return RVO_BARE;
    case 8: return RVO_SV39;
    case 9: return RVO_SV48;
    case 10: return RVO_SV57;
    default: return RVO_MODES;
    }
}

uint64_t rvo_satp_write(const struct rvo_cpu *cpu, uint64_t value)
{
    unsigned asid_low = cpu->xlen == 32 ? 22 : 44, asid_high = cpu->xlen == 32 ? 30 : 59;
    enum rvo_mode mode = mode_field(cpu->xlen, value);
    if (cpu->xlen == 32)
        value = bits(value, 31, 0);
    if (mode == RVO_MODES || (mode != RVO_BARE && !(cpu->modes & 1u << mode)))
        return cpu->satp;
    for (unsigned bit = asid_low + cpu->asidlen; bit <= asid_high; bit++)
        value &= ~RVO_BIT(bit);
    return value;
}

enum rvo_mode rvo_mode_of(const struct rvo_cpu *cpu)
{
    return mode_field(cpu->xlen, cpu->satp);
}

unsigned rvo_asid(const struct rvo_cpu *cpu)
{
    return (unsigned)(cpu->xlen == 32 ? bits(cpu->satp, 30, 22) : bits(cpu->satp, 59, 44));
}

static uint64_t root(const struct rvo_cpu *cpu)
{
    return (cpu->xlen == 32 ? bits(cpu->satp, 21, 0) : bits(cpu->satp, 43, 0)) * PAGE;
}

bool rvo_is_valid_address(const struct rvo_cpu *cpu, uint64_t address)
{
    const struct shape *shape = &shapes[rvo_mode_of(cpu)];
    if (cpu->xlen == 32 || !shape->levels)
        return true;
    uint64_t upper = bits(address, 63, shape->address_bits - 1);
    return upper == 0 || upper == bits(UINT64_MAX, 63, shape->address_bits - 1);
}

/* ---- "Virtual Address Translation Process" ---- */

static bool is_pointer(uint64_t entry)
{
    return !(entry & (RVO_R | RVO_W | RVO_X));
}

static uint64_t page_number(enum rvo_mode mode, uint64_t entry)
{
    return mode == RVO_SV32 ? bits(entry, 31, RVO_PPN_SHIFT) : bits(entry, 53, RVO_PPN_SHIFT);
}

static bool reserved_in_wide_entry(const struct rvo_cpu *cpu, unsigned level, uint64_t entry)
{
    unsigned pbmt = (unsigned)bits(entry, 62, RVO_PBMT_SHIFT);
    if (bits(entry, 60, 54))
        return true;
    if (pbmt && (!cpu->svpbmt || pbmt == 3 || is_pointer(entry)))
        return true;
    if (!(entry & RVO_N))
        return false;
    /* Svnapot has one size, 64 KiB: ppn[0] is xxxx1000 in the last table. */
    return !cpu->svnapot || is_pointer(entry) || level != 0 || bits(entry, 13, 10) != 8;
}

/* Step 3 and what step 4 to 6 say of encodings: a page fault, whoever asks. */
static bool malformed(const struct rvo_cpu *cpu, unsigned level, uint64_t entry)
{
    enum rvo_mode mode = rvo_mode_of(cpu);
    if (!(entry & RVO_V))
        return true;
    if (entry & RVO_W && !(entry & RVO_R))
        return true;
    if (mode != RVO_SV32 && reserved_in_wide_entry(cpu, level, entry))
        return true;
    if (is_pointer(entry))
        return level == 0 || entry & (RVO_D | RVO_A | RVO_U);
    uint64_t below = RVO_BIT(level * shapes[mode].index_bits) - 1;
    return page_number(mode, entry) & below; /* a misaligned superpage */
}

static void fill_leaf(const struct rvo_cpu *cpu, uint64_t address, const struct rvo_entry *last, bool global,
                      struct rvo_leaf *leaf)
{
    enum rvo_mode mode = rvo_mode_of(cpu);
    uint64_t bytes = (uint64_t)PAGE << last->level * shapes[mode].index_bits;
    bool napot = mode != RVO_SV32 && last->value & RVO_N;
    if (napot)
        bytes = 16 * PAGE;
    *leaf = (struct rvo_leaf){.virtual_base = address & ~(bytes - 1),
                              .bytes = bytes,
                              .physical_base = page_number(mode, last->value) * PAGE & ~(bytes - 1),
                              .entry = last->value,
                              .global = global,
                              .asid = rvo_asid(cpu)};
}

void rvo_walk(const struct rvo_cpu *cpu, const struct rvo_memory *memory, uint64_t address,
              struct rvo_walk *walk)
{
    enum rvo_mode mode = rvo_mode_of(cpu);
    const struct shape *shape = &shapes[mode];
    uint64_t table = root(cpu);
    bool global = false;
    assert(shape->levels);
    *walk = (struct rvo_walk){.end = RVO_END_INVALID};
    for (unsigned level = shape->levels; level-- > 0;) {
        unsigned low = 12 + level * shape->index_bits;
        uint64_t index = bits(address, low + shape->index_bits - 1, low);
        struct rvo_entry *entry = &walk->entries[walk->count];
        *entry = (struct rvo_entry){.level = level, .address = table + index * shape->entry_bytes};
        if (!memory->present(memory->context, entry->address, shape->entry_bytes)) {
            walk->end = RVO_END_ABSENT;
            return;
        }
        entry->value = memory->read(memory->context, entry->address, shape->entry_bytes);
        walk->count++;
        if (malformed(cpu, level, entry->value))
            return;
        global |= (entry->value & RVO_G) != 0;
        if (!is_pointer(entry->value)) {
            walk->end = RVO_END_LEAF;
            fill_leaf(cpu, address, entry, global, &walk->leaf);
            return;
        }
        table = page_number(mode, entry->value) * PAGE;
    }
}
