/* The machine as a RISC-V hart under judgement. */
#include "riscv_subject.h"

#include <stdlib.h>

#include <kmemsim/kmemsim.h>

#include "riscv_protocol.h"

struct subject {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_snapshot *fresh;
    struct subject_options options;
};

static uint32_t features_of(const struct ref_cpu *cpu)
{
    const struct {
        bool has;
        uint32_t bit;
    } rows[] = {
        {cpu->rv_cpu_modes & RV_MODE_SV39, KMS_RISCV_SV39},
        {cpu->rv_cpu_modes & RV_MODE_SV48, KMS_RISCV_SV48},
        {cpu->rv_cpu_modes & RV_MODE_SV57, KMS_RISCV_SV57},
        {cpu->rv_cpu_extended & RV_EXT_SVNAPOT, KMS_RISCV_SVNAPOT},
        {cpu->rv_cpu_extended & RV_EXT_SVPBMT, KMS_RISCV_SVPBMT},
        {true, KMS_RISCV_SVADU},
    };
    uint32_t features = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        features |= rows[i].has ? rows[i].bit : 0;
    return features;
}

static enum kms_misaligned_policy misaligned(unsigned policies)
{
    if (policies & RV_POLICY_MISALIGNED_FIRST)
        return KMS_MISALIGNED_FIRST;
    return policies & RV_POLICY_MISALIGNED_LAST ? KMS_MISALIGNED_LAST : KMS_MISALIGNED_DONE;
}

unsigned subject_policies(enum emulator_kind oracle)
{
    (void)oracle; /* the machine's defaults are QEMU's ways */
    return 0;
}

static void fill_pattern(struct kms_ram *ram)
{
    uint32_t page[KMS_PAGE_SIZE / 4];
    for (uint32_t at = RV_DATA; at < RV_DATA_END; at += sizeof(page)) {
        for (uint32_t i = 0; i < KMS_PAGE_SIZE / 4; i++)
            page[i] = RV_PATTERN(at + 4 * i);
        kms_phys_write(ram, at, page, sizeof(page));
    }
}

struct subject *subject_new(const struct subject_options *options)
{
    struct subject *s = calloc(1, sizeof(*s));
    const struct kms_options machine = {
        .arch = options->cpu.rv_cpu_xlen == 32 ? KMS_ARCH_RV32 : KMS_ARCH_RV64,
        .ram_base = RV_RAM,
        .ram_size = options->ram_bytes,
        .ram = {.fill = KMS_FILL_ZERO},
        .features = features_of(&options->cpu),
        .bare = true,
        .asid_bits = (uint8_t)options->cpu.rv_cpu_asid,
        .misaligned = misaligned(options->policies),
        .stale_rights = options->policies & RV_POLICY_RIGHTS_FAULT ? KMS_RIGHTS_FAULT : KMS_RIGHTS_REWALK,
        .tlb = {.off = (options->policies & RV_POLICY_NO_TLB) != 0,
                .structure_caches = (options->policies & RV_POLICY_STRUCTURE_CACHES) != 0},
    };
    if (!s)
        return NULL;
    s->options = *options;
    if (kms_machine_new(&machine, &s->machine) != KMS_OK) {
        subject_free(s);
        return NULL;
    }
    s->cpu = kms_machine_cpu(s->machine, 0);
    fill_pattern(kms_machine_ram(s->machine));
    if (kms_snapshot_take(s->machine, &s->fresh) == KMS_OK)
        return s;
    subject_free(s);
    return NULL;
}

void subject_free(struct subject *s)
{
    if (!s)
        return;
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
    (void)s;
    (void)imitations;
}

static void reset(struct subject *s)
{
    kms_snapshot_restore(s->machine, s->fresh);
    kms_cpu_reset(s->cpu);
    kms_riscv_write(s->cpu, KMS_RISCV_ADUE, !(s->options.policies & RV_POLICY_SVADE));
    kms_riscv_write(s->cpu, KMS_RISCV_PBMTE, 0);
}

static enum kms_result data(struct subject *s, const struct ref_op *op, uint64_t *value,
                            struct kms_fault *fault)
{
    struct kms_access access = {op->address, KMS_READ, KMS_AS_CURRENT};
    if (op->kind == REF_RMW)
        return kms_exchange(s->cpu, op->address, op->width, value, fault);
    if (op->kind == REF_READ)
        return kms_access_read(s->cpu, &access, value, op->width, fault);
    access.kind = KMS_WRITE;
    return kms_access_write(s->cpu, &access, value, op->width, fault);
}

