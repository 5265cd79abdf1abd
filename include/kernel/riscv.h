/*
 * riscv.h - what the hardware defines about RISC-V paging: entry bits, satp, exception causes.
 *
 * Facts only; what a kernel chooses stands in that kernel's own headers. Source: The RISC-V Instruction Set Manual,
 * volume II, "Supervisor Address Translation and Protection (satp) Register", "Sv32", "Sv39" and "Supervisor Cause
 * Register (scause)". Kernel sources are the same for both widths: KERNEL_XLEN is 32 or 64 (a hosted build says
 * which, a cross compiler knows), and everything that depends on it stands in this file.
 *
 *   Sv32 address   31..22 index 1 | 21..12 index 0 | 11..0 offset           entry of 32 bits, PPN from bit 10
 *   Sv39 address   38..30 index 2 | 29..21 index 1 | 20..12 index 0 | 11..0  entry of 64 bits, PPN from bit 10
 *
 *   entry          PPN | RSW 9..8 | D 7 | A 6 | G 5 | U 4 | X 3 | W 2 | R 1 | V 0
 */
#ifndef KERNEL_RISCV_H
#define KERNEL_RISCV_H

#include <stdint.h>

#if !defined(KERNEL_XLEN)
#define KERNEL_XLEN __riscv_xlen
#endif

#define PAGE_SHIFT  12u
#define PAGE_SIZE   4096u
#define PAGE_OFFSET 0xfffu /* the bits of an address inside its page */

#if KERNEL_XLEN == 32

typedef uint32_t reg_t; /* a register, and every address */
typedef int32_t sreg_t;

#define PT_LEVELS       2u /* Sv32 */
#define PT_INDEX_BITS   10u
#define PTE_PPN         0xfffffc00u
#define SATP_MODE       0x80000000u /* Sv32 */
#define SATP_ASID_SHIFT 22u
#define SATP_PPN        0x003fffffu

#else

typedef uint64_t reg_t;
typedef int64_t sreg_t;

#define PT_LEVELS       3u /* Sv39 */
#define PT_INDEX_BITS   9u
#define PTE_PPN         UINT64_C(0x003ffffffffffc00)
#define SATP_MODE       UINT64_C(0x8000000000000000) /* Sv39 */
#define SATP_ASID_SHIFT 44u
#define SATP_PPN        UINT64_C(0x00000fffffffffff)

#endif

#define PT_ENTRIES      (1u << PT_INDEX_BITS)
#define PTE_PPN_SHIFT   10u
#define SUPERPAGE_SHIFT (PAGE_SHIFT + PT_INDEX_BITS)
#define SUPERPAGE_SIZE  ((reg_t)1 << SUPERPAGE_SHIFT) /* 4 MiB in Sv32, 2 MiB in Sv39 */

#define PTE_V    0x001u /* valid */
#define PTE_R    0x002u
#define PTE_W    0x004u
#define PTE_X    0x008u
#define PTE_U    0x010u /* user */
#define PTE_G    0x020u /* global */
#define PTE_A    0x040u /* accessed */
#define PTE_D    0x080u /* dirty */
#define PTE_RSW0 0x100u /* the kernel's own */
#define PTE_RSW1 0x200u

#define CAUSE_FETCH_PAGE_FAULT 12u
#define CAUSE_LOAD_PAGE_FAULT  13u
#define CAUSE_STORE_PAGE_FAULT 15u

#endif
