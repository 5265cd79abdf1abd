/* entry.S - where the harts begin, the monitor's traps, and what cannot be said in C. */

#include "boot.h"

#if __riscv_xlen == 64
#define LREG  ld
#define SREG  sd
#define BYTES 8
#else
#define LREG  lw
#define SREG  sw
#define BYTES 4
#endif

#define FRAME_SIZE (FRAME_WORDS * BYTES)

    .macro save_registers
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    SREG x\n, (\n - 1) * BYTES(sp)
    .endr
    .endm

    .macro load_registers
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    LREG x\n, (\n - 1) * BYTES(sp)
    .endr
    .endm

/* ---- M-mode: every hart begins here ---- */

    .section .text.entry, "ax"
    .globl boot_entry
boot_entry:
    csrr t0, mhartid
    li t1, BOOT_HARTS
    bgeu t0, t1, halt
    la sp, monitor_stacks
    addi t1, t0, 1
    li t2, STACK_SIZE
    mul t1, t1, t2
    add sp, sp, t1
    bnez t0, 2f
    la t1, boot_bss_start       /* static data first: everything else uses it */
    la t2, boot_image_end
1:  SREG zero, 0(t1)
    addi t1, t1, BYTES
    bltu t1, t2, 1b
2:  mv a0, t0
    call monitor_start          /* hart 0 comes back to run the kernel */
    csrw mscratch, sp
    la t0, monitor_trap
    csrw mtvec, t0
    li t0, MSTATUS_MPP_MASK
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    la t0, boot_main
    csrw mepc, t0
    la sp, kernel_stack + STACK_SIZE
    mret
halt:
    wfi
    j halt

/* A trap into the monitor on hart 0: an ECALL of the kernel's. mscratch holds the monitor's stack. */
    .align 2
monitor_trap:
    csrrw sp, mscratch, sp
    addi sp, sp, -FRAME_SIZE
    save_registers
    csrr t0, mepc
    SREG t0, 31 * BYTES(sp)
    csrr s0, mstatus
    call monitor_answer         /* the request is in a0 */
    csrw mstatus, s0
    LREG t0, 31 * BYTES(sp)
    addi t0, t0, 4
    csrw mepc, t0
    load_registers
    addi sp, sp, FRAME_SIZE
    csrrw sp, mscratch, sp
    mret

/* ---- the monitor's accesses ----

   On a page of their own at the end of the text: QEMU 7.2 keeps what M-mode fetches and what it loads under MPRV in one
   TLB, so that an access under MPRV to the page that this code is fetched from is never translated. */

    .section .text.access, "ax"

/* unsigned monitor_load(address, width, mstatus bits, value); the only instruction that may trap is the access. */
    .globl monitor_load, monitor_store, monitor_visit, monitor_call
monitor_load:
    la t0, access_failed
    csrrw t1, mtvec, t0
    li t2, MSTATUS_MPP_MASK
    csrc mstatus, t2
    li t5, 0
    li t3, 2
    bltu a1, t3, 1f
    beq a1, t3, 2f
    li t3, 4
    beq a1, t3, 4f
#if __riscv_xlen == 64
    csrs mstatus, a2
    ld t4, 0(a0)
    j access_loaded
4:  csrs mstatus, a2
    lwu t4, 0(a0)
    j access_loaded
#else
4:  csrs mstatus, a2
    lw t4, 0(a0)
    j access_loaded
#endif
2:  csrs mstatus, a2
    lhu t4, 0(a0)
    j access_loaded
1:  csrs mstatus, a2
    lbu t4, 0(a0)
access_loaded:
    li t2, MSTATUS_MPRV
    csrc mstatus, t2
    csrw mtvec, t1
    SREG t4, 0(a3)
    li a0, 1
    ret

monitor_store:
    LREG t4, 0(a3)
    la t0, access_failed
    csrrw t1, mtvec, t0
    li t2, MSTATUS_MPP_MASK
    csrc mstatus, t2
    li t3, 2
    bltu a1, t3, 1f
    beq a1, t3, 2f
    li t3, 4
    beq a1, t3, 4f
#if __riscv_xlen == 64
    csrs mstatus, a2
    sd t4, 0(a0)
    j access_stored
#endif
4:  csrs mstatus, a2
    sw t4, 0(a0)
    j access_stored
2:  csrs mstatus, a2
    sh t4, 0(a0)
    j access_stored
1:  csrs mstatus, a2
    sb t4, 0(a0)
access_stored:
    li t2, MSTATUS_MPRV
    csrc mstatus, t2
    csrw mtvec, t1
    li a0, 1
    ret

    .align 2
access_failed:
    li t2, MSTATUS_MPRV
    csrc mstatus, t2
    csrw mtvec, t1
    li a0, 0
    ret

/* Nothing of what runs in U-mode is trusted to keep a register, but for mscratch, which it cannot reach. */
monitor_visit:
    addi sp, sp, -FRAME_SIZE
    save_registers
    csrr t0, mscratch
    SREG t0, 31 * BYTES(sp)
    csrw mscratch, sp
    la t0, visit_ended
    csrw mtvec, t0
    csrw mepc, a0
    li t0, MSTATUS_MPP_MASK
    csrc mstatus, t0            /* MPP = U */
    mret
    .align 2
visit_ended:
    csrr sp, mscratch
    LREG t0, 31 * BYTES(sp)
    csrw mscratch, t0
    load_registers
    addi sp, sp, FRAME_SIZE
    ret

/* ---- S-mode ---- */

    .text
monitor_call:
    ecall
    ret

/* The page that both address spaces have at TRAMPOLINE. It runs at that address and at its own: what it needs from
   elsewhere it takes by absolute address. */
    .section .text.trampoline, "ax"
    .globl trap_entry
    .align 2
trap_entry:
    addi sp, sp, -FRAME_SIZE
    save_registers
    LREG t0, handler_address
    jalr t0
    load_registers
    addi sp, sp, FRAME_SIZE
    sret
    .align 3
handler_address:
#if __riscv_xlen == 64
    .dword trap_handle
#else
    .word trap_handle
#endif

    .section .bss
    .align 4
monitor_stacks:
    .space BOOT_HARTS * STACK_SIZE
kernel_stack:
    .space STACK_SIZE
