#include "quirks.h"

#include <string.h>

#include "duel.h"

#define PF       14
#define GP       13
#define PF_P     0x01u
#define PF_US    0x04u
#define PF_RSVD  0x08u
#define ENTRY_A  0x20ull
#define ENTRY_PS 0x80ull
#define CR0_PG   0x80000000u
#define CR4_PAE  0x20u
#define CR4_LA57 0x1000u
#define EFER_LME 0x100u

static const struct {
    const char *name, *words;
} texts[QUIRKS] = {
    [QUIRK_NONE] = {"none", ""},
    [QEMU_RSVD_WITHOUT_P] = {"QEMU_RSVD_WITHOUT_P", "a reserved-bit fault is reported without P"},
    [QEMU_READ_THEN_WRITE] = {"QEMU_READ_THEN_WRITE", "a locked access is a read and then a write"},
    [QEMU_PDPTE_ACCESSED] = {"QEMU_PDPTE_ACCESSED", "PAE: PDPTEs in memory get A"},
    [QEMU_PDPTE_IN_MEMORY] = {"QEMU_PDPTE_IN_MEMORY",
                              "PAE: PDPTEs are read in each walk, and are not checked when loaded"},
    [QEMU_1GB_ACCESSED] = {"QEMU_1GB_ACCESSED", "a 1 GiB entry gets A even if the access then faults"},
    [QEMU_PSE36_ANY_WIDTH] = {"QEMU_PSE36_ANY_WIDTH", "PSE-36 ignores MAXPHYADDR"},
    [QEMU_IMPLICIT_WITH_AC] = {"QEMU_IMPLICIT_WITH_AC", "AC at CPL 0 lifts SMAP for implicit accesses too"},
    [QEMU_UNCHECKED_REGISTER] = {"QEMU_UNCHECKED_REGISTER", "a refused register write is accepted"},
    [QEMU_USER_WITHOUT_PKS] = {"QEMU_USER_WITHOUT_PKS",
                               "a user's access to a supervisor page never reports PK"},
    [BOCHS_IMPLICIT_WITH_AC] = {"BOCHS_IMPLICIT_WITH_AC", "AC lifts SMAP for implicit accesses at any CPL"},
    [BOCHS_PDPTE_EAGER] = {"BOCHS_PDPTE_EAGER", "PAE: a change of CR0.WP or CR4.SMAP loads the PDPTEs again"},
    [QEMU_SEGMENT_UNCHECKED] = {"QEMU_SEGMENT_UNCHECKED",
                                "accesses ask no limit, type or null segment, IRET and INT no limit"},
    [QEMU_CODE_NOT_ACCESSED] = {"QEMU_CODE_NOT_ACCESSED", "jumps, interrupts and IRET set no accessed bits"},
    [QEMU_TSS_STACK_TS] = {"QEMU_TSS_STACK_TS", "a stack in the TSS that is not present is #TS, not #SS"},
    [QEMU_PUSHES_AS_SUPERVISOR] = {"QEMU_PUSHES_AS_SUPERVISOR",
                                   "INT to a handler at CPL 3 pushes with the supervisor's rights"},
    [QEMU_GATE16_OFFSET] = {"QEMU_GATE16_OFFSET",
                            "the upper half of a 16-bit gate's offset counts, where it is reserved"},
    [BOCHS_WRAP_FAULTS] = {"BOCHS_WRAP_FAULTS", "an access around 4 GiB in a segment with a base is a fault"},
    [BOCHS_EIP_FIRST] = {"BOCHS_EIP_FIRST",
                         "a handler beyond its segment's limit is found before a stack without room"},
    [BOCHS_PUSHES_FIRST] = {"BOCHS_PUSHES_FIRST", "a stack that ends within the frame keeps what fitted"},
    [IRET_STACK_NP] = {"IRET_STACK_NP", "IRET to a stack that is not present is #NP, not #SS"},
    [TSS_ROOM] = {"TSS_ROOM", "a TSS must hold two bytes behind the SS that is read from it"},
    [QEMU_FETCH_LARGE_STALE] = {"QEMU_FETCH_LARGE_STALE",
                                "INVLPG leaves fetches elsewhere in a large page stale"},
};

const char *quirk_name(enum quirk quirk)
{
    return texts[quirk].name;
}

const char *quirk_words(enum quirk quirk)
{
    return texts[quirk].words;
}

void quirk_context_begin(struct quirk_context *context, const struct ref_case *c)
{
    *context = (struct quirk_context){.c = c, .cr0 = 0x11};
}

static bool pae(const struct quirk_context *k)
{
    return k->cr4 & CR4_PAE && !(k->efer & EFER_LME);
}

static bool wide(const struct quirk_context *k)
{
    return k->efer & EFER_LME;
}

/* 0 for an entry in the root, and so on; as the case's pokes link the tables. -1: not in a table. */
static int entry_depth(const struct quirk_context *k, uint64_t address, int limit)
{
    if (address >> 12 == (k->cr3 & 0xffffffffff000u) >> 12)
        return 0;
    for (size_t i = 0; limit && i < k->c->count; i++) {
        const struct ref_op *op = &k->c->ops[i];
        if (op->code != REF_POKE || op->width < 4 || (op->value & 0xffffffffff000u) >> 12 != address >> 12)
            continue;
        int above = entry_depth(k, op->address, limit - 1);
        if (above >= 0)
            return above + 1;
    }
    return -1;
}

static void note_pdptes(struct quirk_context *k, const struct ref_op *op, bool register_written)
{
    if (op->code == REF_POKE && k->cr0 & CR0_PG && pae(k) && entry_depth(k, op->address, 0) == 0)
        k->pdpte_poked = true;
    if (register_written && op->code == REF_CR3)
        k->pdpte_poked = k->pdpte_eager = false;
    else if (register_written)
        k->pdpte_eager = k->pdpte_poked;
}

static bool both_page_faults(const struct answers *a)
{
    return a->mine->status == REF_FAULT && a->theirs->status == REF_FAULT && a->mine->vector == PF &&
           a->theirs->vector == PF;
}

/* ---- segments ---- */

#define TS       10
#define NP       11
#define SS       12
#define ACCESSED (1ull << 40)

static bool is_unchecked(const struct ref_op *op, const struct answers *a)
{
    const bool room = op->kind == REF_SEG_INT && a->mine->vector == SS; /* names the stack's selector */
    const bool went_on = a->theirs->status == REF_DONE || (a->theirs->vector == PF && a->mine->vector != PF);
    return a->mine->status == REF_FAULT && went_on &&
           (op->kind == REF_SEG_READ || op->kind == REF_SEG_WRITE || op->kind == REF_SEG_IRET ||
            op->kind == REF_SEG_INT) &&
           (room || (a->mine->error == 0 && (a->mine->vector == GP || a->mine->vector == SS)));
}

static bool has_16bit_gate(const struct quirk_context *k)
{
    bool found = false;
    for (size_t i = 0; i < k->c->count; i++) {
        const struct ref_op *op = &k->c->ops[i];
        if (op->code == REF_POKE && op->address == REF_IDT_BASE + REF_SEGMENT_VECTOR * 8)
            found = (op->value >> 40 & 0xe) == 6;
    }
    return found;
}

/* The TSS of a case ends between what the manual asks for and what the emulators do. */
static bool has_short_tss(const struct quirk_context *k)
{
    for (size_t i = 0; i < k->c->count; i++) {
        const struct ref_op *op = &k->c->ops[i];
        const unsigned limit = op->value & 0xffff, beyond = limit % 8;
        if (op->code == REF_POKE && op->address == REF_GDT_BASE + 0x70 && limit < 32 &&
            (beyond == 1 || beyond == 2))
            return true;
    }
    return false;
}

static bool same_page_fault(const struct answers *a)
{
    return a->mine->error == a->theirs->error && a->mine->cr2 == a->theirs->cr2;
}

