#include "listing.h"

#include <inttypes.h>

bool cli_paging_off(struct cli *cli)
{
    if (cli->space.mode != KMS_PAGING_NONE)
        return false;
    if (cli->options.json) {
        cli_json_begin(cli, "entries");
        cli_json_end(cli, json_pack("{sb}", "paging", 0));
    } else {
        fputs("PG disabled\n", cli->out);
    }
    return true;
}

struct kms_scan cli_scan(struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    struct kms_scan scan = options->range_given ? kms_scan_range(&cli->space, options->first, options->last)
                                                : kms_scan(&cli->space, 0);
    if (options->limit)
        scan.left = options->limit;
    return scan;
}

enum cli_exit cli_listed(const struct cli *cli, const struct kms_scan *scan)
{
    if (!scan->cut)
        return CLI_CLEAN;
    cli_note(cli,
             "stopped at 0x%" PRIx64 ", before the end: more pages and holes than --limit allows "
             "(tables that contain themselves make an address space look full)",
             kms_space_linear(scan->space, scan->next));
    return CLI_FINDINGS;
}
