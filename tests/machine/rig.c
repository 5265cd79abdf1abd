/* rig.c - see rig.h. */
#include "rig.h"

#include <string.h>

struct rig rig_new(const struct kms_options *options)
{
    struct kms_options complete = options ? *options : (struct kms_options){.ram_size = 0};
    if (complete.ram_size == 0)
        complete.ram_size = RIG_RAM;
    complete.ram.fill = KMS_FILL_ZERO;
    struct rig rig;
    assert_int_equal(kms_machine_new(&complete, &rig.machine), KMS_OK);
    rig.cpu = kms_machine_cpu(rig.machine, 0);
    rig.ram = kms_machine_ram(rig.machine);
    return rig;
}

void rig_free(struct rig *rig)
{
    kms_machine_free(rig->machine);
}

void rig_poke(struct rig *rig, kms_phys phys, unsigned width, uint64_t value)
{
    assert_int_equal(kms_phys_store(rig->ram, phys, width, value), KMS_DONE);
}

uint64_t rig_peek(struct rig *rig, kms_phys phys, unsigned width)
{
    uint64_t value = 0;
    assert_int_equal(kms_phys_load(rig->ram, phys, width, &value), KMS_DONE);
    return value;
}

void rig_set(struct rig *rig, enum kms_x86_reg reg, uint64_t value)
{
    assert_int_equal(kms_x86_write(rig->cpu, reg, value, NULL), KMS_DONE);
}

void rig_refuse(struct rig *rig, enum kms_x86_reg reg, uint64_t value)
{
    const struct kms_x86_state before = kms_x86_get_state(rig->cpu);
    struct kms_fault fault = {0};
    assert_int_equal(kms_x86_write(rig->cpu, reg, value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    assert_int_equal(fault.error_code, 0);
    for (unsigned i = 0; i < KMS_X86_REGS; i++) {
        struct kms_x86_state state = before;
        const uint64_t expected[KMS_X86_REGS] = {
            state.cr0, state.cr2, state.cr3,      state.cr4,      state.efer,     state.pkru,    state.pkrs,
            state.ac,  state.cpl, state.pdpte[0], state.pdpte[1], state.pdpte[2], state.pdpte[3]};
        assert_int_equal(kms_x86_read(rig->cpu, (enum kms_x86_reg)i), expected[i]);
    }
}

void rig_enable(struct rig *rig, enum kms_paging_mode mode)
{
    rig_set(rig, KMS_X86_CR3, RIG_TOP);
    if (mode == KMS_PAGING_PAE)
        for (unsigned i = 0; i < 4; i++)
            rig_poke(rig, RIG_TOP + 8 * i, 8, RIG_TABLE(1 + i) | P);
    if (mode >= KMS_PAGING_PAE)
        rig_set(rig, KMS_X86_CR4, KMS_CR4_PAE | (mode == KMS_PAGING_5LEVEL ? KMS_CR4_LA57 : 0));
    if (mode >= KMS_PAGING_4LEVEL)
        rig_set(rig, KMS_X86_EFER, KMS_EFER_LME | KMS_EFER_NXE);
    rig_set(rig, KMS_X86_CR0, mode == KMS_PAGING_NONE ? KMS_CR0_PE : KMS_CR0_PE | KMS_CR0_PG);
}

/* Eight page tables, for eight neighbouring 4 MiB regions. */
kms_phys rig_pte32(uint32_t linear)
{
    return RIG_TABLE(1 + (linear >> 22) % 8) + (linear >> 12 & 0x3ff) * 4;
}

void rig_map32(struct rig *rig, uint32_t linear, uint64_t pte)
{
    rig_poke(rig, RIG_TOP + (linear >> 22) * 4, 4, RIG_TABLE(1 + (linear >> 22) % 8) | P | RW | US);
    rig_poke(rig, rig_pte32(linear), 4, pte);
}

kms_phys rig_pte64(kms_linear linear)
{
    return RIG_TABLE(3) + (linear >> 12 & 0x1ff) * 8;
}

void rig_map64(struct rig *rig, kms_linear linear, uint64_t pte)
{
    rig_poke(rig, RIG_TOP + (linear >> 39 & 0x1ff) * 8, 8, RIG_TABLE(1) | P | RW | US);
    rig_poke(rig, RIG_TABLE(1) + (linear >> 30 & 0x1ff) * 8, 8, RIG_TABLE(2) | P | RW | US);
    rig_poke(rig, RIG_TABLE(2) + (linear >> 21 & 0x1ff) * 8, 8, RIG_TABLE(3) | P | RW | US);
    rig_poke(rig, rig_pte64(linear), 8, pte);
}

void assert_translates(struct rig *rig, struct kms_access access, kms_phys phys)
{
    struct kms_translation translation;
    struct kms_fault fault = {0};
    if (kms_translate(rig->cpu, &access, &translation, &fault) != KMS_DONE) {
        char words[160];
        kms_x86_fault_words(&fault, words, sizeof words);
        fail_msg("0x%llx should translate: %s", (unsigned long long)access.linear, words);
    }
    assert_int_equal(translation.phys, phys);
}

static struct kms_fault fault_of(struct rig *rig, struct kms_access access)
{
    struct kms_translation translation;
    struct kms_fault fault = {0};
    assert_int_equal(kms_translate(rig->cpu, &access, &translation, &fault), KMS_FAULT);
    return fault;
}

void assert_page_fault(struct rig *rig, struct kms_access access, uint32_t error_code)
{
    const struct kms_fault fault = fault_of(rig, access);
    assert_int_equal(fault.vector, KMS_VECTOR_PF);
    assert_int_equal(fault.error_code, error_code);
    assert_int_equal(fault.address, access.linear);
    assert_int_equal(kms_x86_read(rig->cpu, KMS_X86_CR2), access.linear);
}

void assert_gp(struct rig *rig, struct kms_access access)
{
    const uint64_t cr2 = kms_x86_read(rig->cpu, KMS_X86_CR2);
    const struct kms_fault fault = fault_of(rig, access);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    assert_int_equal(fault.error_code, 0);
    assert_int_equal(kms_x86_read(rig->cpu, KMS_X86_CR2), cr2);
}
