#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef KMEMSIM_VERSION
#error "the build defines KMEMSIM_VERSION"
#endif

const struct cli_command *const cli_commands[] = {
    &cli_walk, &cli_translate, &cli_tlb, &cli_mem, &cli_map, &cli_diff, &cli_fault, &cli_audit, &cli_explain,
};
const unsigned cli_command_count = sizeof cli_commands / sizeof cli_commands[0];

static bool wants_color(FILE *out)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if ((none && none[0]) || (terminal && strcmp(terminal, "dumb") == 0))
        return false;
    int fd = fileno(out);
    return fd >= 0 && isatty(fd);
}

static const struct cli_command *find_command(const char *name)
{
    for (unsigned i = 0; i < cli_command_count; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    }
    return NULL;
}

static void print_commands(FILE *out)
{
    fputs("kmemsim answers questions about the page tables in a memory image.\n\n"
          "usage: kmemsim COMMAND [OPTIONS] [IMAGE]\n\n",
          out);
    for (unsigned i = 0; i < cli_command_count; i++)
        fprintf(out, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs("\nand about kernels:\n\n"
          "  run        boot a kernel, run a file of operations on it and tell what happened\n"
          "  kernels    list the kernels that there are\n"
          "  record     run a program and write its allocations as such a file\n"
          "\nAn image is a raw file (--image FILE[@BASE], several times) or an ELF core (--core FILE), also "
          "packed by\n"
          "zstd. kmemsim COMMAND --help lists what a command takes; kmemsim --version prints the version.\n"
          "Exit status: 0 clean, 1 a fault, difference or finding, 2 usage or input that cannot be used.\n",
          out);
}

void cli_help(const struct cli *cli)
{
    const struct cli_command *command = cli->command;
    fprintf(cli->out, "usage: kmemsim %s%s%s [OPTIONS]\n\n%s\n%s", command->name,
            command->operands_words[0] ? " " : "", command->operands_words, command->summary, command->help);
    fputs("\nThe image:\n"
          "  --image FILE[@BASE]   a raw file, at physical address BASE (0); may be repeated\n"
          "  --low-ram SIZE        the raw file is a machine's RAM: SIZE bytes at 0, the rest from 4 GiB on\n"
          "  --core FILE           an ELF core: QEMU's dump-guest-memory, or a crashed Linux kernel's\n"
          "  --cpu N               whose registers to take from the core (0)\n"
          "  --symbols FILE        names from an ELF file\n"
          "Registers, where the image has none or to override them:\n"
          "  --cr0 --cr3 --cr4 --efer --pkru --pkrs --cpl VALUE, --ac, --maxphyaddr BITS (52)\n"
          "  --mode 32bit|pae|4level|5level   sets CR4 and EFER accordingly\n"
          "RISC-V:\n"
          "  --arch sv32|sv39|sv48|sv57 --satp VALUE, --sum, --mxr, --svade (a clear A or D faults)\n"
          "  --ram-base ADDRESS    where a raw file without @BASE begins (0x80000000; x86: 0)\n"
          "  --json                for programs\n",
          cli->out);
}

static enum cli_exit run_command(struct cli *cli, int argc, char **argv)
{
    if (!cli_parse(cli, argc, argv))
        return CLI_USAGE;
    if (cli->options.help) {
        cli_help(cli);
        return CLI_CLEAN;
    }
    return cli_load(cli) ? cli->command->run(cli) : CLI_USAGE;
}

/* Output that could not be written, to a full disk say, is no success. */
static enum cli_exit finish(const struct cli *cli, enum cli_exit status)
{
    if (fflush(cli->out) == 0 && !ferror(cli->out))
        return status;
    cli_error(cli, "the output could not be written");
    return CLI_USAGE;
}

enum cli_exit cli_run(int argc, char **argv, FILE *out, FILE *err)
{
    struct cli cli = {.out = out, .err = err, .color = wants_color(out)};
    const char *first = argc > 1 ? argv[1] : "";
    if (argc < 2) {
        print_commands(err);
        return CLI_USAGE;
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        print_commands(out);
        return finish(&cli, CLI_CLEAN);
    }
    if (strcmp(first, "--version") == 0) {
        fprintf(out, "kmemsim %s\n", KMEMSIM_VERSION);
        return finish(&cli, CLI_CLEAN);
    }
    cli.command = find_command(first);
    if (!cli.command) {
        cli_error(&cli, "%s: no such command (see kmemsim --help)", first);
        return CLI_USAGE;
    }
    enum cli_exit status = run_command(&cli, argc - 1, argv + 1);
    status = finish(&cli, status);
    cli_unload(&cli);
    return status;
}
