/* visit.S - the instructions that visits run, alone on the last page of the text: programs are lent this page. */

#include "boot.h"

    .macro visit_code name, instruction:vararg
    .globl \name
\name:
    \instruction
    ebreak
    .endm

    .section .text.visit, "ax"
    .option norvc
    visit_code visit_load1, lbu a1, 0(a0)
    visit_code visit_load2, lhu a1, 0(a0)
    visit_code visit_store1, sb a1, 0(a0)
    visit_code visit_store2, sh a1, 0(a0)
    visit_code visit_store4, sw a1, 0(a0)
#if __riscv_xlen == 64
    visit_code visit_load4, lwu a1, 0(a0)
    visit_code visit_load8, ld a1, 0(a0)
    visit_code visit_store8, sd a1, 0(a0)
#else
    visit_code visit_load4, lw a1, 0(a0)
    visit_code visit_load8, ebreak  /* there is none: hw.h */
    visit_code visit_store8, ebreak
#endif
    visit_code visit_ecall, ecall
