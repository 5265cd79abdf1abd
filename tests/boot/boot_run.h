/*
 * boot_run.h - the same operations on VanaOS hosted and in QEMU: lines of events, and the RAM that is left.
 */
#ifndef TESTS_BOOT_RUN_H
#define TESTS_BOOT_RUN_H

#include <kmemsim/guest.h>

#include "../../src/lib/replay.h"

#define BOOT_RAM_SIZE 0x08000000u

struct boot_run {
    char *lines;        /* one for each event, as replay_format() writes them, each with its line end */
    unsigned char *ram; /* BOOT_RAM_SIZE bytes */
    uint32_t directories[13];
    unsigned directory_count; /* hosted only: the kernel's, then one for each process that lives */
};

/* Why there is no metal here, or NULL. */
const char *boot_missing(void);

/* Operations on the metal. Without operations, the boot story of the image; lines before the first event are
 * skipped. Fails the test on a time-out, and when the image ends in any other way than with its "done" line. */
void boot_run_metal(const struct replay_op *ops, uint32_t count, struct boot_run *run);

void boot_run_hosted(enum kms_guest_mode mode, const struct replay_op *ops, uint32_t count,
                     struct boot_run *run);

void boot_run_free(struct boot_run *run);

#endif
