/* What QEMU's gva2gpa says, to the letter. */
#include "segment_view.h"

#include <inttypes.h>

static bool translate_one(struct cli *cli, kms_linear linear)
{
    struct kms_walk walk;
    kms_space_walk(&cli->space, linear, &walk);
    bool mapped = walk.verdict == KMS_MAPPED;
    if (cli->options.json)
        cli_json_item(cli, json_pack("{so so so}", "linear", cli_json_address(linear), "name",
                                     cli_json_name(cli, linear), "physical",
                                     mapped ? cli_json_address(walk.phys) : json_null()));
    else if (mapped)
        fprintf(cli->out, "gpa: %#" PRIx64 "\n", walk.phys);
    else
        fputs("Unmapped\n", cli->out);
    return mapped;
}

/* The segment's fault, or what the linear address comes to. */
static bool translate_segment(struct cli *cli, const struct segment_view *segment)
{
    if (segment->stage == SEGMENT_FINE)
        return translate_one(cli, segment->linear);
    if (cli->options.json)
        cli_json_item(cli, json_pack("{so}", "segment", cli_segment_json(segment)));
    else
        cli_segment_print(cli, segment);
    return false;
}

static enum cli_exit translate(struct cli *cli)
{
    bool all = true;
    kms_linear linear;
    struct segment_view segment = {.stage = SEGMENT_FINE};
    if (cli->options.segment.given && cli->operand_count) {
        cli_error(cli, "%s: --segment has the address already", cli->operands[0]);
        return CLI_USAGE;
    }
    if (cli->options.segment.given && !cli_segment(cli, &segment))
        return CLI_USAGE;
    for (int i = 0; i < cli->operand_count; i++) {
        if (!cli_address(cli, cli->operands[i], &linear)) {
            cli_error(cli, "%s: is neither an address nor a symbol", cli->operands[i]);
            return CLI_USAGE;
        }
    }
    if (cli->options.json)
        cli_json_begin(cli, "translations");
    if (cli->options.segment.given)
        all = translate_segment(cli, &segment);
    for (int i = 0; i < cli->operand_count; i++) {
        cli_address(cli, cli->operands[i], &linear);
        all = translate_one(cli, linear) && all;
    }
    if (cli->options.json)
        cli_json_end(cli, NULL);
    return all ? CLI_CLEAN : CLI_FINDINGS;
}

const struct cli_command cli_translate = {
    .name = "translate",
    .operands_words = "ADDRESS... [IMAGE]",
    .summary = "the physical address of a linear one, whatever the rights (QEMU's gva2gpa)",
    .help =
        "\nPrints \"gpa: 0x...\" or \"Unmapped\" for each address; exit status 1 if one is unmapped.\n"
        "  --segment SEL:OFFSET  instead of ADDRESS, a logical address of x86; --gdt, --ldt as for walk\n",
    .options = " segment gdt ldt ",
    .operands = CLI_OPERANDS_ADDRESSES,
    .image = CLI_IMAGE_NEEDED,
    .run = translate,
};