static enum quirk explain_page_fault_of_int(const struct quirk_context *k, const struct answers *a)
{
    if (a->mine->cr2 == a->theirs->cr2)
        return a->mine->error == (a->theirs->error | PF_US) ? QEMU_PUSHES_AS_SUPERVISOR : QUIRK_NONE;
    return has_16bit_gate(k) && a->mine->error == a->theirs->error &&
                   (a->mine->cr2 ^ a->theirs->cr2) % 0x10000 == 0
               ? QEMU_GATE16_OFFSET
               : QUIRK_NONE;
}

static enum quirk explain_segment(enum emulator_kind oracle, const struct quirk_context *k,
                                  const struct ref_op *op, const struct answers *a)
{
    bool both = a->mine->status == REF_FAULT && a->theirs->status == REF_FAULT;
    const bool wraps = op->kind <= REF_SEG_WRITE && op->address + op->width > 1ull << 32;
    const bool translated = a->mine->status == REF_DONE || a->mine->vector == PF;
    if (oracle == EMULATOR_BOCHS && wraps && translated && a->theirs->status == REF_FAULT &&
        (a->theirs->vector == GP || a->theirs->vector == SS) && a->theirs->error == 0)
        return BOCHS_WRAP_FAULTS;
    if (oracle == EMULATOR_BOCHS && op->kind == REF_SEG_INT && both && a->mine->vector == SS &&
        a->theirs->vector == GP && a->theirs->error == 0)
        return BOCHS_EIP_FIRST;
    if (oracle == EMULATOR_QEMU && is_unchecked(op, a))
        return QEMU_SEGMENT_UNCHECKED;
    if (op->kind == REF_SEG_IRET && both && a->mine->vector == SS && a->theirs->vector == NP &&
        a->mine->error == a->theirs->error)
        return IRET_STACK_NP;
    if (oracle == EMULATOR_QEMU && op->kind == REF_SEG_INT && both && a->mine->vector == SS &&
        a->theirs->vector == TS && a->mine->error == a->theirs->error)
        return QEMU_TSS_STACK_TS;
    if (oracle == EMULATOR_QEMU && op->kind == REF_SEG_INT && both_page_faults(a) && !same_page_fault(a))
        return explain_page_fault_of_int(k, a);
    if (op->kind == REF_SEG_INT && a->theirs->status == REF_FAULT && a->theirs->vector == TS &&
        a->theirs->error == 0x70 && has_short_tss(k))
        return TSS_ROOM;
    return QUIRK_NONE;
}

static enum quirk explain_segment_peek(enum emulator_kind oracle, const struct quirk_context *k,
                                       const struct answers *a)
{
    if (k->astray != QUIRK_NONE)
        return k->astray;
    return oracle == EMULATOR_QEMU && (a->mine->value ^ a->theirs->value) == ACCESSED &&
                   a->mine->value & ACCESSED
               ? QEMU_CODE_NOT_ACCESSED
               : QUIRK_NONE;
}

static bool is_about_segments(const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_SEGMENT)
            return true;
    }
    return false;
}

static void note_astray(struct quirk_context *k, const struct ref_op *op, const struct answers *a)
{
    if (op->code != REF_SEGMENT || k->astray != QUIRK_NONE)
        return;
    k->astray = explain_segment(EMULATOR_QEMU, k, op, a);
    if (k->astray == QUIRK_NONE)
        k->astray = explain_segment(EMULATOR_BOCHS, k, op, a);
    if (op->kind == REF_SEG_INT && a->theirs->status == REF_FAULT && a->theirs->vector == SS)
        k->astray = BOCHS_PUSHES_FIRST;
    if (op->kind == REF_SEG_READ && k->astray == QEMU_SEGMENT_UNCHECKED)
        k->astray = QUIRK_NONE;
}

void quirk_context_step(struct quirk_context *k, size_t i, const struct answers *answers)
{
    const struct ref_op *op = &k->c->ops[i];
    bool fault = answers->mine->status == REF_FAULT || answers->theirs->status == REF_FAULT;
    uint64_t *reg = op->code == REF_CR0    ? &k->cr0
                    : op->code == REF_CR3  ? &k->cr3
                    : op->code == REF_CR4  ? &k->cr4
                    : op->code == REF_EFER ? &k->efer
                                           : NULL;
    if (reg && !fault)
        *reg = op->value;
    note_pdptes(k, op, reg && !fault);
    k->faulted |= op->code == REF_ACCESS && fault;
    note_astray(k, op, answers);
}

