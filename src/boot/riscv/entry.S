/* entry.S - where the harts begin, the monitor's traps, and what cannot be said in C. */

#include "registers.inc"

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
    save_registers
    csrr t0, mepc
    SREG t0, FRAME_PC(sp)
    csrr s0, mstatus
    call monitor_answer         /* the request is in a0 */
    csrw mstatus, s0
    LREG t0, FRAME_PC(sp)
    addi t0, t0, 4
    csrw mepc, t0
    load_registers
    csrrw sp, mscratch, sp
    mret

/* void monitor_visit(struct visit *, reg_t mpp). Nothing of what runs below is trusted to keep a register, but for
   mscratch, which it cannot reach. mstatus is written once, and MPP so that it stays what it is where it can. */
    .globl monitor_visit, monitor_call
monitor_visit:
    save_registers
    csrr t0, mscratch
    SREG t0, FRAME_PC(sp)
    csrw mscratch, sp
    la t0, visit_ended
    csrw mtvec, t0
    LREG t0, VISIT_PC * BYTES(a0)
    csrw mepc, t0
    csrr t0, mstatus
    li t1, ~MSTATUS_MPP_MASK
    and t0, t0, t1
    or t0, t0, a1
    csrw mstatus, t0
    enter_visit
    mret
    .align 2
visit_ended:
    csrr sp, mscratch
    leave_visit
    LREG t0, FRAME_PC(sp)
    csrw mscratch, t0
    load_registers
    ret

/* ---- S-mode ---- */

    .text
monitor_call:
    ecall
    ret

    .section .bss
    .align 4
monitor_stacks:
    .space BOOT_HARTS * STACK_SIZE
kernel_stack:
    .space STACK_SIZE
