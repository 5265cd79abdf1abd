/*
 * vm_map.h - one context's memory in another's address space, without a copy.
 *
 * What the kernel's 1:1 mapping had ruled out: a buffer of a task, wherever its frames are and wherever in a page it
 * begins, stands in the kernel's context as one range of addresses, its own frames behind it. The other way round the
 * kernel's pages can stand in a task.
 *
 *   task      ....|page 7    xx|xxxxxxxxxx|xxx       |....      bytes asked for: x
 *   kernel    ....|          xx|xxxxxxxxxx|xxx       |....      a window: whole pages, at the same offset in the first
 *
 * Only memory that the lender owns is lent; of a task, only what its program may reach with the rights asked for, so
 * that no program has the kernel use what it cannot use itself. While pages are lent they cannot be freed (-EBUSY).
 */
#ifndef XELIX_MEM_VM_MAP_H
#define XELIX_MEM_VM_MAP_H

#include "paging.h"

struct vm_lending {
    struct vm_ctx *to, *from; /* not the same */
    uint32_t address, bytes;  /* in `from` */
    uint32_t rights;          /* in `to`: PTE_RW, PTE_US */
};

/*
 * Make a window: 0 and *address, where the first byte stands in `to`. -EFAULT: not all of it is the lender's to give
 * with these rights; -EINVAL: no bytes, or a range that wraps; -ENOMEM. Undone on any error.
 */
int vm_map(const struct vm_lending *lending, uint32_t *address);

/* Take a window away: `address` is what vm_map() gave, or another of its first page. -EINVAL: no window begins there. */
int vm_unmap(struct vm_ctx *to, uint32_t address);

/* Take away every window in this context. Those out of it stay. */
void vm_unmap_all(struct vm_ctx *to);

/* Whether any of these pages of a context is in a window of another. */
bool vm_is_lent(const struct vm_ctx *from, uint32_t page, uint32_t pages);
/* Whether anything of it is. */
bool vm_lends(const struct vm_ctx *from);

/*
 * Copy between the kernel's memory and a range of a context, through a window. As vm_map(); nothing is copied on an
 * error.
 */
struct vm_copy {
    struct vm_ctx *ctx;
    uint32_t address, bytes; /* in the context */
};
int vm_write(const struct vm_copy *copy, const void *from);
int vm_read(const struct vm_copy *copy, void *to);

/* The first broken invariant of the windows in words, or NULL. */
const char *vm_map_check(void);
void vm_map_init(void);

#endif
