/* A page-fault error code in words, and with an image the entry at fault. */
#include "walk_view.h"

#include <inttypes.h>
#include <string.h>

static struct kms_access access_of(uint32_t code, kms_linear linear)
{
    return (struct kms_access){
        .linear = linear,
        .kind = code & KMS_PFERR_ID   ? KMS_FETCH
                : code & KMS_PFERR_WR ? KMS_WRITE
                                      : KMS_READ,
        .privilege = code & KMS_PFERR_US ? KMS_AS_USER : KMS_AS_SUPERVISOR,
    };
}

static bool have_address(const struct cli *cli)
{
    return cli->options.cr2_given || (cli->registers && cli->registers->have & (1u << KMS_X86_CR2));
}

static kms_linear address_of(const struct cli *cli)
{
    return cli->options.cr2_given ? cli->options.cr2 : cli->state.cr2;
}

/* What the tables say now, against what the CPU said then. */
static void print_agreement(const struct cli *cli, const struct walk_view *view, uint32_t code)
{
    if (view->result == KMS_FAULT && view->fault.error_code == code)
        fputs("the tables of the image give the same fault\n", cli->out);
    else if (view->result == KMS_FAULT)
        fprintf(cli->out,
                "the tables of the image now give error code 0x%" PRIx32 ": they, or the registers, are not "
                "those of the fault\n",
                view->fault.error_code);
    else if (view->result == KMS_DONE)
        fputs("the tables of the image now allow this access: the fault was handled, or the CPU used a stale "
              "TLB entry, "
              "or the registers are not those of the fault\n",
              cli->out);
}

static enum cli_exit show(struct cli *cli, uint32_t code, const struct walk_view *view)
{
    char words[CLI_TEXT], name[CLI_TEXT];
    const kms_linear address = have_address(cli) ? address_of(cli) : 0;
    kms_x86_code_words(code, words, sizeof words);
    if (cli->options.json) {
        json_t *json = json_pack("{si ss si ss so so}", "version", CLI_JSON_VERSION, "command", "fault",
                                 "error_code", (int)code, "words", words, "linear",
                                 have_address(cli) ? cli_json_address(address) : json_null(), "walk",
                                 view ? cli_view_json(cli, view) : json_null());
        json_dumpf(json, cli->out, JSON_ENSURE_ASCII);
        fputc('\n', cli->out);
        json_decref(json);
    } else {
        fprintf(cli->out, "error code 0x%" PRIx32 ": %s", code, words);
        if (have_address(cli))
            fprintf(cli->out, ", at 0x%08" PRIx64 "%s", address, cli_name(cli, address, name));
        fputc('\n', cli->out);
        if (view) {
            cli_view_print(cli, view);
            print_agreement(cli, view, code);
        }
    }
    return view && view->result != KMS_DONE ? CLI_FINDINGS : CLI_CLEAN;
}

static enum cli_exit fault(struct cli *cli)
{
    uint64_t code;
    if (cli->operand_count != 1 || !cli_number(cli->operands[0], &code) || code > UINT32_MAX) {
        cli_error(cli, "one error code is needed, such as 0x7 (see kmemsim fault --help)");
        return CLI_USAGE;
    }
    if (!cli->image)
        return show(cli, (uint32_t)code, NULL);
    if (!have_address(cli)) {
        cli_error(cli, "the image does not carry CR2: give --cr2");
        return CLI_USAGE;
    }
    const struct kms_access access = access_of((uint32_t)code, address_of(cli));
    struct walk_view view = cli_view(&cli->space, &access);
    return show(cli, (uint32_t)code, &view);
}

const struct cli_command cli_fault = {
    .name = "fault",
    .operands_words = "CODE [IMAGE]",
    .summary = "a page-fault error code in one sentence, and with an image the entry at fault",
    .help = "\nWith an image, exit status 1 if its tables still give a fault.\n"
            "  --cr2 ADDRESS         the address that faulted (the image's CR2)\n",
    .options = " cr2 ",
    .operands = CLI_OPERANDS_OWN,
    .image = CLI_IMAGE_OPTIONAL,
    .run = fault,
};
