/*
 * memlayout.h - what VIMIX chose: where things are in physical memory and in each address space.
 *
 * Physical, and identical in the kernel's address space:
 *   0x00100000   test device, 0x00101000 clock, 0x02000000 CLINT, 0x0C000000 PLIC, 0x10000000 UART, virtio behind it
 *   0x80000000   RAM: kernel text (2 MiB), kernel data (2 MiB), then pages for kalloc(); of 64 MiB the last two are
 *                the boot loader's: the device tree, and a file ("initrd")
 *
 * Kernel's address space from the top:       a process's address space from the top:
 *   TRAMPOLINE          R X                    TRAMPOLINE             R X, the kernel's
 *   KERNEL_STACK(0)     R W, below it a        TRAPFRAME              R W, the kernel's
 *   guard page, KERNEL_STACK(1), ...           13 pages unmapped
 *                                              below USER_STACK_HIGH  R W U: the stack, 1 to 16 pages
 *                                              ...
 *                                              heap_begin             R W U: heap, moved by sbrk()
 *                                              USER_TEXT_START        R W X U: the program; page 0 is unmapped
 */
#ifndef VIMIX_MEMLAYOUT_H
#define VIMIX_MEMLAYOUT_H

#include <kernel/riscv.h>

#define KERNBASE 0x80000000u
#if !defined(RAM_DEFAULT)
#define RAM_DEFAULT 0x04000000u /* 64 MiB; a build may say otherwise */
#endif

#define KERNEL_TEXT       KERNBASE
#define KERNEL_TEXT_SIZE  0x00200000u
#define KERNEL_TRAMPOLINE (KERNEL_TEXT + PAGE_SIZE) /* the physical page of the trampoline's code */
#define KERNEL_END        (KERNBASE + 0x00400000u)  /* kalloc()'s pages begin here */
#define DTB_BASE          (INITRD_BASE - DTB_SIZE)
#define DTB_SIZE          0x00100000u
#define INITRD_BASE       (KERNBASE + RAM_DEFAULT - INITRD_SIZE)
#define INITRD_SIZE       0x00100000u

#define TEST_DEVICE 0x00100000u
#define RTC         0x00101000u
#define CLINT       0x02000000u
#define CLINT_SIZE  0x00010000u
#define PLIC        0x0c000000u
#define PLIC_SIZE   0x00400000u
#define UART0       0x10000000u
#define VIRTIO0     0x10001000u

/* The first address after the highest page. Sv32's last page is left out of it by wrapping: see MAXVA_LAST. */
#if KERNEL_XLEN == 32
#define MAXVA_LAST 0xffffffffu
#else
#define MAXVA_LAST UINT64_C(0x3fffffffff) /* half of Sv39's space, so that no address is sign-extended */
#endif

#define MAX_PROCS         64u
#define MAX_HARTS         8u
#define USER_STACK_PAGES  16u
#define USER_STACK_GAP    13u /* pages between the trapframe and the stack */
#define TRAMPOLINE        (MAXVA_LAST - PAGE_OFFSET)
#define TRAPFRAME         (TRAMPOLINE - PAGE_SIZE)
#define KERNEL_STACK(p)   (TRAMPOLINE - ((reg_t)(p) + 1) * 2 * PAGE_SIZE)
#define USER_STACK_HIGH   (TRAPFRAME - USER_STACK_GAP * PAGE_SIZE)
#define USER_STACK_LOWEST (USER_STACK_HIGH - USER_STACK_PAGES * PAGE_SIZE)
#define USER_TEXT_START   0x1000u
#define USER_HEAP_LIMIT   (USER_STACK_LOWEST - PAGE_SIZE) /* no heap from here on */

#endif
