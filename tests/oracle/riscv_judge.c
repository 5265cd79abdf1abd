#include "riscv_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OUTCOMES 64

static bool is_present(void *context, uint64_t physical, unsigned bytes)
{
    (void)context;
    return physical >= RV_JUDGE_BASE && physical - RV_JUDGE_BASE + bytes <= RV_JUDGE_RAM;
}

uint64_t rv_judge_peek(const struct rv_judge *judge, uint64_t physical, unsigned bytes)
{
    uint64_t value = 0;
    if (is_present(NULL, physical, bytes))
        kms_phys_load(kms_machine_ram(judge->machine), physical, bytes, &value);
    return value;
}

void rv_judge_poke(struct rv_judge *judge, uint64_t physical, unsigned bytes, uint64_t value)
{
    if (is_present(NULL, physical, bytes))
        kms_phys_store(kms_machine_ram(judge->machine), physical, bytes, value);
}

static uint64_t read_memory(void *context, uint64_t physical, unsigned bytes)
{
    return rv_judge_peek(context, physical, bytes);
}

static uint32_t features_of(const struct rv_judge_options *options)
{
    const struct {
        bool has;
        uint32_t bit;
    } rows[] = {
        {options->cpu.modes & 1u << RVO_SV39, KMS_RISCV_SV39},
        {options->cpu.modes & 1u << RVO_SV48, KMS_RISCV_SV48},
        {options->cpu.modes & 1u << RVO_SV57, KMS_RISCV_SV57},
        {options->svadu, KMS_RISCV_SVADU},
        {options->cpu.svnapot, KMS_RISCV_SVNAPOT},
        {options->cpu.svpbmt, KMS_RISCV_SVPBMT},
    };
    uint32_t features = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        features |= rows[i].has ? rows[i].bit : 0;
    return features;
}

struct rv_judge *rv_judge_new(const struct rv_judge_options *options)
{
    struct rv_judge *judge = calloc(1, sizeof(*judge));
    const struct kms_options machine = {
        .arch = options->cpu.xlen == 32 ? KMS_ARCH_RV32 : KMS_ARCH_RV64,
        .ram_base = RV_JUDGE_BASE,
        .ram_size = RV_JUDGE_RAM,
        .ram = {.fill = KMS_FILL_ZERO},
        .features = features_of(options),
        .bare = true,
        .asid_bits = (uint8_t)options->cpu.asidlen,
        .stale_rights = options->rights_fault ? KMS_RIGHTS_FAULT : KMS_RIGHTS_REWALK,
        .tlb = {.off = options->no_tlb},
    };
    if (!judge)
        return NULL;
    judge->options = *options;
    judge->memory = (struct rvo_memory){is_present, read_memory, judge};
    if (kms_machine_new(&machine, &judge->machine) != KMS_OK) {
        free(judge);
        return NULL;
    }
    judge->suspect = kms_machine_cpu(judge->machine, 0);
    if (kms_snapshot_take(judge->machine, &judge->fresh) != KMS_OK) {
        rv_judge_free(judge);
        return NULL;
    }
    rv_judge_reset(judge);
    return judge;
}

void rv_judge_free(struct rv_judge *judge)
{
    if (!judge)
        return;
    if (judge->fresh)
        kms_snapshot_drop(judge->machine, judge->fresh);
    kms_machine_free(judge->machine);
    free(judge);
}

void rv_judge_reset(struct rv_judge *judge)
{
    kms_snapshot_restore(judge->machine, judge->fresh);
    kms_cpu_reset(judge->suspect);
    judge->cpu = judge->options.cpu;
    judge->cpu.satp = 0;
    judge->cpu.privilege = RVO_MACHINE;
    judge->cache.count = 0;
    rv_judge_status(judge, &judge->cpu);
}

