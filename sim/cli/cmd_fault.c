/* A page-fault error code in words, and with an image the entry at fault. */
#include "walk_view.h"

#include <inttypes.h>
#include <string.h>

/* The access that gives this exception on RISC-V, in S-mode or as --user says. */
static bool riscv_access(const struct cli *cli, uint64_t cause, struct kms_access *access)
{
    static const struct {
        uint32_t cause;
        enum kms_access_kind kind;
    } causes[] = {
        {KMS_CAUSE_FETCH_ACCESS, KMS_FETCH}, {KMS_CAUSE_LOAD_MISALIGNED, KMS_READ},
        {KMS_CAUSE_LOAD_ACCESS, KMS_READ},   {KMS_CAUSE_STORE_MISALIGNED, KMS_WRITE},
        {KMS_CAUSE_STORE_ACCESS, KMS_WRITE}, {KMS_CAUSE_FETCH_PAGE, KMS_FETCH},
        {KMS_CAUSE_LOAD_PAGE, KMS_READ},     {KMS_CAUSE_STORE_PAGE, KMS_WRITE},
    };
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].cause == cause) {
            *access = (struct kms_access){cli->options.cr2, causes[i].kind, cli->options.access.privilege};
            return true;
        }
    }
    return false;
}

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

static void riscv_agreement(const struct cli *cli, const struct walk_view *view, uint64_t cause)
{
    if (view->result == KMS_FAULT && view->fault.vector == cause)
        fputs("the tables of the image give the same fault\n", cli->out);
    else if (view->result == KMS_FAULT)
        fprintf(cli->out,
                "the tables of the image now give cause %" PRIu32
                ": they, or satp, are not those of the fault\n",
                view->fault.vector);
    else
        fputs("the tables of the image now allow this access: the fault was handled, or the hart used a "
              "stale TLB "
              "entry, or nothing answers at the physical address, or satp is not that of the fault\n",
              cli->out);
}

static void riscv_json(const struct cli *cli, const struct kms_fault *fault, const char *words,
                       const struct walk_view *view)
{
    json_t *json = json_pack("{si ss si ss so so}", "version", CLI_JSON_VERSION, "command", "fault", "cause",
                             (int)fault->vector, "words", words, "linear",
                             have_address(cli) ? cli_json_address(fault->address) : json_null(), "walk",
                             view ? cli_view_json(cli, view) : json_null());
    json_dumpf(json, cli->out, JSON_ENSURE_ASCII);
    fputc('\n', cli->out);
    json_decref(json);
}

static enum cli_exit riscv_show(struct cli *cli, const struct kms_fault *fault, const struct walk_view *view)
{
    char words[CLI_TEXT], name[CLI_TEXT];
    kms_riscv_fault_words(fault, words, sizeof words);
    char *at = strstr(words, " at ");
    if (at)
        *at = '\0';
    if (cli->options.json) {
        riscv_json(cli, fault, words, view);
    } else {
        fprintf(cli->out, "cause %" PRIu32 ": %s", fault->vector, words);
        if (have_address(cli))
            fprintf(cli->out, ", at 0x%08" PRIx64 "%s", fault->address, cli_name(cli, fault->address, name));
        fputc('\n', cli->out);
        if (view) {
            cli_view_print(cli, view);
            riscv_agreement(cli, view, fault->vector);
        }
    }
    return view && view->result != KMS_DONE ? CLI_FINDINGS : CLI_CLEAN;
}

static enum cli_exit riscv_fault(struct cli *cli)
{
    uint64_t cause;
    struct kms_access access;
    if (cli->operand_count != 1 || !cli_number(cli->operands[0], &cause) ||
        !riscv_access(cli, cause, &access)) {
        cli_error(cli, "one cause of a memory access is needed: 1, 4, 5, 6, 7, 12, 13 or 15");
        return CLI_USAGE;
    }
    const struct kms_fault fault = {(uint32_t)cause, 0, access.linear};
    if (!cli->image)
        return riscv_show(cli, &fault, NULL);
    if (!have_address(cli)) {
        cli_error(cli, "the image does not carry stval: give --stval");
        return CLI_USAGE;
    }
    const struct walk_view view = cli_view(&cli->space, &access);
    return riscv_show(cli, &fault, &view);
}

static enum cli_exit fault(struct cli *cli)
{
    uint64_t code;
    if (cli->options.riscv.given)
        return riscv_fault(cli);
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
            "  --cr2 ADDRESS         the address that faulted (the image's CR2)\n"
            "  --stval ADDRESS       the same on RISC-V, where CODE is the cause\n"
            "  --user                on RISC-V: an access of user code\n",
    .options = " cr2 stval user ",
    .operands = CLI_OPERANDS_OWN,
    .image = CLI_IMAGE_OPTIONAL,
    .run = fault,
};
