/*
 * mapping.h - memory of the kernel heap mapped a second time, in the process part of the kernel's own space: what
 * map() and unmap() of the guest table do while no process runs.
 *
 * Only pages of kmem.h's large blocks, each in one place at most, so that nobody maps a page table, and a block cannot be
 * freed while somebody reaches it by another address. Ranges are checked as a whole; a status means that
 * nothing was changed:
 *   VLSOS_EINVAL   addresses that are unaligned, wrap, are the kernel's, or hold no large block
 *   VLSOS_EBUSY    mapped already; or a process runs, whose memory is its own
 *   VLSOS_EFAULT   not mapped
 *   VLSOS_ENOMEM   no memory for a table
 */
#ifndef VLSOS_MAPPING_H
#define VLSOS_MAPPING_H

#include <stdint.h>

#include "status.h"

struct mapping {
    uint32_t linear, physical;
    uint32_t pages;  /* 0: nothing is mapped, and that is no error */
    uint32_t rights; /* PAGING_ */
};

int mapping_add(const struct mapping *mapping);
int mapping_remove(uint32_t linear, uint32_t pages);

#endif
