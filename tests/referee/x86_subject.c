#include "subject.h"

#include <stdlib.h>

#include <kmemsim/kmemsim.h>

#include "cpu_features.h"
#include "x86_subject_segment.h"

#define LOW_RAM_END 0xc0000000u /* where QEMU's PC leaves its hole, if it has more */
#define HIGH_RAM    0x100000000u

struct subject {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_snapshot *fresh;
    struct subject_options options;
    struct subject *wide; /* with 40 physical bits, for IMITATE_PSE36_ANY_WIDTH; NULL: not needed yet */
    unsigned imitations;
    bool skipping;
};

static uint32_t features_of(const struct ref_cpu *c)
{
    const struct {
        bool has;
        uint32_t bit;
    } rows[] = {
        {cpu_has_pse(c), KMS_X86_PSE},      {cpu_has_pae(c), KMS_X86_PAE},
        {cpu_has_pge(c), KMS_X86_PGE},      {cpu_has_pat(c), KMS_X86_PAT},
        {cpu_has_pse36(c), KMS_X86_PSE36},  {cpu_has_nx(c), KMS_X86_NX},
        {cpu_has_long_mode(c), KMS_X86_LM}, {cpu_has_1gb(c), KMS_X86_1GB},
        {cpu_has_smep(c), KMS_X86_SMEP},    {cpu_has_smap(c), KMS_X86_SMAP},
        {cpu_has_pcid(c), KMS_X86_PCID},    {cpu_has_invpcid(c), KMS_X86_INVPCID},
        {cpu_has_pku(c), KMS_X86_PKU},      {cpu_has_pks(c), KMS_X86_PKS},
        {cpu_has_la57(c), KMS_X86_LA57},    {true, KMS_X86_WP | KMS_X86_INVLPG},
    };
    uint32_t features = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        features |= rows[i].has ? rows[i].bit : 0;
    return features;
}

static void fill_pattern(struct kms_ram *ram)
{
    uint32_t page[KMS_PAGE_SIZE / 4];
    for (uint32_t at = REF_DATA; at < REF_DATA_END; at += sizeof(page)) {
        for (uint32_t i = 0; i < KMS_PAGE_SIZE / 4; i++)
            page[i] = REF_PATTERN(at + 4 * i);
        kms_phys_write(ram, at, page, sizeof(page));
    }
}

unsigned subject_policies(enum emulator_kind oracle)
{
    return oracle == EMULATOR_QEMU ? POLICY_ACCESSED_ON_WALK : 0;
}

bool own_cpu(enum emulator_kind oracle, struct ref_cpu *cpu)
{
    return oracle <= EMULATOR_BOCHS && cpu->maxphyaddr >= 32 && cpu->maxphyaddr <= 52;
}

struct subject *subject_new(const struct subject_options *options)
{
    struct subject *s = calloc(1, sizeof(*s));
    uint64_t low = options->ram_bytes < LOW_RAM_END ? options->ram_bytes : LOW_RAM_END;
    const struct kms_options machine = {
        .ram_size = low,
        .ram = {.fill = KMS_FILL_ZERO},
        .features = features_of(&options->cpu),
        .maxphyaddr = (uint8_t)options->cpu.maxphyaddr,
        .accessed =
            options->policies & POLICY_ACCESSED_ON_WALK ? KMS_ACCESSED_ON_WALK : KMS_ACCESSED_ON_SUCCESS,
        .stale_rights = options->policies & POLICY_RIGHTS_FAULT ? KMS_RIGHTS_FAULT : KMS_RIGHTS_REWALK,
        .tlb = {.off = (options->policies & POLICY_NO_TLB) != 0,
                .structure_caches = (options->policies & POLICY_STRUCTURE_CACHES) != 0},
    };
    if (s)
        s->options = *options;
    if (!s || kms_machine_new(&machine, &s->machine) != KMS_OK)
        goto failed;
    s->cpu = kms_machine_cpu(s->machine, 0);
    if (low < options->ram_bytes &&
        kms_ram_add(kms_machine_ram(s->machine), HIGH_RAM, options->ram_bytes - low))
        goto failed;
    fill_pattern(kms_machine_ram(s->machine));
    if (kms_snapshot_take(s->machine, &s->fresh) == KMS_OK)
        return s;
failed:
    subject_free(s);
    return NULL;
}

