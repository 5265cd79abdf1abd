/* What a case needs of its CPU. */
#include "cpu_features.h"
#include "riscv_protocol.h"
#include "subject.h"

static uint32_t mode_bit(const struct ref_cpu *cpu, uint64_t satp)
{
    if (cpu->rv_cpu_xlen == 32)
        return satp >> 32 ? ~0u : satp >> 31 ? RV_MODE_SV32 : 0;
    uint64_t mode = satp >> 60;
    if (!mode)
        return satp >> 31 == 1 ? RV_MODE_SV32 : 0;
    return mode >= 8 && mode <= 10 ? RV_MODE_SV39 << (mode - 8) : 0;
}

const char *cpu_lacks(const struct ref_cpu *cpu, const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_op *op = &c->ops[i];
        if (op->code == RV_ENVCFG && op->value & RV_ENVCFG_PBMTE && !(cpu->rv_cpu_extended & RV_EXT_SVPBMT))
            return "Svpbmt";
        if (op->code != RV_SATP)
            continue;
        if (!(op->flags & REF_MAY_FAULT) && mode_bit(cpu, op->value) & ~cpu->rv_cpu_modes)
            return "this mode";
        if (op->extra & RV_NEEDS_EXTENSIONS && !cpu->rv_cpu_extended)
            return "Svnapot and Svpbmt";
        if (op->extra & RV_NEEDS_NONE && cpu->rv_cpu_extended)
            return "reserved bits where Svnapot and Svpbmt are";
    }
    return NULL;
}

bool own_cpu(enum emulator_kind oracle, struct ref_cpu *cpu)
{
    bool narrow = oracle == EMULATOR_RISCV32;
    if (oracle < EMULATOR_RISCV32 || cpu->maxphyaddr != (narrow ? 34 : 56))
        return false;
    cpu->rv_cpu_xlen = narrow ? 32 : 64;
    cpu->rv_cpu_modes = narrow ? RV_MODE_SV32 : RV_MODE_SV39 | RV_MODE_SV48 | RV_MODE_SV57;
    cpu->rv_cpu_asid = narrow ? 9 : 16;
    cpu->rv_cpu_extended = oracle == EMULATOR_RISCV64EXT ? RV_EXT_SVNAPOT | RV_EXT_SVPBMT : 0;
    return true;
}
