/*
 * peer_guest.S - the guest of peer_bench: random 32-bit loads through identity-mapped 4 KiB pages.
 *
 * Boots by multiboot in QEMU, and runs as it is in Unicorn. It tells the time to nobody: it writes a byte to port 0xe9
 * before and after each loop, and the host looks at its clock. Rounds of: for 64 KiB, 2 MiB, 64 MiB, a loop without
 * the load, then the same loop with it.
 */
#define MULTIBOOT_MAGIC 0x1badb002
#define DIRECTORY       0x00200000
#define TABLES          0x00201000
#define MAPPED_TABLES   32         /* 128 MiB */
#define ENTRY_FLAGS     0x63       /* P, RW, A, D */
#define DATA            0x02000000 /* 32 MiB, 64 MiB long */
#define ROUNDS          7
#define LOOPS           1000000
#define CONSOLE         0xe9
#define EXIT            0xf4
#define CR0_PG          0x80000000

    .section .text
    .code32
    .balign 4
    .long MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

    .globl _start
_start:
    movl $stack_top, %esp
    movl $TABLES, %edi
    movl $ENTRY_FLAGS, %eax
fill_tables:
    movl %eax, (%edi)
    addl $4, %edi
    addl $0x1000, %eax
    cmpl $(TABLES + MAPPED_TABLES * 0x1000), %edi
    jb fill_tables

    movl $DIRECTORY, %edi
    movl $(TABLES + ENTRY_FLAGS), %eax
    movl $MAPPED_TABLES, %ecx
fill_directory:
    movl %eax, (%edi)
    addl $4, %edi
    addl $0x1000, %eax
    loop fill_directory
    movl $(1024 - MAPPED_TABLES), %ecx
    xorl %eax, %eax
    rep stosl

    movl $DIRECTORY, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $CR0_PG, %eax
    movl %eax, %cr0

    movl $ROUNDS, %ebp
round:
    movl $0x0000fffc, %edi
    call measure
    movl $0x001ffffc, %edi
    call measure
    movl $0x03fffffc, %edi
    call measure
    decl %ebp
    jnz round
    movb $'.', %al
    outb %al, $CONSOLE /* Unicorn's host stops here */
    outb %al, $EXIT    /* QEMU's isa-debug-exit */

/* One footprint, whose mask is in EDI. */
measure:
    call empty_loop
    call load_loop
    ret

    .macro STEP /* xorshift in EAX, the offset in EDX */
    movl %eax, %edx
    shll $13, %edx
    xorl %edx, %eax
    movl %eax, %edx
    shrl $17, %edx
    xorl %edx, %eax
    movl %eax, %edx
    shll $5, %edx
    xorl %edx, %eax
    movl %eax, %edx
    andl %edi, %edx
    .endm

    .macro MARK
    pushl %eax
    movb $'-', %al
    outb %al, $CONSOLE
    popl %eax
    .endm

empty_loop:
    movl $1, %eax
    movl $LOOPS, %ecx
    MARK
1:  STEP
    addl %edx, %ebx
    decl %ecx
    jnz 1b
    MARK
    ret

load_loop:
    movl $1, %eax
    movl $LOOPS, %ecx
    MARK
1:  STEP
    addl DATA(%edx), %ebx
    decl %ecx
    jnz 1b
    MARK
    ret

    .balign 16
    .skip 256
stack_top:
    .section .note.GNU-stack, "", @progbits
