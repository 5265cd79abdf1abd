#include "x86_oracle.h"

#define LOW_32 0xffffffffu

/* CR0: PE MP EM TS ET NE, WP, AM, NW CD PG. Attempts to set any other bit of the low half have no impact. */
static uint64_t cr0_defined(const struct oracle_features *has)
{
    uint64_t defined = 0x3f | ORACLE_BIT(18) | ORACLE_CR0_NW | ORACLE_CR0_CD | ORACLE_CR0_PG;
    return has->wp ? defined | ORACLE_CR0_WP : defined;
}

static const struct oracle_write general_protection = {.gp = true};

static bool in_ia32e_mode(const struct oracle_cpu *cpu)
{
    return cpu->efer & ORACLE_EFER_LMA;
}

unsigned oracle_current_pcid(const struct oracle_cpu *cpu)
{
    return cpu->cr4 & ORACLE_CR4_PCIDE ? (unsigned)(cpu->cr3 & 0xfff) : 0;
}

/* "PDPTE Registers": all four from the table that CR3 references, or none if a present one has a reserved bit
 * set. */
static bool load_pdptes(struct oracle_cpu *cpu, const struct oracle_memory *memory)
{
    uint64_t pdpte[4];
    for (unsigned i = 0; i < 4; i++) {
        pdpte[i] = memory->read(memory->context, (cpu->cr3 & 0xffffffe0u) + 8 * i, 8);
        if ((pdpte[i] & ORACLE_P) && (pdpte[i] & oracle_reserved_bits(cpu, 3, pdpte[i])))
            return false;
    }
    for (unsigned i = 0; i < 4; i++)
        cpu->pdpte[i] = pdpte[i];
    return true;
}

/* MOV to CR0 and MOV to CR4 load the PDPTE registers when PAE paging is in use afterwards and one of these
 * changed. */
static bool must_load_pdptes(const struct oracle_cpu *before, const struct oracle_cpu *after)
{
    uint64_t cr0_triggers = ORACLE_CR0_CD | ORACLE_CR0_NW | ORACLE_CR0_PG;
    uint64_t cr4_triggers = ORACLE_CR4_PAE | ORACLE_CR4_PGE | ORACLE_CR4_PSE | ORACLE_CR4_SMEP;
    if (oracle_mode_of(after) != ORACLE_MODE_PAE)
        return false;
    return ((before->cr0 ^ after->cr0) & cr0_triggers) || ((before->cr4 ^ after->cr4) & cr4_triggers);
}

static bool cr0_is_invalid(const struct oracle_cpu *before, uint64_t value)
{
    bool pg = value & ORACLE_CR0_PG;
    if (in_ia32e_mode(before) && value > LOW_32)
        return true;
    if (pg && !(value & ORACLE_CR0_PE))
        return true;
    if ((value & ORACLE_CR0_NW) && !(value & ORACLE_CR0_CD))
        return true;
    if (!pg && (before->cr4 & ORACLE_CR4_PCIDE))
        return true;
    bool enables_paging = pg && !(before->cr0 & ORACLE_CR0_PG);
    return enables_paging && (before->efer & ORACLE_EFER_LME) && !(before->cr4 & ORACLE_CR4_PAE);
}

static struct oracle_write write_cr0(struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                     uint64_t value)
{
    struct oracle_write done = {0};
    if (cr0_is_invalid(cpu, value))
        return general_protection;
    struct oracle_cpu after = *cpu;
    after.cr0 = (value & cr0_defined(&cpu->has)) | ORACLE_CR0_ET;
    after.efer &= ~ORACLE_EFER_LMA;
    if ((after.cr0 & ORACLE_CR0_PG) && (after.efer & ORACLE_EFER_LME))
        after.efer |= ORACLE_EFER_LMA;
    if (must_load_pdptes(cpu, &after)) {
        if (!load_pdptes(&after, memory))
            return general_protection;
        done.loaded = true;
    }
    if ((cpu->cr0 ^ after.cr0) & (ORACLE_CR0_PG | ORACLE_CR0_PE))
        done.flush = ORACLE_FLUSH_ALL;
    *cpu = after;
    return done;
}

/* Reserved in IA-32e mode: from MAXPHYADDR up, but bit 63 has a meaning of its own with CR4.PCIDE = 1. */
static bool cr3_is_invalid(const struct oracle_cpu *cpu, uint64_t value)
{
    if (!in_ia32e_mode(cpu))
        return false;
    if (cpu->cr4 & ORACLE_CR4_PCIDE)
        value &= ~ORACLE_BIT(63);
    return value >= ORACLE_BIT(cpu->has.maxphyaddr);
}

static struct oracle_write write_cr3(struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                     uint64_t value)
{
    struct oracle_write done = {.flush = ORACLE_FLUSH_PCID_KEEP_GLOBAL};
    if (cr3_is_invalid(cpu, value))
        return general_protection;
    struct oracle_cpu after = *cpu;
    if (cpu->cr4 & ORACLE_CR4_PCIDE) {
        if (value & ORACLE_BIT(63))
            done.flush = ORACLE_FLUSH_NONE;
        value &= ~ORACLE_BIT(63);
        done.pcid = (unsigned)(value & 0xfff);
    }
    after.cr3 = value;
    if (oracle_mode_of(cpu) == ORACLE_MODE_PAE) {
        if (!load_pdptes(&after, memory))
            return general_protection;
        done.loaded = true;
    }
    *cpu = after;
    return done;
}

