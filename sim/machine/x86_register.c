/*
 * x86_register.c - writes of registers: what is refused, what changes, what is flushed.
 *
 * SDM volume 3, "Control Registers", "PDPTE Registers", "Operations that Invalidate TLBs and Paging-Structure
 * Caches"; volume 2, "MOV - Move to/from Control Registers", "WRMSR".
 *
 * Each register has a function that works out the state after the write, or refuses; only then anything
 * changes.
 */
#include "cpu.h"
#include "x86_walk.h"

#include <assert.h>

#define LOW_HALF       UINT64_C(0xffffffff)
#define PDPTE_RESERVED UINT64_C(0x1e6) /* bits 2:1 and 8:5; those above MAXPHYADDR come on top */

#define CR0_KNOWN                                                                                            \
    (KMS_CR0_PE | KMS_CR0_MP | KMS_CR0_EM | KMS_CR0_TS | KMS_CR0_ET | KMS_CR0_NE | KMS_CR0_WP | KMS_CR0_AM | \
     KMS_CR0_NW | KMS_CR0_CD | KMS_CR0_PG)

#define CR4_ALWAYS                                                                                           \
    (KMS_CR4_VME | KMS_CR4_PVI | KMS_CR4_TSD | KMS_CR4_DE | KMS_CR4_MCE | KMS_CR4_PCE | KMS_CR4_OSFXSR |     \
     KMS_CR4_OSXMMEXCPT | KMS_CR4_UMIP | KMS_CR4_FSGSBASE | KMS_CR4_OSXSAVE)

/* What a write asks for: the next state, and what to forget. */
struct change {
    struct kms_x86_state next;
    bool flushes;
    enum kms_flush_scope scope;
    bool flushes_globals_of_asid; /* with KMS_FLUSH_ASID: its global entries too */
    bool reloads_pdptes;
};

static bool has(const struct kms_x86_state *state, uint32_t feature)
{
    return (state->features & feature) != 0;
}

static bool is_ia32e(const struct kms_x86_state *state)
{
    return (state->efer & KMS_EFER_LMA) != 0;
}

static void flush(struct change *change, enum kms_flush_scope scope)
{
    change->flushes = true;
    change->scope = scope;
}

/* In the functions below `old` is the state before the write, and true means done, false #GP. */

static bool change_cr0(const struct kms_x86_state *old, uint64_t value, struct change *change)
{
    struct kms_x86_state *next = &change->next;
    if (value > LOW_HALF || ((value & KMS_CR0_PG) && !(value & KMS_CR0_PE)) ||
        ((value & KMS_CR0_NW) && !(value & KMS_CR0_CD)))
        return false;
    const uint64_t ignored = has(old, KMS_X86_WP) ? 0 : KMS_CR0_WP;
    next->cr0 = (value & CR0_KNOWN & ~ignored) | KMS_CR0_ET;
    const uint64_t changed = next->cr0 ^ old->cr0;
    if (changed & KMS_CR0_PG) {
        const bool on = (next->cr0 & KMS_CR0_PG) != 0;
        const bool to_ia32e = (old->efer & KMS_EFER_LME) != 0;
        if (on && to_ia32e && !(old->cr4 & KMS_CR4_PAE))
            return false;
        if (!on && (old->cr4 & KMS_CR4_PCIDE))
            return false;
        next->efer = on && to_ia32e ? old->efer | KMS_EFER_LMA : old->efer & ~KMS_EFER_LMA;
        if (!on)
            flush(change, KMS_FLUSH_ALL);
    }
    change->reloads_pdptes = (changed & (KMS_CR0_PG | KMS_CR0_CD | KMS_CR0_NW)) != 0;
    return true;
}

static bool change_cr2(const struct kms_x86_state *old, uint64_t value, struct change *change)
{
    change->next.cr2 = is_ia32e(old) ? value : value & LOW_HALF;
    return true;
}

static bool change_cr3(const struct kms_x86_state *old, uint64_t value, struct change *change)
{
    const bool with_pcid = (old->cr4 & KMS_CR4_PCIDE) != 0;
    const bool keeps = with_pcid && (value & KMS_CR3_NOFLUSH);
    if (!is_ia32e(old))
        value &= LOW_HALF;
    if (with_pcid)
        value &= ~KMS_CR3_NOFLUSH;
    if (value >> old->maxphyaddr)
        return false;
    change->next.cr3 = value;
    change->reloads_pdptes = true;
    if (!keeps)
        flush(change, KMS_FLUSH_ASID);
    return true;
}

