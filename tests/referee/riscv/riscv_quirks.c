/* Where QEMU 7.2's RISC-V is known to differ. */
#include "duel.h"
#include "imitate_impl.h"
#include "riscv_protocol.h"

#define ENTRY_V  1u
#define LEAF     0xeu /* R W X */
#define PPN_BITS 0x3ffffffffffc00ull

static const struct {
    const char *name, *words;
} texts[QUIRKS] = {
    [QEMU_ABSENT_TABLE] = {"QEMU_ABSENT_TABLE",
                           "a page table where no memory is gives a page fault instead of an access fault"},
    [QEMU_ALIGNED_TVAL] = {"QEMU_ALIGNED_TVAL",
                           "a misaligned load where no memory is reports its address rounded down"},
    [QEMU_AMO_LOAD_ACCESS] = {"QEMU_AMO_LOAD_ACCESS", "an AMO where no memory is faults as a load"},
    [QEMU_SUM_FETCH] = {"QEMU_SUM_FETCH",
                        "S-mode executes a user page that it has read or written under SUM"},
    [QEMU_NAPOT_ACCESSED] = {"QEMU_NAPOT_ACCESSED",
                             "a reserved size of Svnapot faults after A and D were set"},
    [QEMU_SV32_TRUNCATED] = {"QEMU_SV32_TRUNCATED", "physical addresses that Sv32 makes lose bits 33:32"},
    [QEMU_PBMTE_IGNORED] = {"QEMU_PBMTE_IGNORED", "memory types are permitted whatever menvcfg.PBMTE says"},
    [QEMU_RESERVED_IGNORED] =
        {"QEMU_RESERVED_IGNORED",
         "with Svnapot or Svpbmt, bits 60 to 54 and memory type 3 are not seen as reserved"},
};

const char *quirk_name(enum quirk quirk)
{
    return texts[quirk].name ? texts[quirk].name : "none";
}

const char *quirk_words(enum quirk quirk)
{
    return texts[quirk].words ? texts[quirk].words : "";
}

void quirk_context_begin(struct quirk_context *context, const struct ref_case *c)
{
    *context = (struct quirk_context){.c = c};
}

void quirk_context_step(struct quirk_context *k, size_t i, const struct answers *answers)
{
    const struct ref_op *op = &k->c->ops[i];
    const unsigned room = sizeof(k->page) / sizeof(k->page[0]);
    if (op->code == RV_STATUS)
        k->sum = op->value & RV_STATUS_SUM;
    if (op->code == REF_ACCESS && op->kind != REF_FETCH && !(op->flags & REF_USER) && k->sum &&
        answers->theirs->status == REF_DONE) {
        k->page[k->pages++ % room] = op->address >> 12;
        k->page[k->pages++ % room] = (op->address + op->width - 1) >> 12;
    }
}

static bool read_under_sum(const struct quirk_context *k, uint64_t page)
{
    for (size_t i = 0; i < sizeof(k->page) / sizeof(k->page[0]) && i < k->pages; i++) {
        if (k->page[i] == page)
            return true;
    }
    return false;
}

static bool both_fault(const struct answers *a)
{
    return a->mine->status == REF_FAULT && a->theirs->status == REF_FAULT;
}

/* Some entry made so far leads to a table where no memory is. */
static bool leads_nowhere(const struct quirk_context *k, size_t until)
{
    for (size_t i = 0; i < until; i++) {
        const struct ref_op *op = &k->c->ops[i];
        uint64_t next = (op->value & PPN_BITS) << 2;
        if (op->code == REF_POKE && op->width >= 4 && op->value & ENTRY_V && !(op->value & LEAF) &&
            (next < RV_RAM || next >= RV_DATA_END))
            return true;
    }
    return false;
}

static unsigned page_fault_of(unsigned access_fault)
{
    return access_fault == 1 ? 12 : access_fault == 5 ? 13 : access_fault == 7 ? 15 : 0;
}

