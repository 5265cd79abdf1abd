#include "segment_view.h"
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

static enum cli_exit show(struct cli *cli, const struct kms_access *access,
                          const struct segment_view *segment)
{
    struct walk_view view = cli_view(&cli->space, access);
    if (cli->options.json) {
        json_t *item = cli_view_json(cli, &view);
        if (segment)
            json_object_set_new(item, "segment", cli_segment_json(segment));
        cli_json_item(cli, item);
    } else {
        cli_view_print(cli, &view);
    }
    return view.result == KMS_DONE ? CLI_CLEAN : CLI_FINDINGS;
}

/* The logical address: its segment, and if that allows the access the walk of the linear one. */
static enum cli_exit show_segment(struct cli *cli, const struct segment_view *segment)
{
    struct kms_access access = cli->options.access;
    access.linear = segment->linear;
    if (!cli->options.json)
        cli_segment_print(cli, segment);
    if (segment->stage == SEGMENT_FINE)
        return show(cli, &access, segment);
    if (cli->options.json)
        cli_json_item(cli, json_pack("{so}", "segment", cli_segment_json(segment)));
    return CLI_FINDINGS;
}

static enum cli_exit walk_segment(struct cli *cli)
{
    struct segment_view segment;
    if (cli->operand_count) {
        cli_error(cli, "%s: --segment has the address already", cli->operands[0]);
        return CLI_USAGE;
    }
    if (!cli_segment(cli, &segment))
        return CLI_USAGE;
    if (cli->options.json)
        cli_json_begin(cli, "walks");
    enum cli_exit status = show_segment(cli, &segment);
    if (cli->options.json)
        cli_json_end(cli, NULL);
    return status;
}

static enum cli_exit walk(struct cli *cli)
{
    enum cli_exit status = CLI_CLEAN;
    struct kms_access access = cli->options.access;
    if (cli->options.segment.given)
        return walk_segment(cli);
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
        if (show(cli, &access, NULL) != CLI_CLEAN)
            status = CLI_FINDINGS;
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
            "  --implicit            by the CPU itself, to a descriptor table or TSS\n"
            "  --segment SEL:OFFSET  instead of ADDRESS, a logical address of x86: its descriptor first\n"
            "  --gdt BASE,LIMIT      where that is (a QEMU core says it), and --ldt BASE,LIMIT\n",
    .options = " write fetch user implicit segment gdt ldt ",
    .operands = CLI_OPERANDS_ADDRESSES,
    .image = CLI_IMAGE_NEEDED,
    .run = walk,
};
