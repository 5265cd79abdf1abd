/* trampoline.S - the page that every address space has at TRAMPOLINE: between the kernel and its programs, and the
   kernel's own traps. It runs at that address and at its own: what it needs from elsewhere it takes by absolute
   address. */

#include "registers.inc"

    .section .text.trampoline, "ax"

/* void trampoline_visit(struct visit *). Nothing of what runs in U-mode is trusted to keep a register, but for sscratch,
   which it cannot reach: the kernel's satp is there, and lets all else be found again. */
    .globl trampoline_visit, trampoline_return
trampoline_visit:
    save_registers
    LREG t0, stack_address
    SREG sp, 0(t0)
    LREG t0, VISIT_PC * BYTES(a0)
    csrw sepc, t0
    li t0, SSTATUS_SPP
    csrc sstatus, t0            /* SPP = U */
    LREG t0, VISIT_SATP * BYTES(a0)
    enter_visit
    csrr t1, satp
    csrw sscratch, t1
    csrw satp, t0
    sfence.vma
    sret
    .align 2
trampoline_return:
    csrrw t0, sscratch, t0
    csrw satp, t0
    sfence.vma
    LREG t0, stack_address
    LREG sp, 0(t0)
    leave_visit
    load_registers
    ret

/* A trap of the kernel's own. */
    .globl trap_entry
    .align 2
trap_entry:
    save_registers
    LREG t0, handler_address
    jalr t0
    load_registers
    sret

    .align 3
#if __riscv_xlen == 64
handler_address:
    .dword trap_handle
stack_address:
    .dword visitor_stack
#else
handler_address:
    .word trap_handle
stack_address:
    .word visitor_stack
#endif

    .section .bss
    .align 3
visitor_stack:                  /* of who called trampoline_visit */
    .space 8
