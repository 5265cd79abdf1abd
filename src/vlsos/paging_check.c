#include "paging.h"

#include <stddef.h>

#include "../lib/text.h"
#include "kernel/x86.h"

#include "layout.h"
#include "pages.h"
#include "paging_table.h"

#define MARKS        ((paging_entry)(PTE_A | PTE_D)) /* the CPU sets them; in an upper entry only QEMU does */
#define POINTER_BITS ((paging_entry)PTE_P)           /* all else of an upper entry is reserved */
#define TABLE_BITS   ((paging_entry)(PTE_P | PTE_RW | PTE_US))

static const char *say(const char *broken, uint32_t linear)
{
    static char words[112];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "page tables, ");
    text_hex(&text, linear, 8);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

/* A table stands in a page of the pool of its own. */
static bool is_table(paging_entry entry)
{
    return pages_has(paging_entry_frame(entry)) &&
           buddy_order_at(&kernel_pages, paging_entry_frame(entry)) == 0;
}

/* ---- the kernel's part: as the layout has it ---- */

static const char *check_kernel_table(paging_entry above, uint32_t start)
{
    if ((above & ~PAE_FRAME & ~MARKS) != TABLE_BITS || !is_table(above))
        return say("the kernel's table is none", start);
    for (uint32_t i = 0; i < PAE_ENTRIES; i++) {
        const uint32_t page = start + i * PAGE_SIZE;

        if ((paging_table(above)[i] & ~MARKS) != paging_layout_entry(page))
            return say("the kernel's page has other rights than the layout gives it", page);
    }
    return NULL;
}

static const char *check_kernel_span(paging_entry entry, uint32_t start)
{
    if (start >= layout_end())
        return entry ? say("something is mapped beyond the end of RAM", start) : NULL;
    if (!paging_layout_is_large(start))
        return check_kernel_table(entry, start);
    if ((entry & ~MARKS) != (paging_layout_entry(start) | PDE_PS))
        return say("the kernel's large page is not what the layout says", start);
    return NULL;
}

static const char *check_kernel(paging_entry pointer)
{
    const char *broken = NULL;

    if ((pointer & ~PAE_FRAME & ~MARKS) != POINTER_BITS || !is_table(pointer))
        return say("the kernel's directory is none", 0);
    for (uint32_t i = 0; i < PAE_ENTRIES && !broken; i++)
        broken = check_kernel_span(paging_table(pointer)[i], i * PAE_TABLE_SPAN);
    return broken;
}

/* ---- a process's part ---- */

static const char *check_page(paging_entry entry, uint32_t linear)
{
    const uint32_t frame = paging_entry_frame(entry);

    if (!(entry & PTE_P))
        return NULL;
    if ((entry & PAE_FRAME) >= layout_end())
        return say("a page beyond the end of RAM is mapped", linear);
    if ((entry & PAE_NX) && !paging_has_nx())
        return say("a reserved bit is set", linear);
    if ((entry & PTE_RW) && paging_has_nx() && !(entry & PAE_NX))
        return say("a page is writable and executable", linear);
    if ((entry & PTE_US) && !pages_has(frame))
        return say("memory of the kernel's is a program's", linear);
    return NULL;
}

static const char *check_table(paging_entry above, uint32_t start)
{
    const char *broken = NULL;

    if (!(above & PTE_P))
        return above ? say("a directory entry holds something that is no table", start) : NULL;
    if ((above & ~PAE_FRAME & ~MARKS) != TABLE_BITS || !is_table(above))
        return say("a table is none", start);
    for (uint32_t i = 0; i < PAE_ENTRIES && !broken; i++)
        broken = check_page(paging_table(above)[i], start + i * PAGE_SIZE);
    return broken;
}

static const char *check_directory(paging_entry pointer, uint32_t start)
{
    const char *broken = NULL;

    if (!(pointer & PTE_P))
        return pointer ? say("an upper entry holds something that is no directory", start) : NULL;
    if ((pointer & ~PAE_FRAME & ~MARKS) != POINTER_BITS || !is_table(pointer))
        return say("a directory is none", start);
    for (uint32_t i = 0; i < PAE_ENTRIES && !broken; i++)
        broken = check_table(paging_table(pointer)[i], start + i * PAE_TABLE_SPAN);
    return broken;
}

const char *paging_check(const struct paging_space *space)
{
    const char *broken;

    if (!is_table(space->root) || space->root % PAGE_SIZE != 0)
        return say("the upper entries are nowhere", 0);
    broken = check_kernel(paging_root(space)[0]);
    if (!broken && ((paging_root(space)[0] ^ paging_root(&paging_kernel)[0]) & ~MARKS))
        broken = say("the kernel's part is not the one that all share", 0);
    for (uint32_t i = 1; i < PAE_POINTERS && !broken; i++)
        broken = check_directory(paging_root(space)[i], i * PAE_DIR_SPAN);
    return broken;
}
