/*
 * paging.h - contexts: an address space each, with its directory, its tables and the bitmap of its addresses.
 *
 * The kernel's context has all of its 1024 tables from the start (config.h), so that mapping in it never needs
 * memory. A task's context makes a table when its first page is mapped and gives it back with its last.
 *
 * Addresses. A linear or physical address is a uint32_t, or a `void *` whose VALUE is the address where the document
 * has one; neither is used as a pointer. The pointer to the kernel's own memory comes from vm_ptr().
 *
 * A page is mapped by an entry of its own, and an entry says whose the frame is: with PAGING_OWNED it belongs to this
 * mapping and is freed with it; without, it is lent (vm_map.h) or was named by somebody (a device, say).
 *
 * CR0.WP stays 0. Nothing is global: loading CR3 drops every cached translation. A changed entry of the directory
 * that is loaded is followed by INVLPG, page by page.
 */
#ifndef XELIX_MEM_PAGING_H
#define XELIX_MEM_PAGING_H

#include "page_alloc.h"

/* Bits of an entry that the hardware leaves to the kernel. */
#define PAGING_OWNED  0x200u /* the frame belongs to this mapping */
#define PAGING_NAMED  0x400u /* the frame was named by whoever mapped it, vm_map_at() */
#define PAGING_RIGHTS (PTE_RW | PTE_US)

struct vm_ctx {
    struct mem_page_alloc_ctx addresses; /* which pages are taken */
    uint32_t first_page;                 /* below it nothing is ever handed out */
    uint32_t id;                         /* 0: the kernel's; else a task's number + 1 */
    uint32_t directory;                  /* physical, for CR3 */
    uint32_t directory_address;          /* the same page in the kernel's context */
    uint32_t
        table_addresses; /* a page of 1024 addresses in the kernel's context, 0 where there is no table; the
                                 kernel's context has none */
    uint32_t bitmap_address; /* of the bitmap in the kernel's context */
    uint32_t rights;         /* of what pvalloc() maps here: PAGING_RIGHTS */
};

extern struct vm_ctx vm_kernel;

/* Make the kernel's context and turn paging on. */
void paging_init(void);

/*
 * The C pointer to an address of the kernel's context. Of one page: the next page of the address may be elsewhere in
 * direct mode, unless pvalloc() gave both in one run.
 */
void *vm_ptr(uint32_t address);

/* A context for a task, with nothing in it but the section UL_VISIBLE: 0 or -ENOMEM. */
int vm_new(struct vm_ctx *ctx, uint32_t id);
/* Everything that the context owns is free again. It must not be loaded, and nothing of it lent. */
void vm_free(struct vm_ctx *ctx);

/* Make the tables that these pages need: 0, or -ENOMEM and none of them was made. */
int paging_need_tables(struct vm_ctx *ctx, uint32_t page, uint32_t pages);

/* Map so many pages, one after the other: 0, or -ENOMEM for a table. `entry` is the first frame's address and bits of
 * an entry. The pages are taken in the context and not mapped. */
int paging_set_range(struct vm_ctx *ctx, uint32_t page, uint32_t pages, uint32_t entry);
void paging_clear_range(struct vm_ctx *ctx, uint32_t page, uint32_t pages);

/* The entry of a page; 0 where there is none. */
uint32_t paging_get(const struct vm_ctx *ctx, uint32_t page);

/* Whether the entries of these pages, which exist, all have (entry & mask) == bits. */
bool paging_all(const struct vm_ctx *ctx, uint32_t page, uint32_t pages, uint32_t mask, uint32_t bits);

/* The physical address behind a linear one: -EFAULT if nothing is mapped there. */
int vm_translate(const struct vm_ctx *ctx, uint32_t address, uint32_t *physical);

/* Tables and directories made so far. */
uint64_t paging_tables_made(void);

/* ---- checking, paging_check.c ---- */

/* Before the first context. */
void paging_check_start(void);
/* What is wrong with a context's entries, against its bitmap, physical memory and the contexts before it; or NULL. */
const char *paging_check(const struct vm_ctx *ctx);

#endif
