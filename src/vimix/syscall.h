/*
 * syscall.h - the system calls about memory.
 */
#ifndef VIMIX_SYSCALL_H
#define VIMIX_SYSCALL_H

#include <stdint.h>

#define SYS_SBRK 12u /* change in bytes -> the break before, or a negative status */

/* As hw_ecall_handler of kernel/hw_riscv.h; acts for the process that the acting hart runs. */
uint64_t syscall_handle(uint64_t number, uint64_t arg0, uint64_t arg1);

#endif