void subject_free(struct subject *s)
{
    if (!s)
        return;
    subject_free(s->wide);
    if (s->fresh)
        kms_snapshot_drop(s->machine, s->fresh);
    if (s->machine)
        kms_machine_free(s->machine);
    free(s);
}

const struct ref_cpu *subject_cpu(const struct subject *s)
{
    return &s->options.cpu;
}

void subject_imitate(struct subject *s, unsigned imitations)
{
    s->imitations = imitations;
    if (!(imitations & IMITATE_PSE36_ANY_WIDTH))
        return;
    struct subject_options wide = s->options;
    wide.cpu.maxphyaddr = 40;
    if (!s->wide)
        s->wide = subject_new(&wide);
    if (s->wide)
        subject_imitate(s->wide, imitations & ~(unsigned)IMITATE_PSE36_ANY_WIDTH);
}

static void report(struct ref_result *result, enum kms_result outcome, const struct kms_fault *fault)
{
    if (outcome != KMS_FAULT)
        return;
    result->status = REF_FAULT;
    result->vector = (uint8_t)fault->vector;
    result->error = fault->error_code;
    result->cr2 = fault->vector == KMS_VECTOR_PF ? fault->address : 0;
}

static void reset(struct subject *s)
{
    kms_snapshot_restore(s->machine, s->fresh);
    kms_cpu_reset(s->cpu);
    kms_x86_write(s->cpu, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_ET, NULL);
    s->skipping = false;
}

static void configure(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    static const enum kms_x86_reg reg[REF_CODES] = {
        [REF_CR0] = KMS_X86_CR0,   [REF_CR3] = KMS_X86_CR3,   [REF_CR4] = KMS_X86_CR4,
        [REF_EFER] = KMS_X86_EFER, [REF_PKRU] = KMS_X86_PKRU, [REF_PKRS] = KMS_X86_PKRS,
    };
    struct kms_fault fault = {0};
    report(result, kms_x86_write(s->cpu, reg[op->code], op->value, &fault), &fault);
    if (result->status == REF_FAULT && !(op->flags & REF_MAY_FAULT))
        s->skipping = true;
}

static enum kms_result read_bytes(struct subject *s, kms_linear linear, enum kms_privilege privilege,
                                  size_t size, struct kms_fault *fault)
{
    uint8_t bytes[16];
    const struct kms_access access = {linear, KMS_READ, privilege};
    return kms_access_read(s->cpu, &access, bytes, size, fault);
}

static void access_implicit(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    bool wide = kms_x86_read(s->cpu, KMS_X86_EFER) & KMS_EFER_LMA;
    size_t gate = wide ? 16 : 8;
    kms_linear below = op->address - REF_TAIL_GDT;
    size_t size = op->kind == REF_TSS ? 2 : 8;
    struct kms_fault fault = {0};
    if (op->kind == REF_IDT) {
        below = op->address - (wide ? REF_TAIL_IDT64 : REF_TAIL_IDT32);
        size = gate;
    }
    unsigned lifts = op->flags & REF_USER ? IMITATE_AC_AT_CPL3 : IMITATE_AC_AT_CPL0;
    enum kms_privilege privilege = s->imitations & lifts ? KMS_AS_SUPERVISOR : KMS_AS_IMPLICIT;
    read_bytes(s, below, KMS_AS_IMPLICIT, 8, NULL);
    report(result, read_bytes(s, op->address, privilege, size, &fault), &fault);
}

/* One byte, and the second of `int n`. */
static void access_fetch(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    struct kms_fault fault = {0};
    uint8_t code[2] = {0, 0};
    struct kms_access access = {op->address, KMS_FETCH, KMS_AS_CURRENT};
    enum kms_result outcome = kms_access_read(s->cpu, &access, &code[0], 1, &fault);
    access.linear++;
    if (outcome == KMS_DONE && code[0] == 0xcd)
        outcome = kms_access_read(s->cpu, &access, &code[1], 1, &fault);
    report(result, outcome, &fault);
    if (outcome == KMS_DONE)
        result->value = code[0] | (uint64_t)code[1] << 8;
}

