/* riscv_rig.c - see riscv_rig.h. */
#include "riscv_rig.h"

static bool is_32bit(const struct rv *rv)
{
    return rv->mode == KMS_PAGING_SV32;
}

static unsigned levels_of(const struct rv *rv)
{
    switch (rv->mode) {
    case KMS_PAGING_SV32: return 2;
    case KMS_PAGING_SV39: return 3;
    case KMS_PAGING_SV48: return 4;
    default: return 5;
    }
}

struct rv rv_new(enum kms_paging_mode mode, const struct kms_options *options)
{
    struct kms_options complete = options ? *options : (struct kms_options){.ram_size = 0};
    complete.arch = mode == KMS_PAGING_SV32 ? KMS_ARCH_RV32 : KMS_ARCH_RV64;
    complete.ram_base = RV_BASE;
    complete.ram_size = RV_RAM;
    complete.ram.fill = KMS_FILL_ZERO;
    struct rv rv = {.mode = mode, .next_table = RV_ROOT + 0x1000};
    assert_int_equal(kms_machine_new(&complete, &rv.machine), KMS_OK);
    rv.cpu = kms_machine_cpu(rv.machine, 0);
    rv.ram = kms_machine_ram(rv.machine);
    for (unsigned i = 0; kms_machine_cpu(rv.machine, i); i++) {
        kms_riscv_write(kms_machine_cpu(rv.machine, i), KMS_RISCV_SATP, kms_riscv_satp(mode, 0, RV_ROOT));
        kms_riscv_write(kms_machine_cpu(rv.machine, i), KMS_RISCV_PRIV, KMS_RISCV_S);
    }
    return rv;
}

void rv_free(struct rv *rv)
{
    kms_machine_free(rv->machine);
}

void rv_poke(struct rv *rv, kms_phys phys, unsigned width, uint64_t value)
{
    assert_int_equal(kms_phys_store(rv->ram, phys, width, value), KMS_DONE);
}

uint64_t rv_peek(struct rv *rv, kms_phys phys, unsigned width)
{
    uint64_t value = 0;
    assert_int_equal(kms_phys_load(rv->ram, phys, width, &value), KMS_DONE);
    return value;
}

void rv_set_entry(struct rv *rv, kms_phys where, uint64_t entry)
{
    rv_poke(rv, where, is_32bit(rv) ? 4 : 8, entry);
}

uint64_t rv_entry(struct rv *rv, kms_phys where)
{
    return rv_peek(rv, where, is_32bit(rv) ? 4 : 8);
}

static kms_phys entry_in(const struct rv *rv, kms_phys table, kms_linear linear, unsigned level)
{
    if (is_32bit(rv))
        return table + (linear >> (level == 2 ? 22 : 12) & 0x3ff) * 4;
    return table + (linear >> (12 + 9 * (level - 1)) & 0x1ff) * 8;
}

kms_phys rv_map(struct rv *rv, kms_linear linear, unsigned level, uint64_t entry)
{
    kms_phys table = RV_ROOT;
    for (unsigned i = levels_of(rv); i > level; i--) {
        const kms_phys where = entry_in(rv, table, linear, i);
        if (rv_entry(rv, where) == 0) {
            rv_set_entry(rv, where, PPN(rv->next_table) | V);
            rv->next_table += 0x1000;
        }
        table = rv_entry(rv, where) >> 10 << 12;
    }
    rv_set_entry(rv, entry_in(rv, table, linear, level), entry);
    return entry_in(rv, table, linear, level);
}

void rv_set(struct rv *rv, enum kms_riscv_reg reg, uint64_t value)
{
    kms_riscv_write(rv->cpu, reg, value);
    assert_int_equal(kms_riscv_read(rv->cpu, reg), value);
}

struct kms_walk rv_inspect(struct rv *rv, kms_linear linear)
{
    struct kms_walk walk;
    kms_inspect(rv->cpu, linear, &walk);
    return walk;
}

void assert_rv_done(struct rv *rv, struct kms_access access, kms_phys phys)
{
    struct kms_translation translation;
    struct kms_fault fault = {0};
    if (kms_translate(rv->cpu, &access, &translation, &fault) != KMS_DONE) {
        char words[160];
        kms_riscv_fault_words(&fault, words, sizeof words);
        fail_msg("0x%llx should translate: %s", (unsigned long long)access.linear, words);
    }
    assert_int_equal(translation.phys, phys);
}

void assert_rv_fault(struct rv *rv, struct kms_access access, uint32_t cause)
{
    struct kms_translation translation;
    struct kms_fault fault = {0};
    assert_int_equal(kms_translate(rv->cpu, &access, &translation, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, cause);
    assert_int_equal(fault.error_code, 0);
    assert_int_equal(fault.address, access.linear);
    assert_int_equal(kms_riscv_read(rv->cpu, KMS_RISCV_SCAUSE), cause);
    assert_int_equal(kms_riscv_read(rv->cpu, KMS_RISCV_STVAL), access.linear);
}
