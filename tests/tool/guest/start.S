/* Entry of a multiboot guest: a stack, then C. It never returns. */
    .section .multiboot, "a"
    .balign 4
    .long 0x1badb002, 0, -0x1badb002

    .text
    .globl start
start:
    movl $stack_top, %esp
    call guest_main
1:  cli
    hlt
    jmp 1b

    .bss
    .balign 16
    .skip 4096
stack_top:
