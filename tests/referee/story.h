/*
 * story.h - reading files of cases and stories.
 *
 * A story says what happens in words that fit several paging modes, and reading it makes one case for each mode:
 *
 *     story an unmapped page stays readable until INVLPG
 *     modes 32bit pae 4level 5level      (default: these four)
 *     on wp pge                          page tables, registers, paging; must come first
 *     set page.pte A p rw us             an entry: a frame (or table, or number) and its bits
 *     read4 user page -> @A
 *     set page.pte 0
 *     read4 user page -> @A | pf 4       the TLB may still answer, or have forgotten
 *     invlpg page
 *     read4 user page -> pf 4
 *
 * Linear addresses: page, page2 (the next one, same table), other (another table), big (a large page of 4 or 2 MiB),
 * huge (1 GiB; 4level and 5level), far (under another PDPTE; PAE); each may be followed by +OFFSET.
 * Entries: page.pte page.pde page.pdpte page.pml4e page.pml5e, likewise for the others as far as they have them; of
 * the second address space: space2.pte (of page), space2.pde ...; registers' roots: root, root2.
 * Frames: A B C D, BIGA BIGB (4 MiB each), HUGEA (1 GiB at 0); tables: pt pt2 pd pdpt.
 * Bits: p rw us pwt pcd a d ps g nx, pk=N, rsvd=BIT, pat.
 *
 *     on WORDS      wp pse pge smep smap nxe pcide pke pks: CR0, CR4 and EFER bits that are set beside what the mode needs
 *     cr0 +wp -pg   cr4 +smep -pge   efer +nxe      change bits of the value written last (with `try` as well)
 *     cr3 reload    what was written last once more (without bit 63)
 *     cr3 space1 [pcid N] [keep]   cr3 space2 ...   switch; keep sets bit 63
 *     code FRAME N  puts `int N` at the start of a frame, for fetch2
 *     outcomes      @A is what a read at the operation's offset finds in frame A; `int N` what fetch2 executed
 */
#ifndef REFEREE_STORY_H
#define REFEREE_STORY_H

#include "case.h"

enum story_mode { STORY_32BIT, STORY_PAE, STORY_4LEVEL, STORY_5LEVEL, STORY_MODES, STORY_RAW = STORY_MODES };

struct story_list {
    struct ref_case *cases;
    size_t count;
    size_t stories; /* names, before modes multiply them */
};

/* Append a file's cases; false with one line "FILE:LINE: what" in `error`. The list starts as zero. */
bool story_read(const char *path, struct story_list *list, char error[256]);
void story_free(struct story_list *list);

#endif