static enum quirk explain_access(const struct quirk_context *k, size_t i, const struct answers *a)
{
    const struct ref_op *op = &k->c->ops[i];
    uint64_t rounded = op->address & ~(uint64_t)(op->width - 1);
    if (op->kind == REF_FETCH && a->mine->status == REF_FAULT && a->mine->vector == 12 &&
        !(op->flags & REF_USER) && read_under_sum(k, a->mine->cr2 >> 12))
        return QEMU_SUM_FETCH;
    if (!both_fault(a))
        return QUIRK_NONE;
    if (op->kind == REF_RMW && a->mine->vector == 7 && a->theirs->vector == 5 &&
        a->mine->cr2 == a->theirs->cr2)
        return QEMU_AMO_LOAD_ACCESS;
    if (a->theirs->vector == page_fault_of(a->mine->vector) && a->mine->cr2 == a->theirs->cr2 &&
        leads_nowhere(k, i))
        return QEMU_ABSENT_TABLE;
    if (op->kind == REF_READ && a->mine->vector == 5 && a->theirs->vector == 5 &&
        a->mine->cr2 == op->address && a->theirs->cr2 == rounded)
        return QEMU_ALIGNED_TVAL;
    return QUIRK_NONE;
}

enum quirk quirk_explain(enum emulator_kind oracle, const struct quirk_context *k, size_t i,
                         const struct answers *answers)
{
    (void)oracle;
    return k->c->ops[i].code == REF_ACCESS ? explain_access(k, i, answers) : QUIRK_NONE;
}

#define NAPOT        (1ull << 63)
#define NAPOT_64K    (8ull << 10)
#define NAPOT_FIELD  (15ull << 10)
#define PBMT         (3ull << 61)
#define RESERVED_LOW (0x7full << 54)

static bool poked(const struct quirk_context *k, size_t until, bool (*is)(uint64_t entry))
{
    for (size_t i = 0; i < until; i++) {
        if (k->c->ops[i].code == REF_POKE && k->c->ops[i].width == 8 && is(k->c->ops[i].value))
            return true;
    }
    return false;
}

/* An entry of Sv32 whose frame is beyond 4 GiB. */
static bool poked_narrow(const struct quirk_context *k, size_t until)
{
    for (size_t i = 0; i < until; i++) {
        if (k->c->ops[i].code == REF_POKE && k->c->ops[i].width == 4 && k->c->ops[i].value >> 30)
            return true;
    }
    return false;
}

static bool is_reserved(uint64_t entry)
{
    return entry & RESERVED_LOW || (entry & PBMT) == PBMT;
}

static bool has_type(uint64_t entry)
{
    return entry & PBMT;
}

static bool is_odd_napot(uint64_t entry)
{
    return entry & NAPOT;
}

enum quirk quirk_of_story(enum emulator_kind oracle, const struct quirk_context *k, size_t i,
                          const struct answers *answers)
{
    const struct ref_op *op = &k->c->ops[i];
    if (oracle == EMULATOR_RISCV32 && op->code == REF_ACCESS && answers->mine->status == REF_FAULT &&
        poked_narrow(k, i))
        return QEMU_SV32_TRUNCATED;
    if (oracle != EMULATOR_RISCV64EXT)
        return QUIRK_NONE;
    if (poked(k, i, is_reserved))
        return QEMU_RESERVED_IGNORED;
    if (poked(k, i, has_type))
        return QEMU_PBMTE_IGNORED;
    return op->code == REF_PEEK && poked(k, i, is_odd_napot) ? QEMU_NAPOT_ACCESSED : QUIRK_NONE;
}

bool quirk_kills_qemu(const struct ref_case *c)
{
    (void)c;
    return false;
}

const struct imitation own_imitations[1] = {{0}};
const size_t own_imitation_count = 0;

const struct own_oracles own_oracles = {EMULATOR_RISCV32, EMULATOR_RISCV64EXT};
