#include "boot_suite.h"
#include "jslk_random.h"

#include "config.h"
#include "paging.h"

#define BITMAP_BYTES 512u
#define BITMAPS      (JSLK_PLACEMENT_START + PAGE_SIZE)
#define TABLES_END   0x0020b000u /* GDT, bitmaps, directory, 5 tables, and the page after them */

static const struct boot_range host_memory = {0x00100000, 0x00200000};

/* The access byte of the code descriptor: QEMU's far jump does not set its accessed bit, as a processor's does. */
#define CODE_ACCESS (JSLK_PLACEMENT_START + 8 + 5)

/* The GDT, the bitmap of frames taken, and all that the heap ever had, its index, headers and footers included. */
static const struct boot_range same[] = {
    {JSLK_PLACEMENT_START, CODE_ACCESS},
    {CODE_ACCESS + 1, JSLK_PLACEMENT_START + 24},
    {BITMAPS + BITMAP_BYTES, BITMAPS + 2 * BITMAP_BYTES},
    {TABLES_END, JSLK_MEMORY_SIZE},
};

static void find_directory(struct boot_run *run)
{
    run->directories[run->directory_count++] = kernel_directory->physicalAddr;
}

static const struct boot_subject jslk = {
    .host_memory = &host_memory,
    .host_memory_count = 1,
    .same = same,
    .same_count = sizeof same / sizeof same[0],
    .find_tables = find_directory,
};

/* Worked out by hand: headers of 12 bytes, footers of 8, the first block at 0xc0080000. */
static const char story[] = {
#include "story.inc"
};

const struct boot_suite boot_suite = {
    .subject = &jslk,
    .story = story,
    .random = jslk_random_operations,
    .window_seeds = 3,
};
