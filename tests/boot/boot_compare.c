#include "boot_compare.h"

#include "kms_test.h"

#include <kernel/hw.h>
#include <kernel/x86.h>
#include <string.h>

/* Both runs of a comparison. */
struct runs {
    const struct boot_subject *subject;
    struct boot_run hosted, metal;
    bool accessed; /* A and D bits are compared */
};

static bool meets_host_memory(const struct boot_subject *subject, uint32_t start, uint32_t size)
{
    for (unsigned i = 0; i < subject->host_memory_count; i++)
        if (start < subject->host_memory[i].end && subject->host_memory[i].start < (uint64_t)start + size)
            return true;
    return false;
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static void compare_lines(const struct runs *runs)
{
    const char *here = runs->hosted.lines;
    const char *there = runs->metal.lines;

    while (*here || *there) {
        const size_t length = line_length(here);

        if (length != line_length(there) || memcmp(here, there, length) != 0)
            fail_msg("hosted: %.*s\nmetal:  %.*s", (int)length, here, (int)line_length(there), there);
        here += length + (here[length] == '\n');
        there += length + (there[length] == '\n');
    }
}

/* The first byte that differs, or size. */
static size_t first_difference(const unsigned char *here, const unsigned char *there, size_t size)
{
    size_t at = 0;

    if (memcmp(here, there, size) == 0)
        return size;
    while (here[at] == there[at])
        at++;
    return at;
}

static void compare_range(const struct runs *runs, const struct boot_range *range)
{
    const unsigned char *const here = runs->hosted.ram + (range->start - BOOT_RAM_BASE);
    const unsigned char *const there = runs->metal.ram + (range->start - BOOT_RAM_BASE);
    const size_t size = range->end - range->start;
    const size_t at = first_difference(here, there, size);

    if (at < size)
        fail_msg("physical 0x%08zx: hosted 0x%02x, metal 0x%02x", range->start + at, here[at], there[at]);
}

static void compare_same(const struct runs *runs)
{
    for (unsigned i = 0; i < runs->subject->same_count; i++)
        compare_range(runs, &runs->subject->same[i]);
    for (unsigned i = 0; i < runs->hosted.book_count; i++)
        compare_range(runs, &runs->hosted.books[i]);
}

static void compare_stores(const struct runs *runs)
{
    const size_t size = (size_t)runs->subject->store_pages * HW_STORE_PAGE;
    const size_t at = size ? first_difference(runs->hosted.store, runs->metal.store, size) : 0;

    if (at < size)
        fail_msg("byte 0x%zx of the store: hosted 0x%02x, metal 0x%02x", at, runs->hosted.store[at],
                 runs->metal.store[at]);
}

static uint32_t word(const struct boot_run *run, uint32_t physical)
{
    uint32_t value;

    assert_true(physical <= BOOT_RAM_SIZE - sizeof value);
    memcpy(&value, run->ram + physical, sizeof value);
    return value;
}

/* Where an entry stands, and the linear range that it is about. */
struct place {
    uint32_t directory;
    uint32_t entry;
    uint32_t start, size;
};

static void compare_entry(const struct runs *runs, const struct place *place)
{
    const bool accessed = runs->accessed && !meets_host_memory(runs->subject, place->start, place->size);
    const uint32_t ignored = accessed ? 0 : PTE_A | PTE_D;
    const uint32_t here = word(&runs->hosted, place->entry);
    const uint32_t there = word(&runs->metal, place->entry);

    if ((here ^ there) & ~ignored)
        fail_msg("directory 0x%08x, %s of 0x%08x: hosted 0x%08x, metal 0x%08x", place->directory,
                 place->size == PAGE_SIZE ? "PTE" : "PDE", place->start, here, there);
}

static void compare_page(const struct runs *runs, const struct place *place, uint64_t entry)
{
    const uint32_t frame = (uint32_t)(entry & PAE_FRAME);

    if (runs->subject->user_pages && (entry & (PTE_P | PTE_US)) == (PTE_P | PTE_US) &&
        !meets_host_memory(runs->subject, place->start, place->size))
        compare_range(runs, &(struct boot_range){frame, frame + PAGE_SIZE});
}

static void compare_table(const struct runs *runs, const struct place *above)
{
    const uint32_t table = word(&runs->hosted, above->entry) & PAGE_FRAME;

    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        const struct place place = {above->directory, table + 4 * i, above->start + i * PAGE_SIZE, PAGE_SIZE};

        compare_entry(runs, &place);
        compare_page(runs, &place, word(&runs->hosted, place.entry));
    }
}

