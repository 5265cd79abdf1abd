/* RISC-V: WARL fields, what reset leaves, and options out of their range. */
#include "riscv_rig.h"

static void assert_writes(struct rv *rv, enum kms_riscv_reg reg, uint64_t value, uint64_t expected)
{
    kms_riscv_write(rv->cpu, reg, value);
    assert_int_equal(kms_riscv_read(rv->cpu, reg), expected);
}

static void after_reset_a_hart_is_in_m_mode_without_translation(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_set(&rv, KMS_RISCV_SUM, 1);
    rv_set(&rv, KMS_RISCV_ADUE, 0);
    kms_cpu_reset(rv.cpu);
    for (unsigned reg = 0; reg < KMS_RISCV_REGS; reg++) {
        const uint64_t expected = reg == KMS_RISCV_PRIV                             ? KMS_RISCV_M
                                  : reg == KMS_RISCV_ADUE || reg == KMS_RISCV_PBMTE ? 1
                                                                                    : 0;
        assert_int_equal(kms_riscv_read(rv.cpu, (enum kms_riscv_reg)reg), expected);
    }
    rv_free(&rv);
}

static void an_unsupported_mode_leaves_satp_as_it_was(void **state)
{
    (void)state;
    static const uint32_t models[] = {KMS_RISCV_SV39, KMS_RISCV_SV39 | KMS_RISCV_SV48,
                                      KMS_RISCV_SV39 | KMS_RISCV_SV48 | KMS_RISCV_SV57};
    for (unsigned model = 0; model < 3; model++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.features = models[model]});
        for (uint64_t mode = 0; mode < 16; mode++) {
            const uint64_t old = UINT64_C(8) << 60 | 0x1234;
            const uint64_t value = mode << 60 | UINT64_C(0x7) << 44 | 0x5678;
            kms_riscv_write(rv.cpu, KMS_RISCV_SATP, old);
            assert_writes(&rv, KMS_RISCV_SATP, value,
                          mode == 0 || (mode >= 8 && mode <= 8 + model) ? value : old);
        }
        rv_free(&rv);
    }
}

static void asid_bits_beyond_asidlen_stay_zero(void **state)
{
    (void)state;
    static const struct {
        uint8_t option;
        uint64_t kept;
    } rows[] = {{0, 0xffff}, {16, 0xffff}, {9, 0x1ff}, {1, 1}, {KMS_NO_ASIDS, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.asid_bits = rows[i].option});
        assert_writes(&rv, KMS_RISCV_SATP, 0x8ffff00000080010,
                      UINT64_C(8) << 60 | rows[i].kept << 44 | 0x80010);
        rv_free(&rv);
    }
    struct rv rv = rv_new(KMS_PAGING_SV32, &(struct kms_options){.asid_bits = 3});
    assert_writes(&rv, KMS_RISCV_SATP, 0xffc80010, 0x80000000 | 7u << 22 | 0x80010);
    rv_free(&rv);
}

static void satp_of_rv32_has_32_bits(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    assert_writes(&rv, KMS_RISCV_SATP, 0x12345678ffffffff, 0xffffffff);
    assert_writes(&rv, KMS_RISCV_STVAL, 0x1234567887654321, 0x87654321);
    assert_writes(&rv, KMS_RISCV_SCAUSE, 0x1234567880000005, 0x80000005);
    /* MODE 0 is Bare whatever else is set. */
    assert_writes(&rv, KMS_RISCV_SATP, 0x7fffffff, 0x7fffffff);
    assert_int_equal(kms_cpu_mode(rv.cpu), KMS_PAGING_NONE);
    rv_free(&rv);
}

static void illegal_values_leave_fields_as_they_were(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    static const enum kms_riscv_reg levels[] = {KMS_RISCV_PRIV, KMS_RISCV_MPP};
    static const enum kms_riscv_reg bits[] = {KMS_RISCV_SUM, KMS_RISCV_MXR, KMS_RISCV_MPRV, KMS_RISCV_ADUE,
                                              KMS_RISCV_PBMTE};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        assert_writes(&rv, levels[i], KMS_RISCV_M, 3);
        assert_writes(&rv, levels[i], 2, 3);
        assert_writes(&rv, levels[i], 4, 3);
        assert_writes(&rv, levels[i], UINT64_MAX, 3);
        assert_writes(&rv, levels[i], KMS_RISCV_U, 0);
        assert_writes(&rv, levels[i], KMS_RISCV_S, 1);
    }
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        assert_writes(&rv, bits[i], 1, 1);
        assert_writes(&rv, bits[i], 2, 1);
        assert_writes(&rv, bits[i], 0, 0);
        assert_writes(&rv, bits[i], UINT64_MAX, 0);
    }
    rv_free(&rv);
}

static void bits_of_features_that_are_missing_stay_zero(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.features = KMS_RISCV_MODEL_SV39});
    assert_writes(&rv, KMS_RISCV_ADUE, 1, 0);
    assert_writes(&rv, KMS_RISCV_PBMTE, 1, 0);
    rv_free(&rv);
    rv = rv_new(KMS_PAGING_SV32, NULL);
    assert_writes(&rv, KMS_RISCV_ADUE, 1, 1);
    assert_writes(&rv, KMS_RISCV_PBMTE, 1, 0);
    rv_free(&rv);
}

