/* From the reset vector to C: real mode, flat 32-bit, payload copied to 1 MiB. Neither BIOS nor disk. */
#include "protocol.h"
#include "selectors.h"

#define IMAGE_STRIDE 0x20000

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

/* Bochs gives memory to a guest in 128 KiB blocks, in the order in which they are first touched, but reads an image
   into one run of host memory: its blocks must come first, upwards. */
    movl $REF_BATCH, %ebx
    cmpl $REF_MAGIC_BATCH, (%ebx)
    jne copy_payload
    movl REF_BATCH + 8, %ecx
    addl %ebx, %ecx
touch_image:
    movl (%ebx), %eax
    addl $IMAGE_STRIDE, %ebx
    cmpl %ecx, %ebx
    jb touch_image

copy_payload:
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

    .section .bss.stack, "aw", @nobits
    .balign 16
    .skip 1024
stack_top:
    .section .note.GNU-stack, "", @progbits
