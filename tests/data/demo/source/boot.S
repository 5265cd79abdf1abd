/* A small kernel in the higher half: two 4 MiB pages carry it from 1 MiB up to 0xc0100000, then C takes over. */
#define KERNEL_BASE 0xc0000000
#define PDE_4MIB    0x83 /* present, writable, large */
#define CR4_PSE     0x10
#define CR0_PG_WP   0x80010000

    .section .boot, "ax"
    .balign 4
    .long 0x1badb002, 0, -0x1badb002
    .globl start
start:
    movl $boot_directory, %ebx
    movl $PDE_4MIB, (%ebx)
    movl $PDE_4MIB, 4 * (KERNEL_BASE >> 22)(%ebx)
    movl %ebx, %cr3
    movl %cr4, %eax
    orl $CR4_PSE, %eax
    movl %eax, %cr4
    movl %cr0, %eax
    orl $CR0_PG_WP, %eax
    movl %eax, %cr0
    movl $high, %eax
    jmp *%eax

    .section .boot_bss, "aw", @nobits
    .balign 4096
boot_directory:
    .skip 4096

    .text
high:
    movl $kernel_stack_top, %esp
    call kernel_main
    .globl page_fault_entry
page_fault_entry:
    cli
    outb %al, $0xe9
1:  hlt
    jmp 1b

    .bss
    .balign 4096
    .globl kernel_stack
kernel_stack:
    .skip 4096
kernel_stack_top:
