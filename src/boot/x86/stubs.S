/*
 * stubs.S - into the kernel and out of it: exception entries, INT 0x80, visits to ring 3, ring-0 accesses that may
 * fault. Selectors are those of descriptors.c.
 */

#define KERNEL_DATA  0x10
#define USER_CODE    0x1B
#define USER_DATA    0x23

#define VECTOR_SYSCALL 0x80
#define VECTOR_LEAVE   0x81

/* ENTRY_SECTION of boot.h. */
    .macro entry_text
    .section .text.ul_visible, "ax"
    .endm

    .section .data.ul_visible, "aw"
    .align 4
    .globl boot_user_cr3, boot_kernel_cr3
boot_user_cr3:
    .long 0
boot_kernel_cr3:
    .long 0

    entry_text

/* ---- entries ---- */

/* Exceptions without an error code push 0 in its place. */
    .macro entry vector, has_error
trap_entry_\vector:
    .if !\has_error
    pushl $0
    .endif
    pushl $\vector
    jmp trap_common
    .endm

    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31
    entry \vector, 0
    .endr
    .irp vector, 8, 10, 11, 12, 13, 14, 17, 21, 29, 30
    entry \vector, 1
    .endr

    .globl trap_syscall
trap_syscall:
    pushl $0
    pushl $VECTOR_SYSCALL

trap_common:
    pusha
    movl $KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    cld
    testl $3, 44(%esp)          /* CS of the frame: from ring 3, perhaps in a space without the kernel */
    jz 1f
    cmpl $0, boot_user_cr3
    je 1f
    movl boot_kernel_cr3, %eax
    movl %eax, %cr3
1:  movl %esp, %eax
    pushl %eax
    call trap_handle
    addl $4, %esp
    testl $3, 44(%esp)          /* back to ring 3 with its data segments, and in its space */
    jz 2f
    movl $USER_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl boot_user_cr3, %eax
    testl %eax, %eax
    jz 2f
    movl %eax, %cr3
2:  popa
    addl $8, %esp               /* vector and error code */
    iret

    .section .rodata
    .align 4
    .globl trap_entries
trap_entries:
    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .long trap_entry_\vector
    .endr
    .irp vector, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    .long trap_entry_\vector
    .endr

/* ---- ring 3 ---- */

    .bss
    .align 4
back_esp:
    .skip 4

    entry_text

#define RING0_STACK_TOP boot_kernel + 4 /* the field of that name */

/*
 * uint32_t enter_user(const struct user_visit *): registers in the order of the structure. In a space of its own the last
 * steps are made on the stack that is mapped there too.
 */
    .globl enter_user
enter_user:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %ebp
    movl %esp, back_esp
    movl $USER_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl boot_user_cr3, %eax
    testl %eax, %eax
    jz 1f
    movl RING0_STACK_TOP, %esp
1:  pushl $USER_DATA
    pushl 36(%ebp)              /* ESP */
    pushl 32(%ebp)              /* EFLAGS */
    pushl $USER_CODE
    pushl 28(%ebp)              /* EIP */
    pushl 0(%ebp)               /* EAX */
    pushl 24(%ebp)              /* EBP */
    movl 4(%ebp), %ebx
    movl 8(%ebp), %ecx
    movl 12(%ebp), %edx
    movl 16(%ebp), %esi
    movl 20(%ebp), %edi
    testl %eax, %eax
    jz 2f
    movl %eax, %cr3
2:  popl %ebp
    popl %eax
    iret

    .globl leave_user
leave_user:
    movl 4(%esp), %eax
    .globl trap_leave
trap_leave:
    movl $KERNEL_DATA, %edx
    movl %edx, %ds
    movl %edx, %es
    cld
    cmpl $0, boot_user_cr3
    je 1f
    movl boot_kernel_cr3, %edx
    movl %edx, %cr3
1:  movl back_esp, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* A page of its own: programs' spaces may have it mapped, and nothing else of the image. */
    .section .text.ring3, "ax"
    .balign 4096
    .globl ring3_code
ring3_code:
    .macro user_code name, instruction:vararg
    .globl \name
\name:
    \instruction
    int $VECTOR_LEAVE
    .endm

    user_code user_load1, movzbl (%ebx), %eax
    user_code user_load2, movzwl (%ebx), %eax
    user_code user_load4, movl (%ebx), %eax
    user_code user_store1, movb %al, (%ebx)
    user_code user_store2, movw %ax, (%ebx)
    user_code user_store4, movl %eax, (%ebx)
    user_code user_syscall, int $VECTOR_SYSCALL

    .globl user_interrupts
user_interrupts:
    .set number, 0
    .rept 256
    int $number
    int $VECTOR_LEAVE
    .set number, number + 1
    .endr
    .balign 4096

/* ---- ring 0 ---- */

    .text

/* Both take (linear, width, value or where to put it); widths are 1, 2 and 4. The accesses are the only instructions
   between the labels that may fault. */
    .globl kernel_load, kernel_store, kernel_access_start, kernel_access_end, kernel_access_failed
kernel_load:
    movl 4(%esp), %ecx
    movl 8(%esp), %edx
kernel_access_start:
    cmpl $2, %edx
    je 2f
    ja 4f
    movzbl (%ecx), %eax
    jmp 5f
2:  movzwl (%ecx), %eax
    jmp 5f
4:  movl (%ecx), %eax
5:  movl 12(%esp), %edx
    movl %eax, (%edx)
    movl $1, %eax
    ret
kernel_store:
    movl 4(%esp), %ecx
    movl 8(%esp), %edx
    movl 12(%esp), %eax
    cmpl $2, %edx
    je 2f
    ja 4f
    movb %al, (%ecx)
    jmp 5f
2:  movw %ax, (%ecx)
    jmp 5f
4:  movl %eax, (%ecx)
5:  movl $1, %eax
    ret
kernel_access_end:
kernel_access_failed:
    xorl %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
