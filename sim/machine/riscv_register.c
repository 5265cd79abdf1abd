/*
 * riscv_register.c - writes of registers. All fields are WARL: an illegal value leaves them as they were.
 *
 * "Supervisor Address Translation and Protection (satp) Register", "Machine Status (mstatus and mstatush) Registers",
 * "Machine Environment Configuration (menvcfg) Register".
 */
#include "cpu.h"

#include <assert.h>

static bool has(const struct kms_riscv_state *state, uint32_t feature)
{
    return (state->features & feature) != 0;
}

static bool is_rv32(const struct kms_riscv_state *state)
{
    return state->arch == KMS_ARCH_RV32;
}

/* The part of a value that a register of XLEN bits takes. */
static uint64_t cut(const struct kms_riscv_state *state, uint64_t value)
{
    return is_rv32(state) ? (uint32_t)value : value;
}

static bool is_supported_mode(const struct kms_riscv_state *state, uint64_t satp)
{
    if (is_rv32(state))
        return true;
    switch (satp >> KMS_SATP64_MODE_SHIFT) {
    case KMS_SATP64_BARE: return true;
    case KMS_SATP64_SV39: return has(state, KMS_RISCV_SV39);
    case KMS_SATP64_SV48: return has(state, KMS_RISCV_SV48);
    case KMS_SATP64_SV57: return has(state, KMS_RISCV_SV57);
    default: break;
    }
    return false;
}

/* "If satp is written with an unsupported MODE, the entire write has no effect." */
static void write_satp(struct kms_riscv_state *state, uint64_t value)
{
    const bool rv32 = is_rv32(state);
    const unsigned shift = rv32 ? KMS_SATP32_ASID_SHIFT : KMS_SATP64_ASID_SHIFT;
    const unsigned room = rv32 ? KMS_RISCV_ASID_BITS_32 : KMS_RISCV_ASID_BITS_64;
    const uint64_t field = ((UINT64_C(1) << room) - 1) << shift;
    const uint64_t kept = ((UINT64_C(1) << state->asid_bits) - 1) << shift;
    value = cut(state, value);
    if (is_supported_mode(state, value))
        state->satp = value & ~(field & ~kept);
}

static void write_privilege(uint8_t *field, uint64_t value)
{
    if (value == KMS_RISCV_U || value == KMS_RISCV_S || value == KMS_RISCV_M)
        *field = (uint8_t)value;
}

static void write_bit(bool *field, uint64_t value)
{
    if (value <= 1)
        *field = value == 1;
}

static void change_register(struct kms_riscv_state *state, enum kms_riscv_reg reg, uint64_t value)
{
    switch (reg) {
    case KMS_RISCV_SATP: write_satp(state, value); break;
    case KMS_RISCV_PRIV: write_privilege(&state->priv, value); break;
    case KMS_RISCV_SUM: write_bit(&state->sum, value); break;
    case KMS_RISCV_MXR: write_bit(&state->mxr, value); break;
    case KMS_RISCV_MPRV: write_bit(&state->mprv, value); break;
    case KMS_RISCV_MPP: write_privilege(&state->mpp, value); break;
    case KMS_RISCV_ADUE:
        if (has(state, KMS_RISCV_SVADU))
            write_bit(&state->adue, value);
        break;
    case KMS_RISCV_PBMTE:
        if (has(state, KMS_RISCV_SVPBMT))
            write_bit(&state->pbmte, value);
        break;
    case KMS_RISCV_SCAUSE: state->scause = cut(state, value); break;
    case KMS_RISCV_STVAL: state->stval = cut(state, value); break;
    case KMS_RISCV_REGS: break;
    }
}

uint64_t kms_riscv_read(const struct kms_cpu *cpu, enum kms_riscv_reg reg)
{
    assert(cpu && !cpu_is_x86(cpu) && reg < KMS_RISCV_REGS);
    const struct kms_riscv_state *state = &cpu->riscv;
    switch (reg) {
    case KMS_RISCV_SATP: return state->satp;
    case KMS_RISCV_PRIV: return state->priv;
    case KMS_RISCV_SUM: return state->sum;
    case KMS_RISCV_MXR: return state->mxr;
    case KMS_RISCV_MPRV: return state->mprv;
    case KMS_RISCV_MPP: return state->mpp;
    case KMS_RISCV_ADUE: return state->adue;
    case KMS_RISCV_PBMTE: return state->pbmte;
    case KMS_RISCV_SCAUSE: return state->scause;
    case KMS_RISCV_STVAL: return state->stval;
    case KMS_RISCV_REGS: break;
    }
    return 0;
}

void kms_riscv_write(struct kms_cpu *cpu, enum kms_riscv_reg reg, uint64_t value)
{
    assert(cpu && !cpu_is_x86(cpu) && reg < KMS_RISCV_REGS);
    const uint64_t old_value = kms_riscv_read(cpu, reg);
    change_register(&cpu->riscv, reg, value);
    if (reg != KMS_RISCV_SCAUSE && reg != KMS_RISCV_STVAL)
        cpu_registers_changed(cpu);
    if (cpu_is_observed(cpu, KMS_EVENT_REGISTER))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_REGISTER,
                                            .reg = reg,
                                            .old_value = old_value,
                                            .new_value = kms_riscv_read(cpu, reg)});
}

struct kms_riscv_state kms_riscv_get_state(const struct kms_cpu *cpu)
{
    assert(cpu && !cpu_is_x86(cpu));
    return cpu->riscv;
}

void kms_riscv_set_state(struct kms_cpu *cpu, const struct kms_riscv_state *state)
{
    assert(cpu && state && state->arch == cpu->arch);
    assert(state->asid_bits <= (is_rv32(state) ? KMS_RISCV_ASID_BITS_32 : KMS_RISCV_ASID_BITS_64));
    cpu->riscv = *state;
    cpu_registers_changed(cpu);
    cpu_flush(cpu, KMS_FLUSH_ALL, 0, 0);
}
