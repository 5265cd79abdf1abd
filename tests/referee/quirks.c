#include "quirks.h"

#include <string.h>

#define PF       14
#define GP       13
#define PF_P     0x01u
#define PF_WR    0x02u
#define PF_RSVD  0x08u
#define PF_PK    0x20u
#define ENTRY_A  0x20ull
#define ENTRY_D  0x40ull
#define ENTRY_PS 0x80ull
#define CR0_PG   0x80000000u
#define CR4_PSE  0x10u
#define CR4_PAE  0x20u
#define CR4_LA57 0x1000u
#define CR4_SMAP 0x200000u
#define CR4_PKS  0x1000000u
#define EFER_LME 0x100u

static const struct {
    const char *name, *words;
} texts[QUIRKS] = {
    [QUIRK_NONE] = {"none", ""},
    [QEMU_RSVD_WITHOUT_P] = {"QEMU_RSVD_WITHOUT_P", "a reserved-bit fault is reported without P"},
    [QEMU_RMW_FAULT_AS_READ] = {"QEMU_RMW_FAULT_AS_READ",
                                "a locked access that faults on its read part is reported as a read"},
    [QEMU_RMW_ACCESSED] = {"QEMU_RMW_ACCESSED",
                           "a locked access sets A by its read part, though its write part faults"},
    [QEMU_PDPTE_IN_MEMORY] = {"QEMU_PDPTE_IN_MEMORY",
                              "PAE: PDPTEs are read in each walk, get A, and are not checked when loaded"},
    [QEMU_1GB_ACCESSED] = {"QEMU_1GB_ACCESSED", "a 1 GiB entry gets A even if the access then faults"},
    [QEMU_PSE36_ANY_WIDTH] = {"QEMU_PSE36_ANY_WIDTH", "PSE-36 ignores MAXPHYADDR"},
    [QEMU_IMPLICIT_WITH_AC] = {"QEMU_IMPLICIT_WITH_AC", "AC at CPL 0 lifts SMAP for implicit accesses too"},
    [QEMU_SPLIT_READ_CR2] = {"QEMU_SPLIT_READ_CR2",
                             "a read over two pages faults at its address rounded down"},
    [QEMU_SPLIT_RMW] = {"QEMU_SPLIT_RMW", "a locked access over two pages is a read and then a write"},
    [QEMU_UNCHECKED_REGISTER] = {"QEMU_UNCHECKED_REGISTER", "a refused register write is accepted"},
    [QEMU_USER_WITHOUT_PKS] = {"QEMU_USER_WITHOUT_PKS",
                               "a user's access to a supervisor page never reports PK"},
    [BOCHS_IMPLICIT_WITH_AC] = {"BOCHS_IMPLICIT_WITH_AC", "AC lifts SMAP for implicit accesses at any CPL"},
    [BOCHS_PDPTE_EAGER] = {"BOCHS_PDPTE_EAGER", "PAE: a change of CR0.WP or CR4.SMAP loads the PDPTEs again"},
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

static bool splits(const struct ref_op *op)
{
    return (op->address & 0xfff) + op->width > 0x1000;
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

void quirk_context_step(struct quirk_context *k, size_t i, const struct ref_result *mine,
                        const struct ref_result *theirs)
{
    const struct ref_op *op = &k->c->ops[i];
    bool fault = mine->status == REF_FAULT || theirs->status == REF_FAULT;
    uint64_t *reg = op->code == REF_CR0    ? &k->cr0
                    : op->code == REF_CR3  ? &k->cr3
                    : op->code == REF_CR4  ? &k->cr4
                    : op->code == REF_EFER ? &k->efer
                                           : NULL;
    if (reg && !fault)
        *reg = op->value;
    if (op->code == REF_AC)
        k->ac = op->value != 0;
    note_pdptes(k, op, reg && !fault);
    if (op->code == REF_ACCESS && fault) {
        k->faulted = true;
        k->rmw_faulted |= op->kind == REF_RMW;
        k->rmw_split_faulted |= op->kind == REF_RMW && splits(op);
    }
}

static bool both_page_faults(const struct ref_result *mine, const struct ref_result *theirs)
{
    return mine->status == REF_FAULT && theirs->status == REF_FAULT && mine->vector == PF &&
           theirs->vector == PF;
}

/* The error code that QEMU gives where the machine gives `error`, as far as its two error-code quirks go. */
static bool explained_error(const struct ref_op *op, uint32_t mine, uint32_t theirs, enum quirk *quirk)
{
    uint32_t error = mine;
    *quirk = QUIRK_NONE;
    if (error & PF_RSVD && !(theirs & PF_P)) {
        error &= ~PF_P;
        *quirk = QEMU_RSVD_WITHOUT_P;
    }
    if (op->kind == REF_RMW && error & PF_WR && !(theirs & PF_WR)) {
        error &= ~PF_WR;
        if (!(theirs & PF_PK))
            error &= ~PF_PK; /* a key that forbids writing alone */
        *quirk = QEMU_RMW_FAULT_AS_READ;
    }
    return error == theirs;
}

static enum quirk explain_faults(const struct quirk_context *k, const struct ref_op *op,
                                 const struct ref_result *mine, const struct ref_result *theirs)
{
    enum quirk quirk;
    bool keyless =
        k->cr4 & CR4_PKS && op->flags & REF_USER && mine->error & PF_PK && !(theirs->error & PF_PK);
    uint32_t expected = keyless ? mine->error & ~PF_PK : mine->error;
    bool error = explained_error(op, expected, theirs->error, &quirk);
    if (keyless && quirk == QUIRK_NONE)
        quirk = QEMU_USER_WITHOUT_PKS;
    if (error && mine->cr2 == theirs->cr2)
        return quirk;
    bool rounded = theirs->cr2 == (op->address & ~(uint64_t)(op->width - 1)) && mine->cr2 == op->address;
    if (error && splits(op) && op->kind != REF_WRITE && rounded)
        return QEMU_SPLIT_READ_CR2;
    if (splits(op) && op->kind == REF_RMW)
        return QEMU_SPLIT_RMW; /* the read part may fault on the other page than the write part */
    return QUIRK_NONE;
}

/* SMAP would forbid it, and AC, which has no say here, lifted it. */
static bool implicit_with_ac(const struct quirk_context *k, const struct ref_op *op,
                             const struct ref_result *mine, const struct ref_result *theirs)
{
    return op->code == REF_ACCESS && op->kind > REF_FETCH && k->ac && k->cr4 & CR4_SMAP &&
           mine->status == REF_FAULT && mine->vector == PF && mine->error == PF_P &&
           theirs->status == REF_DONE;
}

/* INVLPG came for another address of what may be the same large page. */
static bool other_address_invalidated(const struct quirk_context *k, size_t i)
{
    uint64_t linear = k->c->ops[i].address;
    for (size_t n = 0; n < i; n++) {
        const struct ref_op *op = &k->c->ops[n];
        if (op->code == REF_INVLPG && op->address >> 12 != linear >> 12 && op->address >> 22 == linear >> 22)
            return true;
    }
    return false;
}

static enum quirk explain_access(const struct quirk_context *k, const struct ref_op *op,
                                 const struct ref_result *mine, const struct ref_result *theirs)
{
    if (implicit_with_ac(k, op, mine, theirs) && !(op->flags & REF_USER))
        return QEMU_IMPLICIT_WITH_AC;
    enum quirk quirk = both_page_faults(mine, theirs) ? explain_faults(k, op, mine, theirs) : QUIRK_NONE;
    bool small = !(k->cr4 & CR4_PAE) && k->cr4 & CR4_PSE && mine->status == REF_FAULT && mine->vector == PF;
    bool reserved = theirs->status == REF_FAULT && theirs->error & PF_RSVD;
    if (quirk == QUIRK_NONE && small && mine->error & PF_RSVD && !reserved)
        return QEMU_PSE36_ANY_WIDTH;
    if (quirk == QUIRK_NONE && k->pdpte_poked)
        return QEMU_PDPTE_IN_MEMORY;
    return quirk;
}

static enum quirk explain_peek(const struct quirk_context *k, const struct ref_op *op,
                               const struct ref_result *mine, const struct ref_result *theirs)
{
    int depth = entry_depth(k, op->address, 5);
    uint64_t difference = mine->value ^ theirs->value;
    if (depth >= 0 && k->rmw_split_faulted && !(difference & ~(ENTRY_A | ENTRY_D)))
        return QEMU_SPLIT_RMW;
    if (depth < 0 || difference != ENTRY_A || !(theirs->value & ENTRY_A))
        return QUIRK_NONE;
    if (pae(k) && depth == 0)
        return QEMU_PDPTE_IN_MEMORY;
    if (wide(k) && depth == (k->cr4 & CR4_LA57 ? 2 : 1) && mine->value & ENTRY_PS && k->faulted)
        return QEMU_1GB_ACCESSED;
    return k->rmw_faulted ? QEMU_RMW_ACCESSED : QUIRK_NONE;
}

static struct quirk_answer explain_register(const struct quirk_context *k, const struct ref_op *op,
                                            const struct ref_result *mine, const struct ref_result *theirs)
{
    bool accepted = mine->status == REF_FAULT && mine->vector == GP && theirs->status == REF_DONE;
    bool loads_pdptes = op->code == REF_CR0 || op->code == REF_CR3 || op->code == REF_CR4;
    if (accepted && pae(k) && loads_pdptes)
        return (struct quirk_answer){QEMU_PDPTE_IN_MEMORY, true};
    if (accepted && op->flags & REF_MAY_FAULT)
        return (struct quirk_answer){QEMU_UNCHECKED_REGISTER, true};
    return (struct quirk_answer){QUIRK_NONE, false};
}

static struct quirk_answer explain_qemu(const struct quirk_context *k, size_t i,
                                        const struct ref_result *mine, const struct ref_result *theirs)
{
    const struct ref_op *op = &k->c->ops[i];
    struct quirk_answer answer = {QUIRK_NONE, false};
    if (op->code == REF_ACCESS) {
        answer.quirk = explain_access(k, op, mine, theirs);
        if (answer.quirk == QUIRK_NONE && op->kind == REF_FETCH && other_address_invalidated(k, i))
            return (struct quirk_answer){QEMU_FETCH_LARGE_STALE, true};
        answer.rest_incomparable = mine->status != theirs->status || answer.quirk == QEMU_SPLIT_RMW ||
                                   answer.quirk == QEMU_PSE36_ANY_WIDTH;
    } else if (op->code == REF_PEEK) {
        answer.quirk = explain_peek(k, op, mine, theirs);
    } else if (op->code >= REF_CR0 && op->code <= REF_PKRS) {
        answer = explain_register(k, op, mine, theirs);
    }
    return answer;
}

static struct quirk_answer explain_bochs(const struct quirk_context *k, size_t i,
                                         const struct ref_result *mine, const struct ref_result *theirs)
{
    if (implicit_with_ac(k, &k->c->ops[i], mine, theirs))
        return (struct quirk_answer){BOCHS_IMPLICIT_WITH_AC, true};
    if (k->pdpte_eager && k->c->ops[i].code == REF_ACCESS)
        return (struct quirk_answer){BOCHS_PDPTE_EAGER, true};
    return (struct quirk_answer){QUIRK_NONE, false};
}

bool quirk_kills_qemu(const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_CR3 && c->ops[i].flags & REF_MAY_FAULT && c->ops[i].value >> 52)
            return true;
    }
    return false;
}

struct quirk_answer quirk_explain(enum emulator_kind oracle, const struct quirk_context *context, size_t i,
                                  const struct answers *answers)
{
    if (oracle == EMULATOR_QEMU)
        return explain_qemu(context, i, answers->mine, answers->theirs);
    return explain_bochs(context, i, answers->mine, answers->theirs);
}
