/* The same as mem, for people: physical addresses, constant offsets, page sizes, recursive windows, names. */
#include "listing.h"

#include <inttypes.h>
#include <string.h>

#define MAP_RIGHTS (KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_EXEC | KMS_RIGHT_USER)

/* "1024 x 4K", or "4K, 2M" where sizes mix. */
static const char *pages_words(const struct kms_run *run, char *text)
{
    size_t length = 0;
    char size[24];
    bool one_size = (run->page_shifts & (run->page_shifts - 1)) == 0;
    text[0] = '\0';
    if (one_size)
        length = (size_t)snprintf(text, CLI_TEXT, "%" PRIu64 " x ", run->pages);
    for (unsigned shift = KMS_PAGE_SHIFT; shift <= 48; shift++) {
        if (run->page_shifts >> shift & 1)
            length +=
                (size_t)snprintf(text + length, CLI_TEXT - length, "%s%s", length && !one_size ? ", " : "",
                                 cli_size_words(UINT64_C(1) << shift, size));
    }
    return text;
}

/* How linear addresses follow from physical ones in this run. */
static const char *offset_words(const struct kms_space *space, const struct kms_run *run, char *text)
{
    const kms_linear first = kms_space_linear(space, run->offset);
    text[0] = '\0';
    if (first == run->phys)
        snprintf(text, CLI_TEXT, "identity");
    else if (run->pages > 1)
        snprintf(text, CLI_TEXT, "physical %c 0x%" PRIx64, first > run->phys ? '+' : '-',
                 first > run->phys ? first - run->phys : run->phys - first);
    return text;
}

static const char *cache_words(uint16_t flags)
{
    static const char *const words[] = {"", ", write-through", ", uncached", ", uncached"};
    return words[(flags & KMS_ENTRY_PWT ? 1 : 0) | (flags & KMS_ENTRY_PCD ? 2 : 0)];
}

static void print_run(struct cli *cli, const struct kms_run *run)
{
    const int digits = cli_digits(&cli->space);
    const kms_linear first = kms_space_linear(&cli->space, run->offset);
    char size[24], pages[CLI_TEXT], offset[CLI_TEXT], name[CLI_TEXT];
    fprintf(cli->out, "0x%0*" PRIx64 "-0x%0*" PRIx64 " %6s -> 0x%08" PRIx64 "  %s%s%s  %s%s", digits, first,
            digits, kms_space_linear(&cli->space, run->offset + run->size - 1),
            cli_size_words(run->size, size), run->phys,
            cli_color(cli, run->rights & KMS_RIGHT_USER ? CLI_WARN : CLI_GOOD), kms_rights_words(run->rights),
            cli_color(cli, CLI_PLAIN), pages_words(run, pages), cache_words(run->flags));
    if (offset_words(&cli->space, run, offset)[0])
        fprintf(cli->out, "; %s", offset);
    fprintf(cli->out, "%s\n", cli_name(cli, first, name));
}

static void run_json(struct cli *cli, const struct kms_run *run)
{
    const kms_linear first = kms_space_linear(&cli->space, run->offset);
    char pages[CLI_TEXT];
    cli_json_item(cli, json_pack("{so so sI so ss sI ss sb so}", "first", cli_json_address(first), "last",
                                 cli_json_address(kms_space_linear(&cli->space, run->offset + run->size - 1)),
                                 "size", (json_int_t)run->size, "physical", cli_json_address(run->phys),
                                 "rights", kms_rights_words(run->rights), "pages", (json_int_t)run->pages,
                                 "page_sizes", pages_words(run, pages), "identity", first == run->phys,
                                 "name", cli_json_name(cli, first)));
}

static void show(struct cli *cli, const struct kms_run *run)
{
    if (cli->options.json)
        run_json(cli, run);
    else
        print_run(cli, run);
}

/* A recursive window is named instead of listed: it would show the tables as pages. */
static void show_window(struct cli *cli, const struct kms_scan *scan, const struct kms_recursion *window)
{
    const struct kms_walk_level *entry = &scan->walk.level[window->depth];
    const int digits = cli_digits(&cli->space);
    const kms_linear first = kms_space_linear(&cli->space, scan->offset);
    const kms_linear last = kms_space_linear(&cli->space, scan->next - 1);
    char size[24];
    if (cli->options.json)
        cli_json_item(cli, json_pack("{so so ss si}", "first", cli_json_address(first), "last",
                                     cli_json_address(last), "recursive_entry", kms_entry_name(entry->level),
                                     "index", entry->index));
    else
        fprintf(cli->out, "0x%0*" PRIx64 "-0x%0*" PRIx64 " %6s    recursive window: %s[%u] points at %s\n",
                digits, first, digits, last, cli_size_words(UINT64_C(1) << window->shift, size),
                kms_entry_name(entry->level), entry->index,
                window->depth ? "a page directory" : "its own table");
}

static bool is_window(const struct cli *cli, const struct kms_scan *scan)
{
    return kms_walk_recursion(&cli->space, &scan->walk).times > 0;
}

/* Names a recursive window and passes over it; false if the scan is not in one. */
static bool pass_window(struct cli *cli, struct kms_scan *scan)
{
    struct kms_recursion window = kms_walk_recursion(&cli->space, &scan->walk);
    if (!window.times)
        return false;
    scan->next = ((scan->offset >> window.shift) + 1) << window.shift;
    show_window(cli, scan, &window);
    return true;
}

static enum cli_exit map(struct cli *cli)
{
    if (cli_paging_off(cli))
        return CLI_CLEAN;
    struct kms_scan scan = cli_scan(cli);
    struct kms_fold fold = {
        .space = &cli->space, .rights = MAP_RIGHTS, .flags = KMS_ENTRY_PWT | KMS_ENTRY_PCD, .frames = true};
    struct kms_run run;
    if (cli->options.json)
        cli_json_begin(cli, "ranges");
    while (kms_scan_next(&scan)) {
        if (is_window(cli, &scan) ? kms_fold_end(&fold, &run) : kms_fold_add(&fold, &scan, &run))
            show(cli, &run);
        pass_window(cli, &scan);
    }
    if (kms_fold_end(&fold, &run))
        show(cli, &run);
    if (cli->options.json)
        cli_json_end(cli, json_pack("{sb sb}", "paging", 1, "complete", !scan.cut));
    return cli_listed(cli, &scan);
}

const struct cli_command cli_map = {
    .name = "map",
    .operands_words = "[IMAGE]",
    .summary = "the address space folded into runs, with frames, rights, page sizes and constant offsets",
    .help = "\nRights are those left over all levels: kernel or user, r, w, x.\n" CLI_LISTING_HELP,
    .options = CLI_LISTING_OPTIONS,
    .operands = CLI_OPERANDS_NONE,
    .image = CLI_IMAGE_NEEDED,
    .run = map,
};
