/*
 * syscall.h - what programs ask the kernel for: command in EAX, arguments in EBX and ECX, the answer in EAX.
 */
#ifndef XELIX_SYSCALL_H
#define XELIX_SYSCALL_H

#include <stdint.h>

#define SYSCALL_SBRK   7u /* EBX bytes: the old break, 0: no memory */
#define SYSCALL_MMAP   8u /* EBX bytes: an address, 0: no memory */
#define SYSCALL_MUNMAP 9u /* EBX address: 0, or a negative status */

/* A negative status for a command that there is none of, or without a current task. */
uint32_t syscall_handle(uint32_t command, uint32_t arg1, uint32_t arg2);

#endif
