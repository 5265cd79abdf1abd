#include "walk_view.h"

#include <inttypes.h>

/* Outside IA-32e mode linear addresses wrap. */
static void note_width(const struct cli *cli, kms_linear linear)
{
    if (!cli->space.sign_extended && kms_space_offset(&cli->space, linear) != linear)
        cli_note(cli,
                 "0x%" PRIx64
                 " is wider than the %u bits of linear addresses in this mode: the upper ones are ignored",
                 linear, cli->space.width);
}

static enum cli_exit walk(struct cli *cli)
{
    enum cli_exit status = CLI_CLEAN;
    struct kms_access access = cli->options.access;
    for (int i = 0; i < cli->operand_count; i++) {
        if (!cli_address(cli, cli->operands[i], &access.linear)) {
            cli_error(cli, "%s: is neither an address nor a symbol", cli->operands[i]);
            return CLI_USAGE;
        }
    }
    if (cli->options.json)
        cli_json_begin(cli, "walks");
    for (int i = 0; i < cli->operand_count; i++) {
        cli_address(cli, cli->operands[i], &access.linear);
        note_width(cli, access.linear);
        struct walk_view view = cli_view(&cli->space, &access);
        if (view.result != KMS_DONE)
            status = CLI_FINDINGS;
        if (cli->options.json)
            cli_json_item(cli, cli_view_json(cli, &view));
        else
            cli_view_print(cli, &view);
    }
    if (cli->options.json)
        cli_json_end(cli, NULL);
    return status;
}

const struct cli_command cli_walk = {
    .name = "walk",
    .operands_words = "ADDRESS... [IMAGE]",
    .summary = "every level of an address's walk, the rights left, and the verdict on an access",
    .help = "\nExit status 1 if the access faults.\n"
            "  --write, --fetch      the access to judge (a read)\n"
            "  --user                by user code (else as --cpl says, which is 0)\n"
            "  --implicit            by the CPU itself, to a descriptor table or TSS\n",
    .options = " write fetch user implicit ",
    .operands = CLI_OPERANDS_ADDRESSES,
    .image = CLI_IMAGE_NEEDED,
    .run = walk,
};
