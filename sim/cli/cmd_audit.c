#include "cli.h"

#include <inttypes.h>

#define SHOWN_OF_A_RULE 10u /* without --all */

struct auditing {
    struct cli *cli;
    uint64_t found[KMS_RULES];
    enum kms_severity worst;
    bool any;
};

static const char *entry_name(const struct cli *cli, const struct kms_finding *found)
{
    return kms_mode_entry_name((enum kms_paging_mode)cli->space.mode, found->level);
}

static void print_entry(const struct cli *cli, const struct kms_finding *found)
{
    if (found->level)
        fprintf(cli->out, " %s[%u] at 0x%08" PRIx64 " = 0x%" PRIx64, entry_name(cli, found), found->index,
                found->entry_addr, found->entry);
}

/* What a rule says beside its words. */
static void print_detail(const struct cli *cli, const struct kms_finding *found)
{
    FILE *out = cli->out;
    switch (found->rule) {
    case KMS_RULE_RESERVED:
        print_entry(cli, found);
        fprintf(out, ", bits 0x%" PRIx64, found->detail);
        break;
    case KMS_RULE_TABLE_OUTSIDE:
    case KMS_RULE_MISALIGNED:
    case KMS_RULE_TOO_DEEP:
    case KMS_RULE_LOOP:
    case KMS_RULE_RECURSIVE: print_entry(cli, found); break;
    case KMS_RULE_VIRTUAL:
        print_entry(cli, found);
        fprintf(out, ", physical would be 0x%08" PRIx64, found->detail);
        break;
    case KMS_RULE_ALIAS:
        fprintf(out, " -> 0x%08" PRIx64 " %s, but %s at 0x%0*" PRIx64, found->phys,
                kms_rights_words(found->rights), kms_rights_words(found->other_rights),
                cli_digits(&cli->space), found->detail);
        break;
    case KMS_RULE_NO_NX: fprintf(out, " %" PRIu64 " writable pages", found->count); break;
    default: fprintf(out, " -> 0x%08" PRIx64 " %s", found->phys, kms_rights_words(found->rights));
    }
}

static void print_finding(const struct cli *cli, const struct kms_finding *found)
{
    static const enum cli_color colors[] = {
        [KMS_NOTE] = CLI_DIM, [KMS_WARNING] = CLI_WARN, [KMS_ERROR] = CLI_BAD};
    const enum kms_severity severity = kms_rule_severity(found->rule);
    const int digits = cli_digits(&cli->space);
    char name[CLI_TEXT];
    fprintf(cli->out, "%s%-7s%s %-20s 0x%0*" PRIx64 "-0x%0*" PRIx64 "%s", cli_color(cli, colors[severity]),
            kms_severity_name(severity), cli_color(cli, CLI_PLAIN), kms_rule_id(found->rule), digits,
            found->first, digits, found->last, cli_name(cli, found->first, name));
    print_detail(cli, found);
    fputc('\n', cli->out);
}

static void finding_json(struct cli *cli, const struct kms_finding *found)
{
    json_t *item = json_pack("{ss ss ss so so so sI so}", "rule", kms_rule_id(found->rule), "severity",
                             kms_severity_name(kms_rule_severity(found->rule)), "words",
                             kms_rule_words(found->rule), "first", cli_json_address(found->first), "last",
                             cli_json_address(found->last), "physical", cli_json_address(found->phys),
                             "count", (json_int_t)found->count, "name", cli_json_name(cli, found->first));
    json_object_set_new(item, "rights", json_string(kms_rights_words(found->rights)));
    if (found->level) {
        json_object_set_new(item, "entry_name", json_string(entry_name(cli, found)));
        json_object_set_new(item, "index", json_integer(found->index));
        json_object_set_new(item, "entry_address", cli_json_address(found->entry_addr));
        json_object_set_new(item, "entry", cli_json_address(found->entry));
    }
    if (found->rule == KMS_RULE_ALIAS) {
        json_object_set_new(item, "other_linear", cli_json_address(found->detail));
        json_object_set_new(item, "other_rights", json_string(kms_rights_words(found->other_rights)));
    } else if (found->detail) {
        json_object_set_new(item, "detail", cli_json_address(found->detail));
    }
    cli_json_item(cli, item);
}

