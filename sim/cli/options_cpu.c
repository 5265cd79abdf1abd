/* Registers and modes on the command line, of x86 and of RISC-V. */
#include "options.h"

#include <getopt.h>
#include <string.h>

/* ---- registers ---- */

static bool set_register(struct cli *cli, int code, enum kms_x86_reg reg, uint64_t last)
{
    struct cli_registers *registers = &cli->options.registers;
    if (!option_need_up_to(cli, code, last, &registers->value[reg]))
        return false;
    registers->given |= 1u << reg;
    return true;
}

static bool set_cr3(struct cli *cli)
{
    struct cli_registers *registers = &cli->options.registers;
    unsigned most = cli->command == &cli_diff ? 2 : 1;
    if (registers->cr3_count == most)
        return option_bad_value(cli, OPTION_CR3, most == 1 ? "given twice" : "given more than twice");
    if (!set_register(cli, OPTION_CR3, KMS_X86_CR3, UINT64_MAX))
        return false;
    registers->cr3[registers->cr3_count++] = registers->value[KMS_X86_CR3];
    registers->value[KMS_X86_CR3] = registers->cr3[0];
    return true;
}

static bool set_maxphyaddr(struct cli *cli)
{
    uint64_t bits;
    if (!option_need_number(cli, OPTION_MAXPHYADDR, &bits))
        return false;
    if (bits < KMS_X86_MAXPHYADDR_MIN || bits > KMS_X86_MAXPHYADDR_MAX)
        return option_bad_value(cli, OPTION_MAXPHYADDR, "is not between 32 and 52");
    cli->options.registers.maxphyaddr = (uint8_t)bits;
    return true;
}

struct mode_name {
    const char *name;
    enum kms_paging_mode mode;
};

static bool find_mode(const struct mode_name *modes, unsigned count, enum kms_paging_mode *mode)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(optarg, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return true;
        }
    }
    return false;
}

static bool set_mode(struct cli *cli)
{
    static const struct mode_name modes[] = {{"32bit", KMS_PAGING_32BIT},
                                             {"pae", KMS_PAGING_PAE},
                                             {"4level", KMS_PAGING_4LEVEL},
                                             {"5level", KMS_PAGING_5LEVEL}};
    struct cli_registers *registers = &cli->options.registers;
    registers->mode_given = find_mode(modes, sizeof modes / sizeof modes[0], &registers->mode);
    return registers->mode_given ||
           option_bad_value(cli, OPTION_MODE, "is none of 32bit, pae, 4level, 5level");
}

static bool parse_register(struct cli *cli, int code)
{
    cli->options.registers.x86_option = (unsigned)code;
    switch (code) {
    case OPTION_CR0: return set_register(cli, code, KMS_X86_CR0, UINT32_MAX);
    case OPTION_CR3: return set_cr3(cli);
    case OPTION_CR4: return set_register(cli, code, KMS_X86_CR4, UINT32_MAX);
    case OPTION_EFER: return set_register(cli, code, KMS_X86_EFER, UINT32_MAX);
    case OPTION_PKRU: return set_register(cli, code, KMS_X86_PKRU, UINT32_MAX);
    case OPTION_PKRS: return set_register(cli, code, KMS_X86_PKRS, UINT32_MAX);
    case OPTION_CPL: return set_register(cli, code, KMS_X86_CPL, 3);
    case OPTION_MAXPHYADDR: return set_maxphyaddr(cli);
    case OPTION_MODE: return set_mode(cli);
    default:
        cli->options.registers.given |= 1u << KMS_X86_EFLAGS_AC;
        cli->options.registers.value[KMS_X86_EFLAGS_AC] = 1;
        return true;
    }
}

/* ---- RISC-V ---- */

static bool set_arch(struct cli *cli)
{
    static const struct mode_name modes[] = {{"x86", KMS_PAGING_NONE},
                                             {"sv32", KMS_PAGING_SV32},
                                             {"sv39", KMS_PAGING_SV39},
                                             {"sv48", KMS_PAGING_SV48},
                                             {"sv57", KMS_PAGING_SV57}};
    struct cli_riscv *riscv = &cli->options.riscv;
    if (!find_mode(modes, sizeof modes / sizeof modes[0], &riscv->mode))
        return option_bad_value(cli, OPTION_ARCH, "is none of x86, sv32, sv39, sv48, sv57");
    riscv->given = riscv->mode != KMS_PAGING_NONE;
    return true;
}

static bool set_satp(struct cli *cli)
{
    struct cli_riscv *riscv = &cli->options.riscv;
    const unsigned most = cli->command == &cli_diff ? 2 : 1;
    if (riscv->satp_count == most)
        return option_bad_value(cli, OPTION_SATP, most == 1 ? "given twice" : "given more than twice");
    return option_need_number(cli, OPTION_SATP, &riscv->satp[riscv->satp_count++]);
}

static bool set_ram_base(struct cli *cli)
{
    cli->options.ram_base_given = true;
    if (cli_size(optarg, &cli->options.ram_base))
        return true;
    return option_bad_value(cli, OPTION_RAM_BASE, "is not an address (0x80000000, 2G)");
}

static bool parse_riscv(struct cli *cli, int code)
{
    if (code != OPTION_ARCH && code != OPTION_RAM_BASE)
        cli->options.registers.riscv_option = (unsigned)code;
    switch (code) {
    case OPTION_ARCH: return set_arch(cli);
    case OPTION_SATP: return set_satp(cli);
    case OPTION_SUM: return cli->options.riscv.sum = true;
    case OPTION_MXR: return cli->options.riscv.mxr = true;
    case OPTION_SVADE: return cli->options.riscv.svade = true;
    default: return set_ram_base(cli);
    }
}

bool option_parse_cpu(struct cli *cli, int code)
{
    return code >= OPTION_ARCH ? parse_riscv(cli, code) : parse_register(cli, code);
}

bool option_is_one_architecture(const struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    if (options->riscv.given && options->registers.x86_option) {
        cli_error(cli, "--%s is of x86, not of --arch %s", option_name((int)options->registers.x86_option),
                  kms_mode_name(options->riscv.mode));
        return false;
    }
    if (!options->riscv.given && options->registers.riscv_option) {
        cli_error(cli, "--%s needs --arch sv32, sv39, sv48 or sv57",
                  option_name((int)options->registers.riscv_option));
        return false;
    }
    return true;
}