static uint64_t cr4_supported(const struct kms_x86_state *state)
{
    static const struct {
        uint32_t feature;
        uint64_t bit;
    } table[] = {
        {KMS_X86_PSE, KMS_CR4_PSE},   {KMS_X86_PAE, KMS_CR4_PAE},    {KMS_X86_PGE, KMS_CR4_PGE},
        {KMS_X86_LA57, KMS_CR4_LA57}, {KMS_X86_PCID, KMS_CR4_PCIDE}, {KMS_X86_SMEP, KMS_CR4_SMEP},
        {KMS_X86_SMAP, KMS_CR4_SMAP}, {KMS_X86_PKU, KMS_CR4_PKE},    {KMS_X86_PKS, KMS_CR4_PKS},
    };
    uint64_t supported = CR4_ALWAYS;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        supported |= has(state, table[i].feature) ? table[i].bit : 0;
    return supported;
}

static bool change_cr4(const struct kms_x86_state *old, uint64_t value, struct change *change)
{
    if (value & ~cr4_supported(old))
        return false;
    const uint64_t set = value & ~old->cr4, cleared = old->cr4 & ~value, changed = set | cleared;
    if (is_ia32e(old) && ((cleared & KMS_CR4_PAE) || (changed & KMS_CR4_LA57)))
        return false;
    if ((set & KMS_CR4_PCIDE) && (!is_ia32e(old) || (old->cr3 & KMS_CR3_PCID)))
        return false;
    change->next.cr4 = value;
    change->reloads_pdptes = (changed & (KMS_CR4_PAE | KMS_CR4_PGE | KMS_CR4_PSE | KMS_CR4_SMEP)) != 0;
    if ((changed & (KMS_CR4_PGE | KMS_CR4_PAE | KMS_CR4_PSE)) || (cleared & KMS_CR4_PCIDE)) {
        flush(change, KMS_FLUSH_ALL);
    } else if (set & KMS_CR4_SMEP) {
        flush(change, KMS_FLUSH_ASID);
        change->flushes_globals_of_asid = true;
    }
    return true;
}

static bool change_efer(const struct kms_x86_state *old, uint64_t value, struct change *change)
{
    const uint64_t known = KMS_EFER_LMA | (has(old, KMS_X86_LM) ? KMS_EFER_SCE | KMS_EFER_LME : 0) |
                           (has(old, KMS_X86_NX) ? KMS_EFER_NXE : 0);
    if (value & ~known)
        return false;
    if (((value ^ old->efer) & KMS_EFER_LME) && (old->cr0 & KMS_CR0_PG))
        return false;
    change->next.efer = (value & ~KMS_EFER_LMA) | (old->efer & KMS_EFER_LMA);
    return true;
}

static bool change_key_rights(uint64_t value, uint32_t *rights)
{
    if (value > LOW_HALF)
        return false;
    *rights = (uint32_t)value;
    return true;
}

static bool change_register(const struct kms_x86_state *old, enum kms_x86_reg reg, uint64_t value,
                            struct change *change)
{
    switch (reg) {
    case KMS_X86_CR0: return change_cr0(old, value, change);
    case KMS_X86_CR2: return change_cr2(old, value, change);
    case KMS_X86_CR3: return change_cr3(old, value, change);
    case KMS_X86_CR4: return change_cr4(old, value, change);
    case KMS_X86_EFER: return change_efer(old, value, change);
    case KMS_X86_PKRU: return change_key_rights(value, &change->next.pkru);
    case KMS_X86_PKRS: return has(old, KMS_X86_PKS) && change_key_rights(value, &change->next.pkrs);
    case KMS_X86_EFLAGS_AC: change->next.ac = value == 1; return value <= 1;
    case KMS_X86_CPL: change->next.cpl = (uint8_t)value; return value <= 3;
    case KMS_X86_PDPTE0:
    case KMS_X86_PDPTE1:
    case KMS_X86_PDPTE2:
    case KMS_X86_PDPTE3:
    case KMS_X86_REGS: break;
    }
    return false;
}

