/* What QEMU's "info tlb" says, to the letter: one line for each page that the tables map. */
#include "listing.h"

#include <inttypes.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(char *text, uint64_t value)
{
    for (unsigned i = 16; i-- > 0; value >>= 4)
        text[i] = hex_digits[value & 0xf];
}

/* The flags of the last entry itself, as they stand there, in QEMU's order. */
static void put_flags(char *text, const struct kms_walk_level *leaf)
{
    const uint64_t entry = leaf->entry;
    text[0] = entry & KMS_PTE_NX ? 'X' : '-';
    text[1] = entry & KMS_PTE_G ? 'G' : '-';
    text[2] = leaf->flags & KMS_ENTRY_LARGE ? 'P' : '-';
    text[3] = entry & KMS_PTE_D ? 'D' : '-';
    text[4] = entry & KMS_PTE_A ? 'A' : '-';
    text[5] = entry & KMS_PTE_PCD ? 'C' : '-';
    text[6] = entry & KMS_PTE_PWT ? 'T' : '-';
    text[7] = entry & KMS_PTE_US ? 'U' : '-';
    text[8] = entry & KMS_PTE_RW ? 'W' : '-';
}

/* In the order in which QEMU's "info mem" has them on RISC-V; then n for a NAPOT page and P for a super page. */
static void put_riscv_flags(char *text, const struct kms_walk_level *leaf)
{
    static const char letters[] = "rwxugad"; /* from bit 1 on */
    for (unsigned i = 0; letters[i]; i++) {
        text[i] = '-';
        if (leaf->entry >> (i + 1) & 1)
            text[i] = letters[i];
    }
    text[7] = leaf->flags & KMS_ENTRY_NAPOT ? 'n' : '-';
    text[8] = leaf->flags & KMS_ENTRY_LARGE ? 'P' : '-';
}

static void put_flags_of(const struct cli *cli, char *text, const struct kms_walk_level *leaf)
{
    if (cli->space.arch == KMS_ARCH_X86)
        put_flags(text, leaf);
    else
        put_riscv_flags(text, leaf);
}

/* Formatted by hand: a full 4 GiB address space is a million lines. */
static void print_page(struct cli *cli, const struct kms_walk *walk)
{
    char line[] = "0123456789abcdef: 0123456789abcdef XGPDACTUW", name[CLI_TEXT];
    put_hex(line, walk->linear);
    put_hex(line + 18, kms_walk_frame(walk));
    put_flags_of(cli, line + 35, kms_walk_last(walk));
    fwrite(line, 1, sizeof line - 1, cli->out);
    if (cli->symbols)
        fputs(cli_name(cli, walk->linear, name), cli->out);
    putc('\n', cli->out);
}

/* By hand as well, but for a name, whose characters may need care. */
static void page_json(struct cli *cli, const struct kms_walk *walk)
{
    char flags[10] = "";
    put_flags_of(cli, flags, kms_walk_last(walk));
    fprintf(cli->out,
            "%s\n{\"linear\": \"0x%" PRIx64 "\", \"physical\": \"0x%" PRIx64 "\", \"size\": %" PRIu64
            ", \"flags\": \"%s\", \"name\": ",
            cli->json_items ? "," : "", walk->linear, kms_walk_frame(walk), UINT64_C(1) << walk->page_shift,
            flags);
    cli->json_items = true;
    if (cli->symbols) {
        json_t *name = cli_json_name(cli, walk->linear);
        json_dumpf(name, cli->out, JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
        json_decref(name);
    } else {
        fputs("null", cli->out);
    }
    putc('}', cli->out);
}

static enum cli_exit tlb(struct cli *cli)
{
    if (cli_paging_off(cli))
        return CLI_CLEAN;
    struct kms_scan scan = cli_scan(cli);
    if (cli->options.json)
        cli_json_begin(cli, "entries");
    while (kms_scan_next(&scan)) {
        if (scan.walk.verdict != KMS_MAPPED)
            continue;
        if (cli->options.json)
            page_json(cli, &scan.walk);
        else
            print_page(cli, &scan.walk);
    }
    if (cli->options.json)
        cli_json_end(cli, json_pack("{sb sb}", "paging", 1, "complete", !scan.cut));
    return cli_listed(cli, &scan);
}

const struct cli_command cli_tlb = {
    .name = "tlb",
    .operands_words = "[IMAGE]",
    .summary = "every page that the tables map (QEMU's info tlb)",
    .help =
        "\nLinear address, frame, and the flags of the entry itself: X no-execute, G global, P large "
        "page, D dirty,\n"
        "A accessed, C cache disabled, T write-through, U user, W writable. On RISC-V rwxugad as in mem, n "
        "NAPOT, P super page.\n" CLI_LISTING_HELP,
    .options = CLI_LISTING_OPTIONS,
    .operands = CLI_OPERANDS_NONE,
    .image = CLI_IMAGE_NEEDED,
    .run = tlb,
};