static bool report(void *context, const struct kms_finding *found)
{
    struct auditing *auditing = context;
    struct cli *cli = auditing->cli;
    const enum kms_severity severity = kms_rule_severity(found->rule);
    auditing->any = true;
    if (severity > auditing->worst)
        auditing->worst = severity;
    uint64_t number = auditing->found[found->rule]++;
    if (cli->options.json)
        finding_json(cli, found);
    else if (cli->options.all || number < SHOWN_OF_A_RULE)
        print_finding(cli, found);
    return true;
}

static void print_summary(const struct auditing *auditing, const struct kms_audit_result *result)
{
    const struct cli *cli = auditing->cli;
    for (unsigned rule = 0; rule < KMS_RULES; rule++) {
        if (!auditing->found[rule])
            continue;
        fprintf(cli->out, "%6" PRIu64 " x %s: %s", auditing->found[rule], kms_rule_id((enum kms_rule)rule),
                kms_rule_words((enum kms_rule)rule));
        if (!cli->options.all && auditing->found[rule] > SHOWN_OF_A_RULE)
            fprintf(cli->out, " (the first %u shown; --all shows all)", SHOWN_OF_A_RULE);
        fputc('\n', cli->out);
    }
    fprintf(cli->out, "%" PRIu64 " pages in %" PRIu64 " tables: %s\n", result->pages, result->tables,
            !auditing->any                   ? "nothing found"
            : auditing->worst == KMS_NOTE    ? "notes only"
            : auditing->worst == KMS_WARNING ? "warnings"
                                             : "errors");
}

/* Where the kernel's addresses begin: as given, where the symbols' file is loaded, or where it is customary. */
static kms_linear kernel_base(const struct cli *cli)
{
    kms_linear first, last;
    if (cli->options.kernel_base_given)
        return cli->options.kernel_base;
    if (cli->symbols && kms_symbols_extent(cli->symbols, &first, &last) && first >= UINT64_C(0x80000000))
        return first;
    if (cli->space.mode == KMS_PAGING_SV32)
        return UINT64_MAX; /* nothing is customary there */
    return cli->space.sign_extended ? kms_space_linear(&cli->space, UINT64_C(1) << (cli->space.width - 1))
                                    : UINT64_C(0xc0000000);
}

static enum cli_exit audit(struct cli *cli)
{
    struct auditing auditing = {.cli = cli};
    const struct kms_audit_options options = {.kernel_base = kernel_base(cli), .limit = cli->options.limit};
    struct kms_audit_result result;
    if (cli->space.mode == KMS_PAGING_NONE) {
        cli_error(cli, "paging is off: there are no tables to look at");
        return CLI_USAGE;
    }
    if (cli->options.json)
        cli_json_begin(cli, "findings");
    enum kms_status status = kms_audit(&cli->space, &options, report, &auditing, &result);
    if (cli->options.json)
        cli_json_end(cli, json_pack("{sI sI sb}", "pages", (json_int_t)result.pages, "tables",
                                    (json_int_t)result.tables, "complete", !result.cut && status == KMS_OK));
    else
        print_summary(&auditing, &result);
    if (status != KMS_OK) {
        cli_error(cli, "%s", kms_status_words(status));
        return CLI_USAGE;
    }
    if (result.cut)
        cli_note(cli,
                 "not everything was looked at: more pages, holes or runs than the limit allows (--limit)");
    return auditing.worst > KMS_NOTE || result.cut ? CLI_FINDINGS : CLI_CLEAN;
}

const struct cli_command cli_audit = {
    .name = "audit",
    .operands_words = "[IMAGE]",
    .summary = "what is wrong or dangerous in these tables",
    .help = "\nNotes do not count; warnings and errors make the exit status 1.\n"
            "  --kernel-base ADDR    addresses from here up are the kernel's (upper half, 0xc0000000 in "
            "32-bit modes, or\n"
            "                        where the file of --symbols begins)\n"
            "  --limit STEPS         stop after so many pages and holes (33554432), exit status 1\n"
            "  --all                 every finding, not the first ten of each rule\n",
    .options = " kernel-base limit all ",
    .operands = CLI_OPERANDS_NONE,
    .image = CLI_IMAGE_NEEDED,
    .run = audit,
};