void rv_judge_status(struct rv_judge *judge, const struct rvo_cpu *cpu)
{
    const struct {
        enum kms_riscv_reg reg;
        uint64_t value;
    } rows[] = {{KMS_RISCV_PRIV, cpu->privilege}, {KMS_RISCV_MPP, cpu->mpp},
                {KMS_RISCV_MPRV, cpu->mprv},      {KMS_RISCV_SUM, cpu->sum},
                {KMS_RISCV_MXR, cpu->mxr},        {KMS_RISCV_ADUE, judge->options.svadu && cpu->hardware_ad},
                {KMS_RISCV_PBMTE, cpu->svpbmt}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        kms_riscv_write(judge->suspect, rows[i].reg, rows[i].value);
    uint64_t satp = judge->cpu.satp;
    judge->cpu = *cpu;
    judge->cpu.satp = satp;
}

bool rv_judge_satp(struct rv_judge *judge, uint64_t value)
{
    judge->cpu.satp = rvo_satp_write(&judge->cpu, value);
    kms_riscv_write(judge->suspect, KMS_RISCV_SATP, value);
    uint64_t got = kms_riscv_read(judge->suspect, KMS_RISCV_SATP);
    if (got == judge->cpu.satp)
        return true;
    fprintf(stderr,
            "satp, written %#" PRIx64 ", is %#" PRIx64 " in the machine, %#" PRIx64 " in the oracle\n", value,
            got, judge->cpu.satp);
    return false;
}

void rv_judge_fence(struct rv_judge *judge, const uint64_t *address, const unsigned *asid)
{
    kms_linear linear = address ? *address : 0;
    uint16_t number = (uint16_t)(asid ? *asid : 0);
    rvo_cache_fence(&judge->cache, &judge->cpu, address, asid);
    kms_riscv_sfence_vma(judge->suspect, address ? &linear : NULL, asid ? &number : NULL);
}

/* ---- one access ---- */

struct answer {
    enum kms_result result;
    struct kms_translation translation;
    struct kms_fault fault;
};

/* kms_translate() asks the tables alone: what lies at the physical address is not its affair. */
static bool is_translated(const struct rvo_result *r)
{
    return r->cause == RVO_DONE || r->translated || r->bare;
}

static unsigned rights_of(uint64_t entry)
{
    return (entry & RVO_R ? KMS_RIGHT_READ : 0u) | (entry & RVO_W ? KMS_RIGHT_WRITE : 0u) |
           (entry & RVO_X ? KMS_RIGHT_EXEC : 0u) | (entry & RVO_U ? KMS_RIGHT_USER : 0u);
}

static bool same_answer(const struct rvo_result *permitted, const struct answer *got)
{
    if (!is_translated(permitted))
        return got->result == KMS_FAULT && got->fault.vector == permitted->cause &&
               got->fault.error_code == 0 && got->fault.address == permitted->tval;
    if (got->result != KMS_DONE || got->translation.phys != permitted->physical)
        return false;
    return !permitted->translated || (UINT64_C(1) << got->translation.page_shift == permitted->leaf.bytes &&
                                      got->translation.rights == rights_of(permitted->leaf.entry));
}

/* Of the first outcome, which the tables gave: every entry is as it was, but the one that is updated. */
static bool tables_agree(const struct rv_judge *judge, const struct rvo_walk *before,
                         const struct rvo_result *outcome)
{
    for (unsigned i = 0; i < before->count; i++) {
        const struct rvo_entry *entry = &before->entries[i];
        uint64_t expected = entry->value;
        if (outcome->updates && outcome->updated == entry->address)
            expected = outcome->value;
        if (rv_judge_peek(judge, entry->address, rvo_entry_bytes(rvo_mode_of(&judge->cpu))) != expected)
            return false;
    }
    return true;
}

static bool registers_agree(const struct rv_judge *judge, const struct answer *got)
{
    if (got->result != KMS_FAULT)
        return true;
    return kms_riscv_read(judge->suspect, KMS_RISCV_SCAUSE) == got->fault.vector &&
           kms_riscv_read(judge->suspect, KMS_RISCV_STVAL) == got->fault.address;
}

static bool probe_agrees(const struct answer *probed, const struct answer *got)
{
    if (probed->result != got->result)
        return false;
    if (got->result == KMS_DONE)
        return probed->translation.phys == got->translation.phys;
    return probed->fault.vector == got->fault.vector && probed->fault.address == got->fault.address;
}

static struct rvo_walk walk_before(const struct rv_judge *judge, const struct rvo_access *access)
{
    struct rvo_walk walk = {.count = 0};
    if (rvo_translates(&judge->cpu, access->kind) && rvo_is_valid_address(&judge->cpu, access->address))
        rvo_walk(&judge->cpu, &judge->memory, access->address, &walk);
    return walk;
}

static void take_note(struct rv_judge *judge, const struct rvo_result *outcome, bool fresh)
{
    judge->accesses++;
    judge->stale += !fresh;
    judge->denied += !is_translated(outcome);
    judge->updated += outcome->updates;
    if (fresh && outcome->translated && !judge->options.no_tlb)
        rvo_cache_add(&judge->cache, &outcome->leaf);
}

static struct kms_access kms_access_of(const struct rvo_access *access)
{
    static const enum kms_access_kind kinds[RVO_KINDS] = {KMS_READ, KMS_WRITE, KMS_RMW, KMS_FETCH};
    return (struct kms_access){access->address, kinds[access->kind], KMS_AS_CURRENT};
}

bool rv_judge_access(struct rv_judge *judge, const struct rvo_access *access)
{
    static struct rvo_result permitted[OUTCOMES];
    const struct kms_access theirs = kms_access_of(access);
    struct rvo_walk before = walk_before(judge, access);
    struct answer got = {0}, probed = {0};
    size_t count =
        rvo_cache_outcomes(&judge->cache, &judge->cpu, &judge->memory, access, 1, permitted, OUTCOMES);
    probed.result = kms_probe(judge->suspect, &theirs, &probed.translation, &probed.fault);
    got.result = kms_translate(judge->suspect, &theirs, &got.translation, &got.fault);
    for (size_t i = 0; i < count; i++) {
        if (!same_answer(&permitted[i], &got) || !tables_agree(judge, &before, &permitted[i]))
            continue;
        if (!registers_agree(judge, &got) || !probe_agrees(&probed, &got))
            break;
        take_note(judge, &permitted[i], i == 0);
        return true;
    }
    rv_judge_say(judge, access, permitted, count);
    if (got.result == KMS_DONE)
        fprintf(stderr, "  the machine: %#" PRIx64 "%s\n", got.translation.phys,
                got.translation.hit ? ", a hit" : "");
    else
        fprintf(stderr, "  the machine: cause %u at %#" PRIx64 "\n", got.fault.vector, got.fault.address);
    return false;
}

/* ---- the walk as a value ---- */

static bool verdict_agrees(const struct rvo_walk *expected, enum kms_verdict got)
{
    if (expected->end == RVO_END_LEAF)
        return got == KMS_MAPPED;
    if (expected->end == RVO_END_ABSENT)
        return got == KMS_NO_TABLE;
    bool valid = expected->entries[expected->count - 1].value & RVO_V;
    if (!valid)
        return got == KMS_NOT_PRESENT;
    return got == KMS_RESERVED || got == KMS_MISALIGNED_PAGE || got == KMS_TOO_DEEP;
}

static bool levels_agree(const struct rvo_walk *expected, const struct kms_walk *got)
{
    for (unsigned i = 0; i < expected->count; i++) {
        const struct rvo_entry *entry = &expected->entries[i];
        const struct kms_walk_level *level = &got->level[i];
        if (level->level != entry->level + 1 || level->entry != entry->value ||
            level->entry_addr != entry->address)
            return false;
    }
    return true;
}

bool rv_judge_walk(struct rv_judge *judge, uint64_t address)
{
    struct rvo_walk expected;
    struct kms_walk got;
    kms_inspect(judge->suspect, address, &got);
    if (!rvo_is_valid_address(&judge->cpu, address))
        return got.verdict == KMS_NONCANONICAL && got.depth == 0;
    rvo_walk(&judge->cpu, &judge->memory, address, &expected);
    bool same = verdict_agrees(&expected, got.verdict) && levels_agree(&expected, &got);
    if (same && expected.end == RVO_END_LEAF)
        same = got.phys == expected.leaf.physical_base + (address - expected.leaf.virtual_base) &&
               got.global == expected.leaf.global && got.depth == expected.count;
    if (!same)
        fprintf(stderr,
                "the walks of %#" PRIx64
                " disagree: the machine's verdict is %d at depth %u, the oracle's %d\n",
                address, (int)got.verdict, got.depth, (int)expected.end);
    return same;
}
