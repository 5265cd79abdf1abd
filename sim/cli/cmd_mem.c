/* What QEMU's "info mem" says, to the letter: runs of pages with the same rights over all levels. */
#include "listing.h"

#include <inttypes.h>

static void print_run(struct cli *cli, const struct kms_run *run)
{
    const struct kms_space *space = &cli->space;
    const kms_linear first = kms_space_linear(space, run->offset);
    char name[CLI_TEXT];
    /* QEMU extends the sign of the end and of the size, too. */
    fprintf(cli->out, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c%s\n", first,
            kms_space_linear(space, run->offset + run->size), kms_space_linear(space, run->size),
            run->rights & KMS_RIGHT_USER ? 'u' : '-', run->rights & KMS_RIGHT_WRITE ? 'w' : '-',
            cli_name(cli, first, name));
}

static void run_json(struct cli *cli, const struct kms_run *run)
{
    const kms_linear first = kms_space_linear(&cli->space, run->offset);
    cli_json_item(cli, json_pack("{so so sI sb sb so}", "first", cli_json_address(first), "last",
                                 cli_json_address(kms_space_linear(&cli->space, run->offset + run->size - 1)),
                                 "size", (json_int_t)run->size, "user", (run->rights & KMS_RIGHT_USER) != 0,
                                 "write", (run->rights & KMS_RIGHT_WRITE) != 0, "name",
                                 cli_json_name(cli, first)));
}

static void show(struct cli *cli, const struct kms_run *run)
{
    if (cli->options.json)
        run_json(cli, run);
    else
        print_run(cli, run);
}

static enum cli_exit mem(struct cli *cli)
{
    if (cli->space.arch != KMS_ARCH_X86)
        return cli_mem_riscv(cli);
    if (cli_paging_off(cli))
        return CLI_CLEAN;
    struct kms_scan scan = cli_scan(cli);
    struct kms_fold fold = {.space = &cli->space, .rights = KMS_RIGHT_USER | KMS_RIGHT_WRITE};
    struct kms_run run;
    if (cli->options.json)
        cli_json_begin(cli, "ranges");
    while (kms_scan_next(&scan)) {
        if (kms_fold_add(&fold, &scan, &run))
            show(cli, &run);
    }
    if (kms_fold_end(&fold, &run))
        show(cli, &run);
    if (cli->options.json)
        cli_json_end(cli, json_pack("{sb sb}", "paging", 1, "complete", !scan.cut));
    return cli_listed(cli, &scan);
}

const struct cli_command cli_mem = {
    .name = "mem",
    .operands_words = "[IMAGE]",
    .summary = "mapped ranges with the rights left over all levels (QEMU's info mem)",
    .help = "\nFirst address, end, size, and rights: u user, r read, w write. On RISC-V address, frame, size "
            "and the "
            "entry's flags\n"
            "rwxugad; --range does not apply there.\n" CLI_LISTING_HELP,
    .options = CLI_LISTING_OPTIONS,
    .operands = CLI_OPERANDS_NONE,
    .image = CLI_IMAGE_NEEDED,
    .run = mem,
};
