#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the oracle's memory
 * ------------------------------------------------------------------------------------- */

static uint64_t read_ram(void *context, uint64_t physical, unsigned bytes)
{
    const struct judge *judge = context;
    uint64_t value = 0;
    if (physical >= JUDGE_RAM)
        return bytes == 8 ? UINT64_MAX : UINT32_MAX; /* open bus */
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)judge->ram[physical + i] << (8 * i);
    return value;
}

static void write_ram(void *context, uint64_t physical, unsigned bytes, uint64_t value)
{
    struct judge *judge = context;
    if (physical >= JUDGE_RAM)
        return;
    for (unsigned i = 0; i < bytes; i++)
        judge->ram[physical + i] = (uint8_t)(value >> (8 * i));
}

void judge_poke(struct judge *judge, uint64_t physical, unsigned bytes, uint64_t value)
{
    if (physical >= JUDGE_RAM)
        return;
    write_ram(judge, physical, bytes, value);
    kms_phys_store(kms_machine_ram(judge->machine), physical, bytes, value);
}

uint64_t judge_peek(const struct judge *judge, uint64_t physical, unsigned bytes)
{
    return read_ram((void *)(uintptr_t)judge, physical, bytes);
}

void judge_fill(struct judge *judge, const uint8_t *bytes)
{
    memcpy(judge->ram, bytes, JUDGE_RAM);
    kms_phys_write(kms_machine_ram(judge->machine), 0, bytes, JUDGE_RAM);
}

/* ---- making one
 * ---------------------------------------------------------------------------------------------- */

static const struct oracle_features everything = {
    .maxphyaddr = 52,
    .pse = true,
    .pse36 = true,
    .pae = true,
    .pge = true,
    .pat = true,
    .nx = true,
    .lm = true,
    .page1g = true,
    .la57 = true,
    .pcid = true,
    .invpcid = true,
    .smep = true,
    .smap = true,
    .pku = true,
    .pks = true,
    .wp = true,
    .cr4_others = KMS_CR4_VME | KMS_CR4_PVI | KMS_CR4_TSD | KMS_CR4_DE | KMS_CR4_MCE | KMS_CR4_PCE |
                  KMS_CR4_OSFXSR | KMS_CR4_OSXMMEXCPT | KMS_CR4_UMIP | KMS_CR4_FSGSBASE | KMS_CR4_OSXSAVE,
    .efer_others = ORACLE_EFER_SCE,
};

static struct kms_options machine_options(const struct judge_options *options)
{
    struct kms_options made = {.ram_size = JUDGE_RAM, .ram = {.fill = KMS_FILL_ZERO}};
    struct kms_tlb_geometry roomy = {.sets = 16, .ways = 64}, tiny = {.sets = 1, .ways = 1};
    for (unsigned size = 0; size < KMS_TLB_CLASSES && options->tlb != JUDGE_TLB_DEFAULT; size++)
        made.tlb.geometry[size] = options->tlb == JUDGE_TLB_TINY ? tiny : roomy;
    made.tlb.off = options->tlb == JUDGE_TLB_OFF;
    made.accessed = options->open.accessed_on_faults ? KMS_ACCESSED_ON_WALK : KMS_ACCESSED_ON_SUCCESS;
    made.stale_rights = options->open.denied_hits_walk_again ? KMS_RIGHTS_REWALK : KMS_RIGHTS_FAULT;
    return made;
}

struct judge *judge_new(const struct judge_options *options)
{
    struct kms_options machine = machine_options(options);
    struct judge *judge = calloc(1, sizeof(*judge));
    if (!judge)
        return NULL;
    judge->memory = (struct oracle_memory){.read = read_ram, .write = write_ram, .context = judge};
    judge->options = options->open;
    judge->by_privilege = options->by_privilege;
    judge->last = "the start";
    if (options->tlb == JUDGE_TLB_KEEPS)
        judge->tlb = oracle_tlb_new();
    if ((options->tlb == JUDGE_TLB_KEEPS && !judge->tlb) ||
        kms_machine_new(&machine, &judge->machine) != KMS_OK) {
        judge_free(judge);
        return NULL;
    }
    judge->suspect = kms_machine_cpu(judge->machine, 0);
    judge->cpu.has = everything;
    return judge;
}

void judge_free(struct judge *judge)
{
    if (judge && judge->machine)
        kms_machine_free(judge->machine);
    if (judge)
        free(judge->tlb);
    free(judge);
}

struct oracle_features judge_everything(void)
{
    return everything;
}

uint32_t judge_features(const struct oracle_features *has)
{
    const struct {
        bool has;
        uint32_t feature;
    } table[] = {
        {has->pse, KMS_X86_PSE},   {has->pse36, KMS_X86_PSE36}, {has->pae, KMS_X86_PAE},
        {has->pge, KMS_X86_PGE},   {has->pat, KMS_X86_PAT},     {has->nx, KMS_X86_NX},
        {has->lm, KMS_X86_LM},     {has->page1g, KMS_X86_1GB},  {has->la57, KMS_X86_LA57},
        {has->pcid, KMS_X86_PCID}, {has->smep, KMS_X86_SMEP},   {has->invpcid, KMS_X86_INVPCID},
        {has->smap, KMS_X86_SMAP}, {has->pku, KMS_X86_PKU},     {has->pks, KMS_X86_PKS},
        {has->wp, KMS_X86_WP},     {true, KMS_X86_INVLPG},
    };
    uint32_t features = 0;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        features |= table[i].has ? table[i].feature : 0;
    return features;
}

void judge_load(struct judge *judge, const struct oracle_cpu *cpu)
{
    struct kms_x86_state state = {.cr0 = cpu->cr0,
                                  .cr2 = cpu->cr2,
                                  .cr3 = cpu->cr3,
                                  .cr4 = cpu->cr4,
                                  .efer = cpu->efer,
                                  .pkru = cpu->pkru,
                                  .pkrs = cpu->pkrs,
                                  .features = judge_features(&cpu->has),
                                  .maxphyaddr = (uint8_t)cpu->has.maxphyaddr,
                                  .cpl = (uint8_t)cpu->cpl,
                                  .ac = cpu->ac};
    memcpy(state.pdpte, cpu->pdpte, sizeof(state.pdpte));
    if (judge->by_privilege)
        state.cpl = cpu->cpl == 3 ? 0 : 3;
    judge->cpu = *cpu;
    kms_x86_set_state(judge->suspect, &state);
    if (judge->tlb)
        oracle_tlb_flush(judge->tlb, ORACLE_FLUSH_ALL, 0);
}

/* ---- verdicts
 * ------------------------------------------------------------------------------------------------ */

bool judge_memory(struct judge *judge)
{
    uint8_t *theirs = judge->scratch;
    if (kms_phys_read(kms_machine_ram(judge->machine), 0, theirs, JUDGE_RAM) != KMS_DONE)
        return false;
    if (memcmp(theirs, judge->ram, JUDGE_RAM) == 0)
        return true;
    uint64_t at = 0;
    while (theirs[at] == judge->ram[at])
        at++;
    fprintf(stderr, "after %s memory differs at %#" PRIx64 ": the machine has %#x, the oracle %#x\n",
            judge->last, at, theirs[at], judge->ram[at]);
    return false;
}