struct noted {
    unsigned count;
    struct kms_event last;
};

static void note(void *context, const struct kms_event *event)
{
    struct noted *noted = context;
    noted->last = *event;
    noted->count++;
}

static void register_writes_are_told(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    struct noted noted = {0};
    struct kms_observer observer = {KMS_EVENT_REGISTER, note, &noted, NULL};
    kms_machine_observe(rv.machine, &observer);
    rv_set(&rv, KMS_RISCV_MPP, KMS_RISCV_S);
    assert_int_equal(noted.count, 1);
    assert_int_equal(noted.last.reg, KMS_RISCV_MPP);
    assert_int_equal(noted.last.old_value, KMS_RISCV_U);
    assert_int_equal(noted.last.new_value, KMS_RISCV_S);
    rv_free(&rv);
}

static void state_is_taken_and_given_whole(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    struct kms_riscv_state all = kms_riscv_get_state(rv.cpu);
    assert_int_equal(all.arch, KMS_ARCH_RV64);
    assert_int_equal(all.priv, KMS_RISCV_S);
    assert_int_equal(all.asid_bits, 16);
    all.mxr = true;
    all.satp = 0;
    kms_riscv_set_state(rv.cpu, &all);
    assert_int_equal(kms_riscv_read(rv.cpu, KMS_RISCV_MXR), 1);
    assert_int_equal(kms_cpu_mode(rv.cpu), KMS_PAGING_NONE);
    assert_int_equal(kms_cpu_arch(rv.cpu), KMS_ARCH_RV64);
    rv_free(&rv);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct kms_options bad[] = {
        {.arch = KMS_ARCH_RV64 + 1, .ram_size = 0x10000},
        {.arch = KMS_ARCH_RV64, .ram_size = 0x10000, .features = KMS_RISCV_SV48},
        {.arch = KMS_ARCH_RV64, .ram_size = 0x10000, .features = KMS_RISCV_SV39 | KMS_RISCV_SV57},
        {.arch = KMS_ARCH_RV64, .ram_size = 0x10000, .features = KMS_RISCV_MODEL_MAX + 1},
        {.arch = KMS_ARCH_RV64, .ram_size = 0x10000, .asid_bits = 17},
        {.arch = KMS_ARCH_RV32, .ram_size = 0x10000, .asid_bits = 10},
        {.arch = KMS_ARCH_RV32, .ram_size = 0x10000, .misaligned = KMS_MISALIGNED_LAST + 1},
    };
    struct kms_machine *machine;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(kms_machine_new(&bad[i], &machine), KMS_BAD_OPTION);
    static const struct kms_options bad_ram[] = {
        {.arch = KMS_ARCH_RV64, .ram_base = RV_BASE, .ram_size = 0x1000},
        {.arch = KMS_ARCH_RV64, .ram_base = RV_BASE + 1, .ram_size = 0x10000},
        {.arch = KMS_ARCH_RV64, .ram_base = RV_BASE, .ram_size = 0x10001},
        {.arch = KMS_ARCH_RV64, .ram_base = UINT64_MAX & ~UINT64_C(0xfff), .ram_size = 0x10000},
    };
    for (size_t i = 0; i < sizeof bad_ram / sizeof bad_ram[0]; i++)
        assert_int_equal(kms_machine_new(&bad_ram[i], &machine), KMS_BAD_RANGE);
}

static void a_model_without_any_mode_can_be_asked_for(void **state)
{
    (void)state;
    struct kms_machine *machine;
    assert_int_equal(
        kms_machine_new(&(struct kms_options){.arch = KMS_ARCH_RV64, .ram_size = 0x10000, .bare = true},
                        &machine),
        KMS_OK);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_riscv_write(cpu, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, 0));
    assert_int_equal(kms_riscv_read(cpu, KMS_RISCV_SATP), 0);
    kms_machine_free(machine);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("after reset a hart is in M-mode, without translation",
             after_reset_a_hart_is_in_m_mode_without_translation),
    KMS_TEST("an unsupported mode leaves satp as it was", an_unsupported_mode_leaves_satp_as_it_was),
    KMS_TEST("ASID bits beyond ASIDLEN stay zero", asid_bits_beyond_asidlen_stay_zero),
    KMS_TEST("satp of RV32 has 32 bits", satp_of_rv32_has_32_bits),
    KMS_TEST("illegal values leave fields as they were", illegal_values_leave_fields_as_they_were),
    KMS_TEST("bits of features that are missing stay zero", bits_of_features_that_are_missing_stay_zero),
    KMS_TEST("register writes are told", register_writes_are_told),
    KMS_TEST("state is taken and given whole", state_is_taken_and_given_whole),
    KMS_TEST("options out of range are refused", options_out_of_range_are_refused),
    KMS_TEST("a model without any mode can be asked for", a_model_without_any_mode_can_be_asked_for),
};
KMS_TESTS(riscv_registers, tests)
