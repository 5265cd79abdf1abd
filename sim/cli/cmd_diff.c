#include "listing.h"

#include <inttypes.h>

struct totals {
    struct cli *cli;
    bool differs;
    uint64_t equal_pages;
};

static bool is_difference(enum kms_diff_kind kind)
{
    return kind != KMS_DIFF_SHARED && kind != KMS_DIFF_EQUAL && kind != KMS_DIFF_SELF;
}

static const char *kind_id(enum kms_diff_kind kind)
{
    static const char *const ids[] = {
        [KMS_DIFF_ONLY_A] = "only-a",        [KMS_DIFF_ONLY_B] = "only-b", [KMS_DIFF_FRAME] = "frame",
        [KMS_DIFF_RIGHTS] = "rights",        [KMS_DIFF_SHARED] = "shared", [KMS_DIFF_EQUAL] = "equal",
        [KMS_DIFF_SELF] = "recursive-window"};
    return ids[kind];
}

static void print_what(const struct cli *cli, const struct kms_difference *found)
{
    const char *a = kms_rights_words(found->rights_a), *b = kms_rights_words(found->rights_b);
    FILE *out = cli->out;
    switch (found->kind) {
    case KMS_DIFF_ONLY_A: fprintf(out, "only in A: -> 0x%08" PRIx64 " %s", found->phys_a, a); break;
    case KMS_DIFF_ONLY_B: fprintf(out, "only in B: -> 0x%08" PRIx64 " %s", found->phys_b, b); break;
    case KMS_DIFF_FRAME:
        fprintf(out, "other frames: A -> 0x%08" PRIx64 " %s, B -> 0x%08" PRIx64 " %s", found->phys_a, a,
                found->phys_b, b);
        break;
    case KMS_DIFF_RIGHTS:
        fprintf(out, "other rights: A %s, B %s -> 0x%08" PRIx64, a, b, found->phys_a);
        break;
    case KMS_DIFF_SHARED: fputs("shared: the same tables in both", out); break;
    case KMS_DIFF_EQUAL:
        fprintf(out, "equal, by tables of their own: -> 0x%08" PRIx64 " %s", found->phys_a, a);
        break;
    case KMS_DIFF_SELF: fputs("each its own recursive window", out); break;
    }
}

static void print_difference(const struct cli *cli, const struct kms_difference *found)
{
    char size[24], name[CLI_TEXT];
    const int digits = cli_digits(&cli->space);
    const kms_linear first = kms_space_linear(&cli->space, found->offset);
    const char *color = cli_color(cli, is_difference(found->kind) ? CLI_WARN : CLI_DIM);
    fprintf(cli->out, "0x%0*" PRIx64 "-0x%0*" PRIx64 " %6s  %s", digits, first, digits,
            kms_space_linear(&cli->space, found->offset + found->size - 1), cli_size_words(found->size, size),
            color);
    print_what(cli, found);
    fprintf(cli->out, "%s%s\n", cli_color(cli, CLI_PLAIN), cli_name(cli, first, name));
}

static void difference_json(struct cli *cli, const struct kms_difference *found)
{
    const kms_linear first = kms_space_linear(&cli->space, found->offset);
    json_t *item =
        json_pack("{ss so so sI so}", "kind", kind_id(found->kind), "first", cli_json_address(first), "last",
                  cli_json_address(kms_space_linear(&cli->space, found->offset + found->size - 1)), "size",
                  (json_int_t)found->size, "name", cli_json_name(cli, first));
    bool pages = found->kind != KMS_DIFF_SHARED && found->kind != KMS_DIFF_SELF;
    if (pages && found->kind != KMS_DIFF_ONLY_B) {
        json_object_set_new(item, "physical_a", cli_json_address(found->phys_a));
        json_object_set_new(item, "rights_a", json_string(kms_rights_words(found->rights_a)));
    }
    if (pages && found->kind != KMS_DIFF_ONLY_A) {
        json_object_set_new(item, "physical_b", cli_json_address(found->phys_b));
        json_object_set_new(item, "rights_b", json_string(kms_rights_words(found->rights_b)));
    }
    cli_json_item(cli, item);
}

static bool report(void *context, const struct kms_difference *found)
{
    struct totals *totals = context;
    totals->differs = totals->differs || is_difference(found->kind);
    if (totals->cli->options.json)
        difference_json(totals->cli, found);
    else
        print_difference(totals->cli, found);
    return true;
}

/* The registers of the second space; of which architecture, the first one says. */
union other {
    struct kms_x86_state x86;
    struct kms_riscv_state riscv;
};

/* The values of CR3 or satp; NULL if there are not two. */
static const uint64_t *roots_of(const struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    if (options->riscv.given)
        return options->riscv.satp_count == 2 ? options->riscv.satp : NULL;
    return options->registers.cr3_count == 2 ? options->registers.cr3 : NULL;
}

static bool settle_other(struct cli *cli, uint64_t root, union other *other, struct kms_space *space)
{
    const bool riscv = cli->options.riscv.given;
    if (!(riscv ? cli_other_satp(cli, root, &other->riscv) : cli_other_cr3(cli, root, &other->x86)))
        return false;
    *space =
        riscv ? kms_riscv_space(&other->riscv, cli->space.ram) : kms_x86_space(&other->x86, cli->space.ram);
    return true;
}

static enum cli_exit compare(struct cli *cli, const struct kms_space *other, const uint64_t *roots)
{
    const bool riscv = cli->options.riscv.given;
    struct totals totals = {.cli = cli};
    if (cli->options.json)
        cli_json_begin(cli, "ranges");
    bool complete = kms_diff(&cli->space, other, report, &totals);
    if (cli->options.json)
        cli_json_end(cli, json_pack("{so so sb sb}", riscv ? "satp_a" : "cr3_a", cli_json_address(roots[0]),
                                    riscv ? "satp_b" : "cr3_b", cli_json_address(roots[1]), "differs",
                                    totals.differs, "complete", complete));
    if (!complete)
        cli_note(cli, "stopped before the end: too many pages and holes");
    return totals.differs || !complete ? CLI_FINDINGS : CLI_CLEAN;
}

static enum cli_exit diff(struct cli *cli)
{
    const uint64_t *roots = roots_of(cli);
    union other other;
    struct kms_space space;
    if (!roots) {
        cli_error(cli, cli->options.riscv.given ? "two address spaces are needed: --satp A --satp B"
                                                : "two address spaces are needed: --cr3 A --cr3 B");
        return CLI_USAGE;
    }
    if (!settle_other(cli, roots[1], &other, &space))
        return CLI_USAGE;
    return cli_paging_off(cli) ? CLI_CLEAN : compare(cli, &space, roots);
}

const struct cli_command cli_diff = {
    .name = "diff",
    .operands_words = "--cr3 A --cr3 B [IMAGE]",
    .summary = "what two address spaces map differently",
    .help =
        "\nA range that both reach by the same tables is named as shared. Exit status 1 if they differ.\n",
    .operands = CLI_OPERANDS_NONE,
    .image = CLI_IMAGE_NEEDED,
    .run = diff,
};