/* "PDPTE Registers": a present entry with a reserved bit refuses the instruction that would load it. */
static enum kms_result load_pdptes(const struct kms_ram *ram, struct kms_x86_state *next)
{
    const kms_phys table = next->cr3 & X86_PDPT_BASE;
    const uint64_t reserved = PDPTE_RESERVED | (UINT64_MAX << next->maxphyaddr);
    uint64_t pdpte[4];
    for (unsigned i = 0; i < 4; i++) {
        if (ram_load_entry(ram, table + i * 8, 8, &pdpte[i]) != KMS_DONE)
            return KMS_UNBACKED;
        if ((pdpte[i] & KMS_PTE_P) && (pdpte[i] & reserved))
            return KMS_FAULT;
    }
    memcpy(next->pdpte, pdpte, sizeof pdpte);
    return KMS_DONE;
}

static void apply_flush(struct kms_cpu *cpu, const struct change *change)
{
    if (!change->flushes)
        return;
    if (change->scope == KMS_FLUSH_ASID && change->flushes_globals_of_asid)
        cpu_flush_asid_with_globals(cpu, cpu->asid);
    else
        cpu_flush(cpu, change->scope, cpu->asid, 0);
}

uint64_t kms_x86_read(const struct kms_cpu *cpu, enum kms_x86_reg reg)
{
    assert(cpu && cpu_is_x86(cpu) && reg < KMS_X86_REGS);
    const struct kms_x86_state *state = &cpu->x86;
    switch (reg) {
    case KMS_X86_CR0: return state->cr0;
    case KMS_X86_CR2: return state->cr2;
    case KMS_X86_CR3: return state->cr3;
    case KMS_X86_CR4: return state->cr4;
    case KMS_X86_EFER: return state->efer;
    case KMS_X86_PKRU: return state->pkru;
    case KMS_X86_PKRS: return state->pkrs;
    case KMS_X86_EFLAGS_AC: return state->ac;
    case KMS_X86_CPL: return state->cpl;
    case KMS_X86_PDPTE0:
    case KMS_X86_PDPTE1:
    case KMS_X86_PDPTE2:
    case KMS_X86_PDPTE3: return state->pdpte[reg - KMS_X86_PDPTE0];
    case KMS_X86_REGS: break;
    }
    return 0;
}

enum kms_result kms_x86_write(struct kms_cpu *cpu, enum kms_x86_reg reg, uint64_t value,
                              struct kms_fault *fault)
{
    assert(cpu && cpu_is_x86(cpu) && reg < KMS_X86_REGS);
    struct change change = {.next = cpu->x86};
    enum kms_result result = change_register(&cpu->x86, reg, value, &change) ? KMS_DONE : KMS_FAULT;
    if (result == KMS_DONE && change.reloads_pdptes && kms_x86_paging_mode(&change.next) == KMS_PAGING_PAE)
        result = load_pdptes(cpu->machine->ram, &change.next);
    if (result == KMS_UNBACKED)
        return result;
    if (result == KMS_FAULT) {
        const struct kms_fault refused = {KMS_VECTOR_GP, 0, 0};
        if (fault)
            *fault = refused;
        return cpu_raise(cpu, &(struct kms_access){0, KMS_READ, KMS_AS_SUPERVISOR}, NULL, &refused);
    }
    const uint64_t old_value = kms_x86_read(cpu, reg);
    cpu->x86 = change.next;
    if (reg != KMS_X86_CR2)
        cpu_registers_changed(cpu);
    if (cpu_is_observed(cpu, KMS_EVENT_REGISTER))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_REGISTER,
                                            .reg = reg,
                                            .old_value = old_value,
                                            .new_value = kms_x86_read(cpu, reg)});
    apply_flush(cpu, &change);
    return KMS_DONE;
}

struct kms_x86_state kms_x86_get_state(const struct kms_cpu *cpu)
{
    assert(cpu && cpu_is_x86(cpu));
    return cpu->x86;
}

void kms_x86_set_state(struct kms_cpu *cpu, const struct kms_x86_state *state)
{
    assert(cpu && cpu_is_x86(cpu) && state && state->maxphyaddr >= KMS_X86_MAXPHYADDR_MIN &&
           state->maxphyaddr <= KMS_X86_MAXPHYADDR_MAX && state->cpl <= 3);
    cpu->x86 = *state;
    cpu_registers_changed(cpu);
    cpu_flush(cpu, KMS_FLUSH_ALL, 0, 0);
}
