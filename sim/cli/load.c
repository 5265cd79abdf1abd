/* From options to an address space: files, registers, and what is assumed where nothing is given. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#define GIVEN(reg) (1u << KMS_X86_##reg)

/* ---- files ---- */

static bool failed(const struct cli *cli, const struct kms_image_error *error)
{
    cli_error(cli, "%s", error->text);
    return false;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* Whether the last operand can be the image: where addresses are expected, only if it is a file and no number. */
static bool is_positional_image(const struct cli *cli)
{
    uint64_t number;
    const int count = cli->operand_count;
    switch (cli->command->operands) {
    case CLI_OPERANDS_NONE: return count == 1;
    case CLI_OPERANDS_OWN: return count == 2;
    case CLI_OPERANDS_ADDRESSES: break;
    }
    return count > 0 && !cli_number(cli->operands[count - 1], &number) && is_file(cli->operands[count - 1]);
}

/* A lone operand that is a file, where no image was named, is the image. */
static void take_positional_image(struct cli *cli)
{
    struct cli_options *options = &cli->options;
    if (options->image_count || options->core || !is_positional_image(cli))
        return;
    options->images[options->image_count++] = (struct cli_file){.path = cli->operands[--cli->operand_count]};
}

/* Where a raw file begins: as given, or where the architecture's RAM customarily does. */
static kms_phys base_of(const struct cli *cli, const struct cli_file *file)
{
    if (file->based)
        return file->base;
    if (cli->options.ram_base_given)
        return cli->options.ram_base;
    return cli->options.riscv.given ? KMS_RISCV_RAM_BASE : 0;
}

static bool add_file(struct cli *cli, const struct cli_file *file)
{
    struct kms_image_error error;
    bool added;
    if (file->base == 0 && kms_image_is_core(file->path))
        added = kms_image_add_core(cli->image, file->path, &error);
    else if (cli->options.low_ram)
        added = kms_image_add_split(cli->image, file->path, cli->options.low_ram, &error);
    else
        added = kms_image_add_raw(cli->image, file->path, base_of(cli, file), &error);
    if (added)
        return true;
    return failed(cli, &error);
}

static bool open_image(struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    struct kms_image_error error;
    if (!options->image_count && !options->core)
        return true;
    cli->image = kms_image_new();
    if (!cli->image) {
        cli_error(cli, "no memory");
        return false;
    }
    for (unsigned i = 0; i < options->image_count; i++) {
        if (!add_file(cli, &options->images[i]))
            return false;
    }
    if (!options->core || kms_image_add_core(cli->image, options->core, &error))
        return true;
    return failed(cli, &error);
}

static bool open_symbols(struct cli *cli)
{
    struct kms_image_error error;
    if (!cli->options.symbols)
        return true;
    cli->symbols = kms_symbols_open(cli->options.symbols, &error);
    if (cli->symbols)
        return true;
    return failed(cli, &error);
}

/* ---- registers ---- */

static bool take_image_registers(struct cli *cli, unsigned *known)
{
    unsigned cpus = kms_image_cpus(cli->image);
    cli->registers = kms_image_registers(cli->image, cli->options.cpu);
    if (!cli->registers && (cpus || cli->options.cpu)) {
        cli_error(cli, "--cpu %u: the image has registers of %u CPUs", cli->options.cpu, cpus);
        return false;
    }
    if (!cli->registers)
        return true;
    *known |= cli->registers->have;
    cli->state.cr0 = cli->registers->cr0;
    cli->state.cr2 = cli->registers->cr2;
    cli->state.cr3 = cli->registers->cr3;
    cli->state.cr4 = cli->registers->cr4;
    cli->state.efer = cli->registers->efer;
    return true;
}

static void take_given_registers(struct cli *cli)
{
    const struct cli_registers *given = &cli->options.registers;
    struct kms_x86_state *state = &cli->state;
    if (given->given & GIVEN(CR0))
        state->cr0 = given->value[KMS_X86_CR0];
    if (given->given & GIVEN(CR3))
        state->cr3 = given->value[KMS_X86_CR3];
    if (given->given & GIVEN(CR4))
        state->cr4 = given->value[KMS_X86_CR4];
    if (given->given & GIVEN(EFER))
        state->efer = given->value[KMS_X86_EFER];
    state->pkru = (uint32_t)given->value[KMS_X86_PKRU];
    state->pkrs = (uint32_t)given->value[KMS_X86_PKRS];
    state->cpl = (uint8_t)given->value[KMS_X86_CPL];
    state->ac = given->value[KMS_X86_EFLAGS_AC] != 0;
}

static void assume_paging_on(struct cli *cli, unsigned known)
{
    if (cli->options.registers.given & GIVEN(CR0) || cli->state.cr0 & KMS_CR0_PG)
        return;
    if (known & GIVEN(CR0))
        cli_note(cli, "paging was off when the image was taken; shown as if it were on with this CR3");
    cli->state.cr0 |= KMS_CR0_PG | KMS_CR0_WP | KMS_CR0_PE;
}

/* CR4 and EFER of a mode, leaving alone what was given. */
static void assume_mode(struct cli *cli, enum kms_paging_mode mode)
{
    const struct cli_registers *given = &cli->options.registers;
    const bool pae = mode != KMS_PAGING_32BIT, is_long = mode >= KMS_PAGING_4LEVEL;
    if (!(given->given & GIVEN(CR4)))
        cli->state.cr4 = (cli->state.cr4 & ~(KMS_CR4_PAE | KMS_CR4_LA57)) | KMS_CR4_PSE | KMS_CR4_PGE |
                         (pae ? KMS_CR4_PAE : 0) | (mode == KMS_PAGING_5LEVEL ? KMS_CR4_LA57 : 0);
    if (!(given->given & GIVEN(EFER)))
        cli->state.efer = (pae ? KMS_EFER_NXE : 0) | (is_long ? KMS_EFER_LME | KMS_EFER_LMA : 0);
}

/* What a CR4 or an EFER alone says about the mode. */
static enum kms_paging_mode mode_from(const struct kms_x86_state *state)
{
    if (state->cr4 & KMS_CR4_LA57)
        return KMS_PAGING_5LEVEL;
    if (state->efer & (KMS_EFER_LME | KMS_EFER_LMA))
        return KMS_PAGING_4LEVEL;
    return state->cr4 & KMS_CR4_PAE ? KMS_PAGING_PAE : KMS_PAGING_32BIT;
}

static void note_assumption(const struct cli *cli)
{
    enum kms_paging_mode mode = kms_x86_paging_mode(&cli->state);
    cli_note(cli,
             "assuming %s%s: CR0 0x%" PRIx64 ", CR4 0x%" PRIx64 ", EFER 0x%" PRIx64
             " (--mode 32bit|pae|4level|5level or --cr0, --cr4, --efer say otherwise)",
             kms_mode_name(mode), mode == KMS_PAGING_NONE ? "" : " paging", cli->state.cr0, cli->state.cr4,
             cli->state.efer);
}

static void assume_the_rest(struct cli *cli, unsigned known)
{
    const struct cli_registers *given = &cli->options.registers;
    known |= given->given;
    if (given->mode_given) {
        assume_mode(cli, given->mode);
    } else if ((known & (GIVEN(CR4) | GIVEN(EFER))) != (GIVEN(CR4) | GIVEN(EFER))) {
        bool from_image = cli->registers && !(given->given & (GIVEN(CR4) | GIVEN(EFER)));
        if (!from_image) {
            assume_mode(cli, mode_from(&cli->state));
            note_assumption(cli);
        }
    }
    if ((cli->state.efer & KMS_EFER_LME) && (cli->state.cr0 & KMS_CR0_PG))
        cli->state.efer |= KMS_EFER_LMA;
}

bool cli_check_top_table(const struct cli *cli, const struct kms_space *space, const char *name,
                         uint64_t value)
{
    uint64_t unused;
    if (space->mode == KMS_PAGING_NONE || kms_phys_load(space->ram, space->table, 4, &unused) == KMS_DONE)
        return true;
    struct kms_lookalike like = kms_space_lookalike(space, space->table);
    if (like.found)
        cli_error(cli,
                  "%s 0x%" PRIx64 " points outside the image; it looks like a linear address: the physical "
                  "one would be 0x%" PRIx64,
                  name, value, like.meant);
    else
        cli_error(cli, "%s 0x%" PRIx64 " points outside the image (which ends at 0x%" PRIx64 ")", name, value,
                  kms_ram_end(space->ram));
    return false;
}

static bool check_cr3(const struct cli *cli, const struct kms_space *space)
{
    return cli_check_top_table(cli, space, "CR3", ((const struct kms_x86_state *)space->registers)->cr3);
}

bool cli_settle_space(struct cli *cli)
{
    const struct kms_ram *ram = kms_image_ram(cli->image);
    cli->space = kms_x86_space(&cli->state, ram);
    if (!check_cr3(cli, &cli->space))
        return false;
    return kms_x86_load_pdptes(&cli->state, ram); /* the four lie in one page */
}

static bool settle_registers(struct cli *cli)
{
    const struct cli_registers *given = &cli->options.registers;
    unsigned known = 0;
    cli->state.features = KMS_X86_MODEL_MAX;
    cli->state.maxphyaddr = given->maxphyaddr ? given->maxphyaddr : KMS_X86_MAXPHYADDR_MAX;
    if (!take_image_registers(cli, &known))
        return false;
    take_given_registers(cli);
    if (!((known | given->given) & GIVEN(CR3))) {
        cli_error(
            cli,
            "the image carries no registers: give --cr3 (\"info registers\" in QEMU's monitor prints it)");
        return false;
    }
    if (given->given & GIVEN(CR3))
        assume_paging_on(cli, known);
    assume_the_rest(cli, known);
    return cli_settle_space(cli);
}

bool cli_other_cr3(struct cli *cli, uint64_t cr3, struct kms_x86_state *state)
{
    *state = cli->state;
    state->cr3 = cr3;
    struct kms_space space = kms_x86_space(state, kms_image_ram(cli->image));
    if (!check_cr3(cli, &space))
        return false;
    return kms_x86_load_pdptes(state, space.ram);
}

/* A core says what machine it is of. */
static bool is_image_of_architecture(const struct cli *cli)
{
    static const char *const names[] = {"x86", "RV32", "RV64"};
    const struct cli_riscv *riscv = &cli->options.riscv;
    const enum kms_arch asked = !riscv->given                    ? KMS_ARCH_X86
                                : riscv->mode == KMS_PAGING_SV32 ? KMS_ARCH_RV32
                                                                 : KMS_ARCH_RV64;
    enum kms_arch arch;
    if (!kms_image_arch(cli->image, &arch) || arch == asked)
        return true;
    if (arch == KMS_ARCH_X86 || riscv->given)
        cli_error(cli, "the core is of an %s machine, which has no %s", names[arch],
                  kms_mode_name(riscv->mode));
    else
        cli_error(cli, "the core is of an %s machine: give --arch %s and --satp", names[arch],
                  arch == KMS_ARCH_RV32 ? "sv32" : "sv39, sv48 or sv57");
    return false;
}

bool cli_load(struct cli *cli)
{
    const struct cli_command *command = cli->command;
    take_positional_image(cli);
    if (!open_symbols(cli) || !open_image(cli))
        return false;
    if (command->operands == CLI_OPERANDS_NONE && cli->operand_count) {
        cli_error(cli, "%s: not understood (see kmemsim %s --help)", cli->operands[0], command->name);
        return false;
    }
    if (command->operands == CLI_OPERANDS_ADDRESSES && cli->operand_count == 0 &&
        !cli->options.segment.given) {
        cli_error(cli, "an address is missing (see kmemsim %s --help)", command->name);
        return false;
    }
    if (!cli->image && command->image == CLI_IMAGE_NEEDED) {
        cli_error(cli, "no image: give --image FILE[@BASE] or --core FILE");
        return false;
    }
    if (!cli->image || command->image == CLI_IMAGE_WITHOUT_REGISTERS)
        return true;
    return is_image_of_architecture(cli) &&
           (cli->options.riscv.given ? cli_settle_riscv(cli) : settle_registers(cli));
}

void cli_unload(struct cli *cli)
{
    kms_symbols_free(cli->symbols);
    kms_image_free(cli->image);
}
