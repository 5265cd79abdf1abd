/* guest_vm.h - processes and virtual memory for the kernel's table of functions; kernel/guest.h documents each. */
#ifndef VLSOS_GUEST_VM_H
#define VLSOS_GUEST_VM_H

#include "kernel/guest.h"

int guest_process_switch(int id);
guest_addr guest_process_alloc(int id, uint64_t size);
int guest_process_free(int id, guest_addr address);
int guest_process_duplicate(int id);
int guest_fail_store(uint32_t failure, uint32_t n);
int guest_vm_limit(uint32_t what, uint32_t most);
const char *guest_vm_policy_name(uint32_t number);
int guest_vm_policy(uint32_t number);
void guest_vm_info(struct guest_vm_info *info);

#endif
