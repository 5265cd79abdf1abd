#include "paging.h"

#include <kernel/hw.h>
#include <stddef.h>

#include "../lib/text.h"
#include "config.h"
#include "pmm.h"

/* Frames that a page owns, one bit each. */
static uint64_t owned[PMM_FRAMES / 64];

static const char *say(const char *what, uint32_t address)
{
    static char words[96];
    struct text text = text_in(words, sizeof words);

    text_put(&text, what);
    text_put(&text, ", ");
    text_hex(&text, address, 8);
    return words;
}

static const char *check_registers(void)
{
    const page_directory_t *const directory = kernel_directory;

    if (!directory)
        return "paging: there is no directory";
    if (directory->physicalAddr != hw_linear(directory) + offsetof(page_directory_t, tablesPhysical))
        return "paging: the directory does not know where its entries are";
    if (hw_read_cr3() != directory->physicalAddr)
        return "paging: CR3 holds another directory";
    return hw_read_cr0() & CR0_PG ? NULL : "paging: paging is off";
}

static bool is_own(uint32_t frame)
{
    return owned[frame / 64] >> frame % 64 & 1;
}

static const char *check_owner(const page_t *page, uint32_t address)
{
    const uint32_t frame = page_frame(page);

    if (frame_is_reserved(frame) || frame < paging_identity_end() >> PAGE_SHIFT)
        return say("paging: a page has a frame that was never given out", address);
    if (!frame_is_taken(frame))
        return say("paging: a page has a frame that is free", address);
    if (is_own(frame))
        return say("paging: a page has the frame of another one", address);
    owned[frame / 64] |= (uint64_t)1 << frame % 64;
    return NULL;
}

/* Whether a page belongs there, and to whom. */
static const char *check_page(const page_t *page, uint32_t address, const heap_t *heap)
{
    const bool identity = address < paging_identity_end();
    const bool in_heap = address >= JSLK_KHEAP_START && address < heap->end;

    if (!page_present(page)) {
        if (page->entry)
            return say("paging: a page that is not there has an entry", address);
        return identity || in_heap ? say("paging: a page of the kernel is not mapped", address) : NULL;
    }
    if (page->entry & PTE_US && (identity || in_heap))
        return say("paging: a page of the kernel is open to programs", address);
    if (identity && page->entry >> PAGE_SHIFT != address >> PAGE_SHIFT)
        return say("paging: placement memory is not mapped to itself", address);
    if (page_owns_frame(page) != in_heap)
        return say("paging: a page has a frame of somebody else", address);
    if (!in_heap && address >= JSLK_KHEAP_START && address < JSLK_KHEAP_MAX)
        return say("paging: a page behind the heap's end is mapped", address);
    return in_heap ? check_owner(page, address) : NULL;
}

static const char *check_table(uint32_t start, const heap_t *heap)
{
    const char *broken = NULL;

    for (uint32_t i = 0; !broken && i < TABLE_ENTRIES; i++)
        broken = check_page(get_page(start + (i << PAGE_SHIFT), 0, kernel_directory),
                            start + (i << PAGE_SHIFT), heap);
    return broken;
}

static const char *check_tables(const heap_t *heap)
{
    const char *broken = NULL;

    for (uint32_t i = 0; !broken && i < TABLE_ENTRIES; i++) {
        const uint32_t linear = kernel_directory->tables[i];
        const uint32_t entry = kernel_directory->tablesPhysical[i];
        uint32_t physical = 0;

        if (!linear && entry)
            return say("paging: the directory has an entry without a table", i << PDE_SHIFT);
        if (!linear)
            continue;
        if (!(entry & PTE_P) || paging_physical(linear, &physical) != 0 || (entry & PAGE_FRAME) != physical)
            return say("paging: the directory's entry does not lead to its table", i << PDE_SHIFT);
        broken = check_table(i << PDE_SHIFT, heap);
    }
    return broken;
}

/* Every frame that is taken is the kernel's own, or some page's. */
static const char *check_frames(void)
{
    for (uint32_t frame = 0; frame < PMM_FRAMES; frame++) {
        const bool used = frame < paging_identity_end() >> PAGE_SHIFT || is_own(frame);

        if (!frame_is_reserved(frame) && frame_is_taken(frame) != used)
            return say(used ? "frames: one in use is free" : "frames: one is lost", frame << PAGE_SHIFT);
    }
    return NULL;
}

const char *paging_check(const heap_t *heap)
{
    const char *broken = check_registers();

    for (uint32_t i = 0; i < PMM_FRAMES / 64; i++)
        owned[i] = 0;
    if (!broken)
        broken = check_tables(heap);
    return broken ? broken : check_frames();
}
