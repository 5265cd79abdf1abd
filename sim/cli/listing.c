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

struct kms_cursor cli_cursor(struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    struct kms_cursor cursor = options->range_given
                                   ? kms_cursor_range(&cli->space, options->first, options->last)
                                   : kms_cursor(&cli->space, 0);
    if (options->limit)
        cursor.left = options->limit;
    return cursor;
}

enum cli_exit cli_listed(const struct cli *cli, const struct kms_cursor *cursor)
{
    if (!cursor->cut)
        return CLI_CLEAN;
    cli_note(cli,
             "stopped at 0x%" PRIx64 ", before the end: more pages and holes than --limit allows "
             "(tables that contain themselves make an address space look full)",
             kms_space_linear(cursor->space, cursor->next));
    return CLI_FINDINGS;
}