static void access_data(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    struct kms_fault fault = {0};
    uint64_t value = op->kind == REF_READ ? 0 : op->value;
    enum kms_access_kind kind = op->kind == REF_READ ? KMS_READ : KMS_WRITE;
    const struct kms_access access = {op->address, kind, KMS_AS_CURRENT};
    enum kms_result outcome;
    if (op->kind == REF_RMW)
        outcome = kms_exchange(s->cpu, op->address, op->width, &value, &fault);
    else if (op->kind == REF_WRITE)
        outcome = kms_access_write(s->cpu, &access, &value, op->width, &fault);
    else
        outcome = kms_access_read(s->cpu, &access, &value, op->width, &fault);
    report(result, outcome, &fault);
    if (outcome == KMS_DONE && op->kind != REF_WRITE)
        result->value = value;
}

static void read_then_write(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    struct ref_op part = *op;
    struct ref_result written = {.status = REF_DONE};
    part.kind = REF_READ;
    access_data(s, &part, result);
    if (result->status != REF_DONE)
        return;
    part.kind = REF_WRITE;
    access_data(s, &part, &written);
    if (written.status != REF_DONE)
        *result = written;
}

/* QEMU asks PKRS only for accesses of the supervisor's, and PKRU only for pages of the user's. */
static void forget_key(struct subject *s, struct ref_result *result)
{
    struct kms_walk walk;
    const struct kms_x86_state state = kms_x86_get_state(s->cpu);
    kms_x86_walk(&state, kms_machine_ram(s->machine), result->cr2, &walk);
    if (!(walk.rights & KMS_RIGHT_USER))
        result->error &= ~(uint32_t)KMS_PFERR_PK;
}

static void access(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    bool wide = kms_x86_read(s->cpu, KMS_X86_EFER) & KMS_EFER_LMA;
    if (op->kind >= REF_KINDS || (op->width == 8 && op->kind < REF_FETCH && !wide)) {
        result->status = REF_UNSUPPORTED;
        return;
    }
    kms_x86_write(s->cpu, KMS_X86_CPL, op->flags & REF_USER ? 3 : 0, NULL);
    if (op->kind == REF_RMW && s->imitations & IMITATE_READ_THEN_WRITE)
        read_then_write(s, op, result);
    else if (op->kind < REF_FETCH)
        access_data(s, op, result);
    else if (op->kind == REF_FETCH)
        access_fetch(s, op, result);
    else
        access_implicit(s, op, result);
    bool user = op->flags & REF_USER && op->kind <= REF_FETCH;
    if (user && s->imitations & IMITATE_PKS_NOT_FOR_USER && result->error & KMS_PFERR_PK)
        forget_key(s, result);
    kms_x86_write(s->cpu, KMS_X86_CPL, 0, NULL);
}

static void execute_in_case(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    struct kms_fault fault = {0};
    switch (op->code) {
    case REF_POKE: kms_phys_store(kms_machine_ram(s->machine), op->address, op->width, op->value); break;
    case REF_AC: kms_x86_write(s->cpu, KMS_X86_EFLAGS_AC, op->value != 0, NULL); break;
    case REF_ACCESS: access(s, op, result); break;
    case REF_INVLPG: kms_x86_invlpg(s->cpu, op->address); break;
    case REF_SEGMENT: subject_segment(s->cpu, op, result); break;
    case REF_INVPCID:
        report(result, kms_x86_invpcid(s->cpu, op->kind, op->extra, op->address, &fault), &fault);
        break;
    default:
        if (op->code >= REF_CR0 && op->code <= REF_PKRS)
            configure(s, op, result);
        else
            result->status = REF_UNSUPPORTED;
    }
}

static void execute(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    if (op->code == REF_RESET)
        reset(s);
    else if (op->code == REF_PEEK)
        kms_phys_load(kms_machine_ram(s->machine), op->address, op->width, &result->value);
    else if (s->skipping)
        result->status = REF_SKIPPED;
    else
        execute_in_case(s, op, result);
}

void subject_run(struct subject *s, const struct ref_op *ops, struct ref_result *results, size_t count)
{
    if (s->imitations & IMITATE_PSE36_ANY_WIDTH && s->wide)
        s = s->wide;
    for (size_t i = 0; i < count; i++)
        execute(s, &ops[i], &results[i]);
}
