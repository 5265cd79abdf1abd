/* listing.h - what the commands that go through a whole address space share. */
#ifndef KMS_CLI_LISTING_H
#define KMS_CLI_LISTING_H

#include "cli.h"

#define CLI_LISTING_OPTIONS " range limit "

#define CLI_LISTING_HELP                                                                                     \
    "  --range FIRST-LAST    only the pages that hold these addresses\n"                                     \
    "  --limit STEPS         stop after so many pages and holes (33554432), exit status 1\n"

/* True if paging is off, which was then printed as QEMU does. */
bool cli_paging_off(struct cli *cli);
struct kms_scan cli_scan(struct cli *cli);
/* "info mem" of QEMU for RISC-V. */
enum cli_exit cli_mem_riscv(struct cli *cli);
/* The exit status after a listing, with a note if it was cut. */
enum cli_exit cli_listed(const struct cli *cli, const struct kms_scan *scan);

#endif
