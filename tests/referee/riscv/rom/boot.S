# Entry of hart 0 in M-mode, at the start of RAM; other harts wait for ever.
        .section .text.boot, "ax"
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, park
        la      sp, boot_stack_end
        la      t0, bss_start
        la      t1, bss_end
clear:  bgeu    t0, t1, ready
        sw      zero, 0(t0)
        addi    t0, t0, 4
        j       clear
ready:  la      t0, trapped
        csrw    mtvec, t0
        li      t0, -1                  # PMP entry 0 opens all memory to S- and U-mode
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        call    referee_main
park:   wfi
        j       park

        .bss
        .balign 16
        .space  0x4000
boot_stack_end:
