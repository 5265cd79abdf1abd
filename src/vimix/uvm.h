/*
 * uvm.h - a process's address space: pages that it owns, and copying between them and the kernel.
 *
 * The kernel never goes through a process's addresses natively (SUM stays 0): it looks up the physical page and uses its
 * own mapping of that. Ranges that a function refuses are left as they were. Nothing here fences.
 */
#ifndef VIMIX_UVM_H
#define VIMIX_UVM_H

#include "vm.h"

/* A table with the trampoline and, at TRAPFRAME, the page that is given and stays the caller's. NULL: no memory. */
pagetable_t uvm_create(const void *trapframe);

/*
 * Add zeroed pages so that [start, start + size) is memory; bytes on the page that holds start - 1 are memory already.
 * Start need not be on a page boundary. perm: PTE_R, PTE_W, PTE_X; U is added. After an error nothing has changed.
 *   -EINVAL  the range wraps or ends beyond the heap's limit;  -EEXIST  a page of it is mapped;  -ENOMEM
 */
int uvm_alloc_heap(pagetable_t pagetable, reg_t start, reg_t size, unsigned perm);

/* Give back size bytes that end at `end`: pages of which nothing is left are freed. -EINVAL: more than there is below
 * `end`; -EFAULT: a hole. */
int uvm_dealloc_heap(pagetable_t pagetable, reg_t end, reg_t size);

/* vm_unmap() under its document's name. */
int uvm_unmap(pagetable_t pagetable, reg_t va, reg_t pages);

/* Copy the pages of [start, end) of one address space into new pages of another, with their rights. -EFAULT: a hole;
 * -EEXIST, -ENOMEM: nothing of it stays. */
int uvm_copy(pagetable_t source, pagetable_t destination, reg_t start, reg_t end);

/* Free a process's table with all pages that it owns; the page at TRAPFRAME is not one of them. */
void uvm_free_pagetable(pagetable_t pagetable);

/* The physical address behind a user's, if the page has U and all bits of `perm`. False: it has not. */
bool uvm_get_physical_addr(pagetable_t pagetable, reg_t va, unsigned perm, reg_t *physical);

/* Copy bytes to or from a process. -EFAULT: a page is missing, or may not be written (read); bytes on the pages before
 * it have been copied. */
int uvm_copy_out(pagetable_t pagetable, reg_t to, const void *from, reg_t size);
int uvm_copy_in(pagetable_t pagetable, void *to, reg_t from, reg_t size);
/* A string with its NUL, which has to be among the first `size` bytes: else -EINVAL. */
int uvm_copy_in_str(pagetable_t pagetable, char *to, reg_t from, reg_t size);

#endif