/* An instruction is read in parcels of 16 bits. */
static enum kms_result fetch(struct subject *s, const struct ref_op *op, uint64_t *value,
                             struct kms_fault *fault)
{
    uint64_t mask = s->options.cpu.rv_cpu_xlen == 32 ? UINT32_MAX : UINT64_MAX;
    struct kms_access access = {op->address, KMS_FETCH, KMS_AS_CURRENT};
    uint16_t parcel[2] = {0, 0};
    enum kms_result outcome = kms_access_read(s->cpu, &access, &parcel[0], 2, fault);
    access.linear = (access.linear + 2) & mask;
    if (outcome == KMS_DONE && (parcel[0] & 3) == 3)
        outcome = kms_access_read(s->cpu, &access, &parcel[1], 2, fault);
    *value = parcel[0] | (uint64_t)parcel[1] << 16;
    return outcome;
}

static void set_privilege(struct subject *s, const struct ref_op *op)
{
    uint64_t lower = op->flags & REF_USER ? KMS_RISCV_U : KMS_RISCV_S;
    bool mprv = op->flags & REF_MPRV;
    kms_riscv_write(s->cpu, KMS_RISCV_PRIV, mprv ? KMS_RISCV_M : lower);
    kms_riscv_write(s->cpu, KMS_RISCV_MPRV, mprv);
    kms_riscv_write(s->cpu, KMS_RISCV_MPP, lower);
}

static void access(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    struct kms_fault fault = {0};
    uint64_t value = op->kind == REF_READ ? 0 : op->value;
    if (op->kind > REF_FETCH || op->width > s->options.cpu.rv_cpu_xlen / 8) {
        result->status = REF_UNSUPPORTED;
        return;
    }
    set_privilege(s, op);
    enum kms_result outcome =
        op->kind == REF_FETCH ? fetch(s, op, &value, &fault) : data(s, op, &value, &fault);
    kms_riscv_write(s->cpu, KMS_RISCV_PRIV, KMS_RISCV_M);
    kms_riscv_write(s->cpu, KMS_RISCV_MPRV, 0);
    if (outcome == KMS_DONE) {
        result->value = op->kind == REF_WRITE ? 0 : value;
        return;
    }
    result->status = outcome == KMS_FAULT ? REF_FAULT : REF_UNSUPPORTED;
    result->vector = (uint8_t)fault.vector;
    result->cr2 = fault.address;
}

static void fence(struct subject *s, const struct ref_op *op)
{
    kms_linear address = op->address;
    uint16_t asid = (uint16_t)op->extra;
    kms_riscv_sfence_vma(s->cpu, op->kind & RV_FENCE_ADDRESS ? &address : NULL,
                         op->kind & RV_FENCE_ASID ? &asid : NULL);
}

static void execute(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    switch (op->code) {
    case REF_RESET: reset(s); break;
    case REF_POKE: kms_phys_store(kms_machine_ram(s->machine), op->address, op->width, op->value); break;
    case REF_PEEK: kms_phys_load(kms_machine_ram(s->machine), op->address, op->width, &result->value); break;
    case REF_ACCESS: access(s, op, result); break;
    case RV_SATP:
        kms_riscv_write(s->cpu, KMS_RISCV_SATP, op->value);
        result->value = kms_riscv_read(s->cpu, KMS_RISCV_SATP);
        break;
    case RV_STATUS:
        kms_riscv_write(s->cpu, KMS_RISCV_SUM, (op->value & RV_STATUS_SUM) != 0);
        kms_riscv_write(s->cpu, KMS_RISCV_MXR, (op->value & RV_STATUS_MXR) != 0);
        break;
    case RV_ENVCFG: kms_riscv_write(s->cpu, KMS_RISCV_PBMTE, (op->value & RV_ENVCFG_PBMTE) != 0); break;
    case RV_SFENCE: fence(s, op); break;
    default: result->status = REF_UNSUPPORTED;
    }
}

void subject_run(struct subject *s, const struct ref_op *ops, struct ref_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        execute(s, &ops[i], &results[i]);
}