/* ---- to the bit ---- */

static enum quirk explain_access(const struct answers *a)
{
    bool without_p = both_page_faults(a) && a->mine->error & PF_RSVD && a->mine->cr2 == a->theirs->cr2 &&
                     a->theirs->error == (a->mine->error & ~PF_P);
    return without_p ? QEMU_RSVD_WITHOUT_P : QUIRK_NONE;
}

static enum quirk explain_peek(const struct quirk_context *k, const struct ref_op *op,
                               const struct answers *a)
{
    int depth = entry_depth(k, op->address, 5);
    uint64_t difference = a->mine->value ^ a->theirs->value;
    if (depth < 0 || difference != ENTRY_A || !(a->theirs->value & ENTRY_A))
        return QUIRK_NONE;
    if (pae(k) && depth == 0)
        return QEMU_PDPTE_ACCESSED;
    bool huge = wide(k) && depth == (k->cr4 & CR4_LA57 ? 2 : 1) && a->mine->value & ENTRY_PS;
    return huge && k->faulted ? QEMU_1GB_ACCESSED : QUIRK_NONE;
}

enum quirk quirk_explain(enum emulator_kind oracle, const struct quirk_context *k, size_t i,
                         const struct answers *answers)
{
    const struct ref_op *op = &k->c->ops[i];
    if (op->code == REF_SEGMENT)
        return explain_segment(oracle, k, op, answers);
    if (op->code == REF_PEEK && is_about_segments(k->c))
        return explain_segment_peek(oracle, k, answers);
    if (oracle == EMULATOR_QEMU && op->code == REF_ACCESS)
        return explain_access(answers);
    if (oracle == EMULATOR_QEMU && op->code == REF_PEEK)
        return explain_peek(k, op, answers);
    return QUIRK_NONE;
}

/* ---- stories ---- */

/* INVLPG came for another address of what may be the same large page, and for this page none. */
static bool only_others_invalidated(const struct quirk_context *k, size_t i)
{
    uint64_t linear = k->c->ops[i].address;
    bool others = false;
    for (size_t n = 0; n < i; n++) {
        const struct ref_op *op = &k->c->ops[n];
        if (op->code == REF_INVLPG && op->address >> 12 == linear >> 12)
            return false;
        others |= op->code == REF_INVLPG && op->address >> 22 == linear >> 22;
    }
    return others;
}

static enum quirk qemu_of_story(const struct quirk_context *k, size_t i, const struct answers *a)
{
    const struct ref_op *op = &k->c->ops[i];
    bool accepted = a->mine->status == REF_FAULT && a->mine->vector == GP && a->theirs->status == REF_DONE;
    bool loads_pdptes = op->code == REF_CR0 || op->code == REF_CR3 || op->code == REF_CR4;
    if (accepted && pae(k) && loads_pdptes)
        return QEMU_PDPTE_IN_MEMORY;
    if (accepted && op->flags & REF_MAY_FAULT)
        return QEMU_UNCHECKED_REGISTER;
    if (op->code == REF_ACCESS && k->pdpte_poked)
        return QEMU_PDPTE_IN_MEMORY;
    if (op->code == REF_ACCESS && op->kind == REF_FETCH && only_others_invalidated(k, i))
        return QEMU_FETCH_LARGE_STALE;
    return QUIRK_NONE;
}

enum quirk quirk_of_story(enum emulator_kind oracle, const struct quirk_context *k, size_t i,
                          const struct answers *answers)
{
    if (oracle == EMULATOR_QEMU)
        return qemu_of_story(k, i, answers);
    return k->pdpte_eager && k->c->ops[i].code == REF_ACCESS ? BOCHS_PDPTE_EAGER : QUIRK_NONE;
}

bool quirk_kills_qemu(const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_CR3 && c->ops[i].flags & REF_MAY_FAULT && c->ops[i].value >> 52)
            return true;
    }
    return false;
}

const struct own_oracles own_oracles = {EMULATOR_QEMU, EMULATOR_BOCHS};