static uint64_t cr4_supported(const struct oracle_features *has)
{
    uint64_t supported = has->cr4_others;
    supported |= has->pse ? ORACLE_CR4_PSE : 0;
    supported |= has->pae ? ORACLE_CR4_PAE : 0;
    supported |= has->pge ? ORACLE_CR4_PGE : 0;
    supported |= has->la57 ? ORACLE_CR4_LA57 : 0;
    supported |= has->pcid ? ORACLE_CR4_PCIDE : 0;
    supported |= has->smep ? ORACLE_CR4_SMEP : 0;
    supported |= has->smap ? ORACLE_CR4_SMAP : 0;
    supported |= has->pku ? ORACLE_CR4_PKE : 0;
    supported |= has->pks ? ORACLE_CR4_PKS : 0;
    return supported;
}

static bool cr4_is_invalid(const struct oracle_cpu *before, uint64_t value)
{
    uint64_t rises = value & ~before->cr4;
    uint64_t falls = before->cr4 & ~value;
    if (value & ~cr4_supported(&before->has))
        return true;
    if ((rises & ORACLE_CR4_PCIDE) && (!in_ia32e_mode(before) || (before->cr3 & 0xfff)))
        return true;
    if (in_ia32e_mode(before) && (falls & ORACLE_CR4_PAE))
        return true;
    return in_ia32e_mode(before) && ((rises | falls) & ORACLE_CR4_LA57);
}

/*
 * PGE and PCIDE falling: "Operations that Invalidate TLBs and Paging-Structure Caches". That section has PAE
 * drop the current PCID only; "Invalidating the Translation Lookaside Buffers (TLBs)" in the chapter on
 * memory cache control has PSE, PGE and PAE drop everything whatever the G flag. Both hold, so the stronger
 * one decides.
 */
static enum oracle_flush cr4_flush(uint64_t before, uint64_t after)
{
    uint64_t changed = before ^ after;
    if (changed & (ORACLE_CR4_PGE | ORACLE_CR4_PSE | ORACLE_CR4_PAE))
        return ORACLE_FLUSH_ALL;
    if (before & ~after & ORACLE_CR4_PCIDE)
        return ORACLE_FLUSH_ALL;
    if (after & ~before & ORACLE_CR4_SMEP)
        return ORACLE_FLUSH_PCID_AND_GLOBAL;
    return ORACLE_FLUSH_NONE;
}

static struct oracle_write write_cr4(struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                     uint64_t value)
{
    struct oracle_write done = {0};
    if (cr4_is_invalid(cpu, value))
        return general_protection;
    struct oracle_cpu after = *cpu;
    after.cr4 = value;
    if (must_load_pdptes(cpu, &after)) {
        if (!load_pdptes(&after, memory))
            return general_protection;
        done.loaded = true;
    }
    done.flush = cr4_flush(cpu->cr4, after.cr4);
    done.pcid = oracle_current_pcid(cpu);
    *cpu = after;
    return done;
}

/* "Extended Feature Enable Register" and WRMSR: LMA is read-only, LME is fixed while paging is on. Nothing is
 * flushed. */
static struct oracle_write write_efer(struct oracle_cpu *cpu, uint64_t value)
{
    uint64_t supported = cpu->has.efer_others | ORACLE_EFER_LMA;
    supported |= cpu->has.lm ? ORACLE_EFER_LME : 0;
    supported |= cpu->has.nx ? ORACLE_EFER_NXE : 0;
    if (value & ~supported)
        return general_protection;
    if (((value ^ cpu->efer) & ORACLE_EFER_LME) && (cpu->cr0 & ORACLE_CR0_PG))
        return general_protection;
    cpu->efer = (value & ~ORACLE_EFER_LMA) | (cpu->efer & ORACLE_EFER_LMA);
    return (struct oracle_write){0};
}

static struct oracle_write write_pkrs(struct oracle_cpu *cpu, uint64_t value)
{
    if (value > LOW_32 || !cpu->has.pks)
        return general_protection;
    cpu->pkrs = (uint32_t)value;
    return (struct oracle_write){0};
}

struct oracle_write oracle_write_reg(struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                     enum oracle_register which, uint64_t value)
{
    bool control = which <= ORACLE_CR4;
    if (control && !in_ia32e_mode(cpu))
        value &= LOW_32;
    switch (which) {
    case ORACLE_CR0: return write_cr0(cpu, memory, value);
    case ORACLE_CR2: cpu->cr2 = value; break;
    case ORACLE_CR3: return write_cr3(cpu, memory, value);
    case ORACLE_CR4: return write_cr4(cpu, memory, value);
    case ORACLE_EFER: return write_efer(cpu, value);
    case ORACLE_PKRU: cpu->pkru = (uint32_t)value; break;
    case ORACLE_PKRS: return write_pkrs(cpu, value);
    case ORACLE_REGISTER_COUNT: break;
    }
    return (struct oracle_write){0};
}