static void compare_directory(const struct runs *runs, uint32_t directory)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        const struct place place = {directory, directory + 4 * i, i * DIRECTORY_SPAN, DIRECTORY_SPAN};

        compare_entry(runs, &place);
        if ((word(&runs->hosted, place.entry) & (PTE_P | PDE_PS)) == PTE_P)
            compare_table(runs, &place);
    }
}

/* ---- the same with PAE: entries of two words ---- */

static uint64_t wide_word(const struct boot_run *run, uint32_t physical)
{
    return word(run, physical) | (uint64_t)word(run, physical + 4) << 32;
}

static void compare_wide_entry(const struct runs *runs, const struct place *place)
{
    const bool accessed = runs->accessed && !meets_host_memory(runs->subject, place->start, place->size);
    const uint64_t ignored = accessed ? 0 : PTE_A | PTE_D;
    const uint64_t here = wide_word(&runs->hosted, place->entry);
    const uint64_t there = wide_word(&runs->metal, place->entry);

    if ((here ^ there) & ~ignored)
        fail_msg("root 0x%08x, %s of 0x%08x: hosted 0x%016llx, metal 0x%016llx", place->directory,
                 place->size == PAGE_SIZE ? "PTE" : "PDE or PDPTE", place->start, (unsigned long long)here,
                 (unsigned long long)there);
}

/* Where the table below a present entry stands; false where there is none. */
static bool table_below(const struct runs *runs, uint32_t entry, uint32_t *table)
{
    const uint64_t value = wide_word(&runs->hosted, entry);

    *table = (uint32_t)(value & PAE_FRAME);
    return (value & (PTE_P | PDE_PS)) == PTE_P;
}

static void compare_wide_table(const struct runs *runs, const struct place *above, uint32_t table)
{
    for (uint32_t i = 0; i < PAE_ENTRIES; i++) {
        const struct place place = {above->directory, table + 8 * i, above->start + i * above->size,
                                    above->size};
        uint32_t below;

        compare_wide_entry(runs, &place);
        if (above->size == PAGE_SIZE)
            compare_page(runs, &place, wide_word(&runs->hosted, place.entry));
        else if (table_below(runs, place.entry, &below))
            compare_wide_table(runs, &(struct place){above->directory, 0, place.start, PAGE_SIZE}, below);
    }
}

/* QEMU marks PDPTEs as accessed, where the manual has a reserved bit (docs/fidelity.md). */
static void compare_pointer(const struct runs *runs, const struct place *place)
{
    struct runs unmarked = *runs;

    unmarked.accessed = false;
    compare_wide_entry(&unmarked, place);
}

static void compare_root(const struct runs *runs, uint32_t root)
{
    uint32_t directory;

    for (uint32_t i = 0; i < PAE_POINTERS; i++) {
        const struct place place = {root, root + 8 * i, i * PAE_DIR_SPAN, PAE_TABLE_SPAN};

        compare_pointer(runs, &place);
        if (table_below(runs, place.entry, &directory))
            compare_wide_table(runs, &place, directory);
    }
}

/* ---- what the tests call ---- */

static void need_metal(void)
{
    const char *const missing = boot_missing();

    if (missing)
        kms_skip(missing);
}

void boot_tells(const char *story)
{
    struct boot_run metal;

    need_metal();
    boot_run_metal(&(struct boot_subject){.pae = false}, NULL, 0, &metal);
    assert_string_equal(metal.lines, story);
    boot_run_free(&metal);
}

void boot_compare(const struct boot_hosted *hosted)
{
    struct runs runs = {.subject = hosted->subject, .accessed = hosted->mode == KMS_GUEST_WINDOW};

    need_metal();
    boot_run_hosted(hosted, &runs.hosted);
    boot_run_metal(hosted->subject, hosted->ops, hosted->count, &runs.metal);
    compare_lines(&runs);
    compare_same(&runs);
    compare_stores(&runs);
    for (unsigned i = 0; i < runs.hosted.directory_count; i++)
        (runs.subject->pae ? compare_root : compare_directory)(&runs, runs.hosted.directories[i]);
    boot_run_free(&runs.hosted);
    boot_run_free(&runs.metal);
}

void boot_compare_story(const struct boot_subject *subject, enum kms_guest_mode mode)
{
    boot_compare(&(struct boot_hosted){subject, mode, boot_kernel.story, boot_kernel.story_length});
}
