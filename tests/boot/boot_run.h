/*
 * boot_run.h - the same operations on a kernel hosted and in QEMU: lines of events, and the RAM that is left.
 *
 * A program is about one kernel, whose boot_kernel it is linked with.
 */
#ifndef TESTS_BOOT_RUN_H
#define TESTS_BOOT_RUN_H

#include <kmemsim/guest.h>
#include <stdbool.h>

#include "../../src/boot/boot_kernel.h"

#define BOOT_LOADER_RAM 0x07fe0000u /* what QEMU's loader reports of it: the last 128 KiB are the BIOS's */
#if !defined(BOOT_RAM_SIZE)
#define BOOT_RAM_BASE 0u
#define BOOT_RAM_SIZE 0x08000000u
#endif
#define BOOT_DIRECTORIES 32u
#define BOOT_BOOKS       4u

/* A range of physical memory; end is exclusive. */
struct boot_range {
    uint32_t start, end;
};

struct boot_run {
    char *lines;          /* one for each event, as replay_format() writes them, each with its line end */
    unsigned char *ram;   /* BOOT_RAM_SIZE bytes from BOOT_RAM_BASE on */
    unsigned char *store; /* boot_subject.store_pages of 4 KiB; NULL without a store */
    /* Hosted only: what boot_subject.find_tables found. */
    uint32_t directories[BOOT_DIRECTORIES];
    unsigned directory_count;
    struct boot_range books[BOOT_BOOKS];
    unsigned book_count;
};

/* What a test says of its kernel. */
struct boot_subject {
    /* The kernel's image, boot module and stacks: the metal has them there, hosted they are the program's. */
    const struct boot_range *host_memory;
    unsigned host_memory_count;
    /* Tables of the kernel's that have to be the same byte for byte, beside page directories and page tables. */
    const struct boot_range *same;
    unsigned same_count;
    uint32_t
        ram_size; /* of the hosted machine, where the kernel uses all that the loader reports; 0: BOOT_RAM_SIZE */
    bool pae;     /* its directories are four PDPTEs and what they lead to */
    bool user_pages; /* bytes that user mode may reach are compared; none are of page tables or the BIOS */
    /* An x86 kernel's: of the backing store, a disk on the metal; and KiB of the emulated PC's RAM, 0: as many as
     * BOOT_RAM_SIZE has. */
    uint32_t store_pages;
    uint32_t metal_kib;
    /* Called in the hosted guest at the end: adds every directory that lives, and books of the kernel's that have no
     * place of their own and have to be the same byte for byte. NULL: none. */
    void (*find_tables)(struct boot_run *run);
};

/* Why there is no metal here, or NULL. */
const char *boot_missing(void);

/* Operations on the metal. Without operations, the boot story of the image; lines before the first event are
 * skipped. Fails the test on a time-out, and when the image ends in any other way than with its "done" line. */
void boot_run_metal(const struct boot_subject *subject, const struct replay_op *ops, uint32_t count,
                    struct boot_run *run);

struct boot_hosted {
    const struct boot_subject *subject;
    enum kms_guest_mode mode;
    const struct replay_op *ops;
    uint32_t count;
};
void boot_run_hosted(const struct boot_hosted *hosted, struct boot_run *run);

void boot_run_free(struct boot_run *run);

#endif
