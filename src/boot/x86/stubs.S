/*
 * stubs.S - into the kernel and out of it: exception entries, INT 0x80, visits to ring 3, ring-0 accesses that may
 * fault. Selectors are those of descriptors.c.
 */

#define KERNEL_DATA  0x10
#define USER_CODE    0x1B
#define USER_DATA    0x23

#define VECTOR_SYSCALL 0x80
#define VECTOR_LEAVE   0x81

    .text

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
    movl %esp, %eax
    pushl %eax
    call trap_handle
    addl $4, %esp
    movl 44(%esp), %eax         /* CS of the frame: back to ring 3 with its data segments */
    testl $3, %eax
    jz 1f
    movl $USER_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
1:  popa
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

    .text

/* uint32_t enter_user(const struct user_visit *): registers in the order of the structure. */
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
    pushl $USER_DATA
    pushl 36(%ebp)              /* ESP */
    pushl 32(%ebp)              /* EFLAGS */
    pushl $USER_CODE
    pushl 28(%ebp)              /* EIP */
    movl 0(%ebp), %eax
    movl 4(%ebp), %ebx
    movl 8(%ebp), %ecx
    movl 12(%ebp), %edx
    movl 16(%ebp), %esi
    movl 20(%ebp), %edi
    movl 24(%ebp), %ebp
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
    movl back_esp, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* In a section of its own: a kernel that keeps its pages to itself gives programs this one. */
    .section .text.user, "ax"

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
