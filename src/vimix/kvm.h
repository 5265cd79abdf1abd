/*
 * kvm.h - the kernel's address space, which all harts share: RAM and devices where they are physically, the trampoline
 * at the highest address, and a kernel stack for each process with an unmapped page below it.
 */
#ifndef VIMIX_KVM_H
#define VIMIX_KVM_H

#include "vm.h"

/* Make the kernel's table for RAM that ends there, and have every hart use it. -ENOMEM: too little RAM; what was
 * allocated is free again and the harts are as before. */
int kvm_init(reg_t ram_end);

pagetable_t kvm_page_table(void);

/* Map and unmap pages in the kernel's table, every hart fenced; as vm_map() and vm_unmap(). */
int kvm_map(const struct vm_mapping *mapping);
int kvm_unmap(reg_t va, reg_t pages);

#endif
