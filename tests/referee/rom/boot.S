/* From the reset vector to C: real mode, flat 32-bit, payload copied to 1 MiB. Neither BIOS nor disk. */
#include "selectors.h"

    .section .reset, "ax"
    .code16
    .globl reset_vector
reset_vector:
    jmp real_mode

    .section .boot, "ax"
    .code16
real_mode:
    cli
    cld
    movb $2, %al /* the fast A20 gate */
    outb %al, $0x92
    movl $boot_gdt_register, %ebx
    lgdtl %cs:-0xffff0000(%ebx)
    movl $CR0_PE_ET, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE32, $flat

    .code32
flat:
    movw $SEL_DATA, %ax
    movw %ax, %ss
    movw $SEL_USER_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    xorl %eax, %eax
    movw %ax, %fs
    movw %ax, %gs
    movl $payload_lma, %esi
    movl $payload_start, %edi
    movl $payload_end, %ecx
    subl %edi, %ecx
    rep movsb
    movl $bss_end, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    rep stosb
    movl $stack_top, %esp
    movl $referee_main, %eax
    jmp *%eax

    .balign 8
boot_gdt:
    .quad 0
    .quad DESC_CODE32
    .quad DESC_DATA
    .quad DESC_CODE64
    .quad DESC_USER_CODE32
    .quad DESC_USER_DATA
boot_gdt_register:
    .word . - boot_gdt - 1
    .long boot_gdt

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
