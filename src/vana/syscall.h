/*
 * syscall.h - what programs ask of VanaOS: INT 0x80 with the command in EAX, arguments in EBX and ECX.
 *
 * Of the kernel's commands, these two are memory's. Any other, and any call made without a current process,
 * is answered with -EUNIMP and -EINVARG, as 32-bit numbers.
 */
#ifndef VANA_SYSCALL_H
#define VANA_SYSCALL_H

#include <stdint.h>

#define SYSTEM_COMMAND4_MALLOC 4u /* EBX bytes: the linear address, or 0 */
#define SYSTEM_COMMAND5_FREE   5u /* the address in EBX: a status of status.h */

/* The handler for hw_set_syscall_handler(). It works in the kernel's directory and returns to the task's. */
uint32_t isr80h_handler(uint32_t command, uint32_t arg1, uint32_t arg2);

#endif
