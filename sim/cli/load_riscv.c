/* From options to an address space of RISC-V. */
#include "cli.h"

#include <inttypes.h>

/* A satp whose MODE is 0 is taken as the rest of one of --arch: many tools print the root's page number alone. */
static bool complete_satp(const struct cli *cli, uint64_t *satp)
{
    const enum kms_paging_mode mode = cli->options.riscv.mode;
    const bool rv32 = mode == KMS_PAGING_SV32;
    const uint64_t selects = kms_riscv_satp(mode, 0, 0);
    const uint64_t field = *satp & (rv32 ? KMS_SATP32_MODE : UINT64_MAX << KMS_SATP64_MODE_SHIFT);
    if (rv32 && *satp > UINT32_MAX) {
        cli_error(cli, "--satp 0x%" PRIx64 ": is wider than the 32 bits of RV32", *satp);
        return false;
    }
    if (field != 0 && field != selects) {
        cli_error(cli, "--satp 0x%" PRIx64 ": its MODE is not that of %s", *satp, kms_mode_name(mode));
        return false;
    }
    if (field == 0)
        cli_note(cli, "MODE of satp is 0 (Bare); shown as if it were %s", kms_mode_name(mode));
    *satp |= selects;
    return true;
}

static bool settle(struct cli *cli, uint64_t satp, struct kms_riscv_state *state)
{
    const struct cli_riscv *given = &cli->options.riscv;
    if (!complete_satp(cli, &satp))
        return false;
    *state = (struct kms_riscv_state){
        .satp = satp,
        .arch = given->mode == KMS_PAGING_SV32 ? KMS_ARCH_RV32 : KMS_ARCH_RV64,
        .features = KMS_RISCV_MODEL_MAX,
        .asid_bits = given->mode == KMS_PAGING_SV32 ? KMS_RISCV_ASID_BITS_32 : KMS_RISCV_ASID_BITS_64,
        .priv = KMS_RISCV_S,
        .sum = given->sum,
        .mxr = given->mxr,
        .adue = !given->svade,
        .pbmte = true,
    };
    const struct kms_space space = kms_riscv_space(state, kms_image_ram(cli->image));
    return cli_check_top_table(cli, &space, "satp", satp);
}

bool cli_settle_riscv(struct cli *cli)
{
    if (cli->options.riscv.satp_count == 0) {
        cli_error(
            cli,
            "the image carries no registers: give --satp (\"info registers\" in QEMU's monitor prints it)");
        return false;
    }
    if (!settle(cli, cli->options.riscv.satp[0], &cli->riscv))
        return false;
    cli->space = kms_riscv_space(&cli->riscv, kms_image_ram(cli->image));
    return true;
}

bool cli_other_satp(struct cli *cli, uint64_t satp, struct kms_riscv_state *state)
{
    return settle(cli, satp, state);
}
