/*
 * window_check.c - pages of a window compared with the tables.
 *
 * A walk is a pure function of registers and entries. So of all pages that one table, or one large page, maps only the
 * first is walked; for the others it is enough that their own entry is the one that was seen when they were mapped, and
 * that the entries above leave the same rights and have A set.
 */
#include "window.h"

#include <string.h>

#define MEMOS 256u

/* A table of last-level entries, or a large page in the place of one, as the first walk through it found it. */
struct table_memo {
    uint32_t group; /* 1 + number of the table's first page / entries of a table; 0: none */
    uint8_t shift;  /* of the pages */
    bool sound; /* A is set in all entries above, and nothing else is in the way of the short comparison */
    uint8_t rights; /* that the entries above leave, as in struct window_page */
    const uint8_t *entries;
    uint64_t large; /* the large page's entry, and then there are no others */
};

struct checker {
    const struct kms_window *window;
    bool policy;
    unsigned index_bits, entry_size;
    struct table_memo memo[MEMOS];
};

/* Entries that have an A bit at all: on RISC-V only those that map a page. */
static bool has_accessed(const struct kms_walk *walk, unsigned level)
{
    return !walk->level[level].in_register && (walk->mode < KMS_PAGING_SV32 || level == walk->depth - 1u);
}

static bool accessed(const struct kms_walk *walk, unsigned levels)
{
    for (unsigned i = 0; i < levels; i++) {
        if (has_accessed(walk, i) && !(walk->level[i].flags & KMS_ENTRY_ACCESSED))
            return false;
    }
    return true;
}

static bool allowed(const struct kms_cpu *cpu, const struct kms_walk *walk, enum kms_access_kind kind)
{
    const struct kms_access access = {walk->linear, kind, KMS_AS_CURRENT};
    struct kms_fault fault;
    return kms_decide(cpu, walk, &access, &fault) == KMS_DONE;
}

static bool write_changes_nothing(const struct kms_cpu *cpu, const struct kms_walk *walk)
{
    return walk->depth > 0 && (walk->level[walk->depth - 1].flags & KMS_ENTRY_DIRTY) &&
           accessed(walk, walk->depth) && allowed(cpu, walk, KMS_WRITE);
}

static uint8_t rights_above(const struct kms_walk *walk)
{
    if (walk->depth <= 1)
        return 0;
    uint8_t above = walk->level[walk->depth - 2].rights;
    for (unsigned i = 0; i < walk->depth - 1u; i++)
        above |= walk->level[i].flags & KMS_ENTRY_GLOBAL ? ABOVE_GLOBAL : 0;
    return above;
}

/* ---- one page by a walk ---- */

static bool walk_agrees(const struct kms_cpu *cpu, const struct window_page *page,
                        const struct kms_walk *walk)
{
    return walk->verdict == KMS_MAPPED && (walk->phys & FRAME_MASK) == page->frame &&
           walk->page_shift == page->shift && (walk->global || !(page->flags & PAGE_GLOBAL)) &&
           accessed(walk, walk->depth) && allowed(cpu, walk, KMS_READ) &&
           (!(page->flags & PAGE_DIRTY) || write_changes_nothing(cpu, walk));
}

/* A page that differs from the tables already, because the TLB answered, keeps no leaf to be compared with. */
void window_learn(const struct kms_cpu *cpu, const struct kms_walk *walk, struct window_page *page)
{
    if (walk->verdict != KMS_MAPPED || (walk->phys & FRAME_MASK) != page->frame || walk->depth == 0)
        return;
    if (walk->global)
        page->flags |= PAGE_GLOBAL;
    if (write_changes_nothing(cpu, walk))
        page->flags |= PAGE_DIRTY;
    if (!walk_agrees(cpu, page, walk))
        return;
    page->leaf = walk->level[walk->depth - 1].entry;
    page->above = rights_above(walk);
}

static void remember_table(const struct checker *check, const struct kms_walk *walk, struct table_memo *memo)
{
    const struct kms_walk_level *leaf = &walk->level[walk->depth - 1];
    memo->sound = accessed(walk, walk->depth - 1u);
    memo->rights = rights_above(walk);
    memo->shift = walk->page_shift;
    memo->large = leaf->level > 1 ? leaf->entry : 0;
    memo->entries = kms_ram_ptr(check->window->ram, leaf->entry_addr & FRAME_MASK, KMS_PAGE_SIZE);
    if (!memo->entries)
        memo->sound = false;
}

/* ---- many pages ---- */

static uint64_t entry_of(const struct checker *check, const struct table_memo *memo, uint32_t number)
{
    const uint8_t *at =
        memo->entries + (size_t)(number & ((1u << check->index_bits) - 1)) * check->entry_size;
    uint64_t wide;
    uint32_t narrow;
    if (check->entry_size == sizeof wide) { /* little-endian: the window's hosts are x86 */
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

static bool has_its_entry(const struct checker *check, const struct table_memo *memo,
                          const struct window_page *page)
{
    if (!page->leaf || page->shift != memo->shift || page->above != memo->rights)
        return false;
    return page->leaf == (memo->large ? memo->large : entry_of(check, memo, page->number));
}

static bool agrees(struct checker *check, struct window_page *page)
{
    struct table_memo *memo = &check->memo[(page->number >> check->index_bits) % MEMOS];
    const uint32_t group = (page->number >> check->index_bits) + 1;
    if (memo->group == group && memo->sound && !check->policy && has_its_entry(check, memo, page))
        return true;
    struct kms_walk walk;
    kms_inspect(check->window->cpu, (kms_linear)page->number << KMS_PAGE_SHIFT, &walk);
    if (!walk_agrees(check->window->cpu, page, &walk))
        return false;
    page->leaf = walk.level[walk.depth - 1].entry;
    page->above = rights_above(&walk);
    memo->group = group;
    remember_table(check, &walk, memo);
    return true;
}

/* Backwards, because the last page takes the place of one that is dropped. */
void window_revalidate(struct kms_window *window, uint8_t exempt, bool policy)
{
    struct checker check;
    check.window = window;
    check.policy = policy;
    const enum kms_paging_mode mode = kms_cpu_mode(window->cpu);
    const bool wide = mode != KMS_PAGING_32BIT && mode != KMS_PAGING_SV32;
    check.index_bits = wide ? 9 : 10;
    check.entry_size = wide ? 8 : 4;
    memset(check.memo, 0, sizeof check.memo);
    struct window_run run = {0};
    for (uint32_t i = window->count; i-- > 0;) {
        struct window_page *page = &window->pages[i];
        if ((page->flags & exempt) || agrees(&check, page)) {
            window->counts.kept++;
        } else {
            window_drop_later(window, page, &run);
            window->counts.dropped++;
        }
    }
    window_drop_run(window, &run);
}
