# Into S-, U- or M-mode and back by whatever trap comes; and the stubs that make one access each.
#if __riscv_xlen == 64
#define STORE sd
#define LOAD  ld
#define WORD  8
#else
#define STORE sw
#define LOAD  lw
#define WORD  4
#endif
        .option norvc
        .option norelax
        .macro  each_saved action
        \action ra, 0*WORD(sp)
        \action s0, 1*WORD(sp)
        \action s1, 2*WORD(sp)
        \action s2, 3*WORD(sp)
        \action s3, 4*WORD(sp)
        \action s4, 5*WORD(sp)
        \action s5, 6*WORD(sp)
        \action s6, 7*WORD(sp)
        \action s7, 8*WORD(sp)
        \action s8, 9*WORD(sp)
        \action s9, 10*WORD(sp)
        \action s10, 11*WORD(sp)
        \action s11, 12*WORD(sp)
        \action gp, 13*WORD(sp)
        \action tp, 14*WORD(sp)
        .endm

        # a0 value, a1 address, t0 where SLOT_TAKE and SLOT_LOWER go on, t1 SPP, a2 mstatus of MPRV accesses
        .macro  leave_with jump
        addi    sp, sp, -16*WORD
        each_saved STORE
        csrw    mscratch, sp
        la      t2, entry
        LOAD    t3, 0*WORD(t2)
        LOAD    t4, 1*WORD(t2)
        LOAD    a0, 2*WORD(t2)
        LOAD    a1, 3*WORD(t2)
        LOAD    t0, 4*WORD(t2)
        LOAD    a2, 5*WORD(t2)
        li      t1, 0x100
        \jump
        .endm

        .text
        .globl  enter, enter_here, trapped
        .balign 4
enter:  leave_with "csrw mepc, t3"
        csrw    mstatus, t4
        mret
enter_here:
        leave_with "jr t3"

# The trap set MPP to the mode it came from, so MPRV has no effect here even if it is still set.
        .balign 4
trapped:
        csrrw   sp, mscratch, sp
        la      t2, leave
        csrr    t3, mcause
        STORE   t3, 0*WORD(t2)
        csrr    t3, mtval
        STORE   t3, 1*WORD(t2)
        STORE   a0, 2*WORD(t2)
        csrr    t3, mepc
        STORE   t3, 3*WORD(t2)
        li      t3, 0x20000             # MPRV
        csrc    mstatus, t3
        each_saved LOAD
        addi    sp, sp, 16*WORD
        ret

        .macro  accesses prepare:vararg
        .macro  one instruction:vararg
        .balign 16
        \prepare
        \instruction
        ebreak
        .endm
        one     lbu a0, 0(a1)
        one     lhu a0, 0(a1)
#if __riscv_xlen == 64
        one     lwu a0, 0(a1)
        one     ld a0, 0(a1)
#else
        one     lw a0, 0(a1)
        one     nop
#endif
        one     sb a0, 0(a1)
        one     sh a0, 0(a1)
        one     sw a0, 0(a1)
#if __riscv_xlen == 64
        one     sd a0, 0(a1)
#else
        one     nop
#endif
        one     nop
        one     nop
        one     amoswap.w a0, a0, (a1)
#if __riscv_xlen == 64
        one     amoswap.d a0, a0, (a1)
#else
        one     nop
#endif
        .purgem one
        .endm

        .section .stubs, "ax"
        .globl  stubs_s, stubs_u, stubs_m
        .balign 4096
stubs_s:
        accesses
        .org    stubs_s + 14*16         # SLOT_TAKE
        jr      t0
        .org    stubs_s + 15*16         # SLOT_LOWER
        csrw    sepc, t0
        csrc    sstatus, t1
        sret
        .balign 4096
stubs_u:
        accesses
        .org    stubs_u + 14*16         # SLOT_CALL
        ecall
        .balign 4096
stubs_m:
        accesses csrw mstatus, a2
