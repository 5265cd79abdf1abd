/* entry.S - the loader jumps here: 32-bit protected mode, paging off, EAX a magic number, EBX the loader's report. */

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_FLAGS 0x00000003      /* modules on page boundaries; a report of memory */
#define STACK_TOP       0x00200000      /* BOOT_STACK_TOP */

    .section .multiboot, "a"
    .align 4
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .text
    .globl boot_entry
boot_entry:
    cli
    cld
    movl $STACK_TOP, %esp
    xorl %ebp, %ebp
    pushl $0                    /* the stack stays aligned to 16 bytes at the call */
    pushl $0
    pushl %ebx
    pushl %eax
    call boot_main
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
